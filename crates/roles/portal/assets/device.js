// A key pair that this browser keeps and never gives away (IndexedDB, not extractable): made when a device is registered, used to
// sign a code that is good once.
"use strict";
(() => {
  const register = globalThis.document?.querySelector("form[data-device=register]");
  const enter = globalThis.document?.querySelector("form[data-device=enter]");
  if ((!register && !enter) || !globalThis.crypto?.subtle || !globalThis.indexedDB) return;
  const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const open = () => {
    const request = indexedDB.open("portal", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("keys");
    return done(request);
  };
  const kept = async (mode, work) => done(work((await open()).transaction("keys", mode).objectStore("keys")));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
  const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

  if (register) {
    register.hidden = false;
    register.addEventListener("submit", async (event) => {
      if (register.elements.key.value) return;
      event.preventDefault();
      const pair = await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
      await kept("readwrite", (keys) => keys.put(pair, "device"));
      register.elements.key.value = text(await crypto.subtle.exportKey("raw", pair.publicKey));
      register.removeAttribute("aria-busy");
      register.requestSubmit();
    });
  }
  if (enter) {
    kept("readonly", (keys) => keys.get("device")).then(async (pair) => {
      if (!pair) return;
      const device = hex(await crypto.subtle.digest("SHA-256", await crypto.subtle.exportKey("raw", pair.publicKey)));
      enter.elements.device.value = device;
      const message = new TextEncoder().encode(`musubi portal device login v1\n${enter.elements.code.value}`);
      const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, message);
      enter.elements.signature.value = text(signature);
      enter.closest("[hidden]").hidden = false;
    }).catch(() => {});
  }
})();
