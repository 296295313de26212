// Shows that there is a notice. It knows nothing more, and asks for nothing.
"use strict";
self.addEventListener("push", (event) => {
  const ja = (self.navigator.language ?? "ja").startsWith("ja");
  const title = ja ? "マイ・ポータル" : "My portal";
  const body = ja ? "お知らせがあります。ポータルを開いてお読みください。" : "There is a notice for you. Open the portal to read it.";
  event.waitUntil(self.registration.showNotification(title, { body, tag: "notice" }));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow("/notices"));
});
