// Only what a page cannot do without: parts that renew themselves, readers that type, forms sent once, a search that
// stays when the language changes.
"use strict";
(() => {
  const typing = (part) => {
    const active = document.activeElement;
    return active && part.contains(active) && active.matches("input, select, textarea") && active.value !== "";
  };

  const renew = async (part) => {
    if (document.hidden || typing(part) || part.contains(document.querySelector("[aria-busy=true]"))) return;
    const whole = !part.dataset.source;
    const response = await fetch(part.dataset.source || location.href, { headers: { Accept: "text/html" } });
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = whole ? page.getElementById(part.id) : page.body;
    if (!fresh || fresh.innerHTML === part.dataset.seen || typing(part)) return;
    part.dataset.seen = fresh.innerHTML;
    const focus = part.contains(document.activeElement) ? document.activeElement.id : "";
    const open = [...part.querySelectorAll("details")].map((one) => one.open);
    part.replaceChildren(...fresh.childNodes);
    part.querySelectorAll("details").forEach((one, place) => { one.open = one.open || open[place] === true; });
    if (focus) document.getElementById(focus)?.focus();
  };

  for (const part of document.querySelectorAll("[data-refresh]")) {
    const pause = Math.max(1, Number(part.dataset.refresh) || 5) * 1000;
    const again = () => renew(part).catch(() => {}).finally(() => setTimeout(again, pause));
    setTimeout(again, pause);
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]")) return;
    if (form.getAttribute("aria-busy") === "true") event.preventDefault();
    form.setAttribute("aria-busy", "true");
  });
  // A page that comes back from the browser's memory may be used again.
  addEventListener("pageshow", () => document.querySelectorAll("[aria-busy]").forEach((form) => form.removeAttribute("aria-busy")));

  const switcher = document.querySelector("a.lang");
  if (switcher) {
    const asked = new URLSearchParams(location.search);
    asked.set("lang", switcher.lang);
    switcher.search = asked;
  }

  // A barcode or card reader types into the scan field, from the start and wherever the focus was left. The page does
  // not jump to it: the answer above it is what the clerk wants to read.
  document.querySelector("[data-scan]")?.focus({ preventScroll: true });
  document.addEventListener("keydown", (event) => {
    const field = document.querySelector("[data-scan]");
    if (!field || event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return;
    if (event.key !== " " && !event.target.matches("input, select, textarea")) field.focus();
  });
})();
