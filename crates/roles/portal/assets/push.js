// Lets this browser be told by push. Without script, or where the browser cannot, the button stays hidden.
"use strict";
{
  const place = document.getElementById("push");
  const button = place?.querySelector("button");
  const said = place?.querySelector("[role=status]");
  const can = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
  if (button && can) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        if ((await Notification.requestPermission()) !== "granted") throw new Error("not granted");
        const registration = await navigator.serviceWorker.register("/push-worker.js");
        await navigator.serviceWorker.ready;
        const key = await (await fetch("/notices/push")).text();
        const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
        const { endpoint, keys } = subscription.toJSON();
        const answer = await fetch("/notices/push", {
          method: "POST",
          headers: { "content-type": "application/json", "x-csrf-token": place.dataset.csrf },
          body: JSON.stringify({ endpoint, p256dh: keys.p256dh, auth: keys.auth }),
        });
        if (!answer.ok) throw new Error(String(answer.status));
        location.assign(place.dataset.done);
      } catch {
        said.textContent = place.dataset.refused;
      }
    });
  }
}
