// Shows that there is a notice. It knows nothing more, and asks for nothing.
"use strict";
self.addEventListener("push", (event) => event.waitUntil(show()));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow("/notices"));
});
async function show() {
  const ja = (await language()).startsWith("ja");
  const title = ja ? "マイ・ポータル" : "My portal";
  const body = ja ? "お知らせがあります。ポータルを開いてお読みください。" : "There is a notice for you. Open the portal to read it.";
  await self.registration.showNotification(title, { body, tag: "notice" });
}
// What the person chose on this browser's pages, else the browser's own. It is read here; nobody is told.
async function language() {
  const chosen = await self.cookieStore?.get("lang").catch(() => null);
  return chosen?.value ?? self.navigator.language ?? "ja";
}
