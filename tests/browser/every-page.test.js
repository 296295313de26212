// Every page of every house, found by its links from the front page, so that a new one cannot be forgotten: by axe, at 320
// pixels, and in both languages.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { describe, test } from "node:test";
import { accessible, inTown, picture } from "./town.js";

/** Pages of one kind that are looked at: more of them differ in their data alone. */
const EACH = 2;

const here = inTown({ records: true });

/** Which houses have the same pages: known once a page of each was seen. */
const houses = new Map();

/** The kind of page that an address leads to: house and path without what only names a thing. */
function kindOf(url) {
  const parts = url.pathname.split("/").map((part) => (/\d/.test(part) || part.length > 24 ? "…" : part));
  const keys = [...url.searchParams.keys()].filter((key) => key !== "lang").sort();
  return `${houses.get(url.hostname) ?? url.hostname}${parts.join("/")}${keys.length ? `?${keys.join("&")}` : ""}`;
}

/** Comes in where somebody must say who they are; true when the page was left. */
async function comeIn(page) {
  const url = new URL(page.url());
  if (url.pathname.startsWith("/staff") && (await page.getByLabel("職員番号").count())) {
    await page.getByLabel("職員番号").fill("D0123");
    await page.getByLabel("氏名").fill("石川 聡");
    await page.getByRole("button", { name: "この名前で始める" }).click();
    await page.waitForLoadState();
    return true;
  }
  if (url.hostname.startsWith("portal.") && url.pathname === "/login" && !url.search) {
    await page.goto(`${url.origin}/login?pick=limit-holder`);
    await page.getByLabel(/暗証番号/).fill("1234");
    await page.getByRole("button", { name: "入る", exact: true }).click();
    await page.waitForURL(`${url.origin}/`);
    return true;
  }
  return false;
}

/** Japanese or English strings of the sources of our pages: what a page shows of them is ours and no data. */
async function ownWords() {
  const root = path.join(import.meta.dirname, "../../crates");
  const words = { ja: new Set(), en: new Set() };
  const literal = /"((?:[^"\\]|\\.)*)"/g;
  const japanese = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u;
  for (const part of ["foundation", "roles", "engines", "tools/musubi"]) {
    for (const entry of await readdir(path.join(root, part), { recursive: true })) {
      // Of the command only the town's front page is a page; what else it says of the town is the town's data.
      if (!/src\/.*\.rs$/.test(entry) || /tests?(\.rs|\/)/.test(entry) || (part === "tools/musubi" && !entry.includes("up/front"))) continue;
      for (const [, raw] of (await readFile(path.join(root, part, entry), "utf8")).matchAll(literal)) {
        // What stands between the places that data fill.
        for (const piece of raw.replaceAll(/\\./g, " ").split(/\{[^}]*\}/)) {
          const text = piece.trim();
          // An English sentence may give a Japanese example.
          if (japanese.test(text)) text.length >= 4 && !/[A-Za-z]{2,} [A-Za-z]/.test(text) && words.ja.add(text);
          else if (/^[A-Z][a-z]+ [a-z]+.* /.test(text) && text.length >= 12) words.en.add(text);
        }
      }
    }
  }
  return words;
}

/** The texts of a page in one language, without what says itself that it is of another, and without data and documents. */
const textsOf = (page, address, lang) =>
  page.evaluate(async ([address, lang]) => {
    const url = new URL(address);
    url.searchParams.set("lang", lang);
    const answer = await fetch(url, { headers: { Accept: "text/html" } });
    if (!answer.headers.get("content-type")?.startsWith("text/html")) return [];
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const other = lang === "en" ? "ja" : "en";
    page.querySelectorAll(`[lang=${other}], script, pre, code, .top .owner, .said, template`).forEach((one) => one.remove());
    const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) {
      // An English text may name the Japanese word in brackets.
      const text = lang === "en" ? walker.currentNode.data.replaceAll(/[(（][^)）]*[)）]/g, "").trim() : walker.currentNode.data.trim();
      if (text) texts.push(text);
    }
    return texts;
  }, [address, lang]);

describe("every page", () => {
  test("by axe, at 320 pixels, in Japanese and in English", () =>
    here.window({ bypassCSP: true, viewport: { width: 1280, height: 800 } }, async (page) => {
      const words = await ownWords();
      assert.ok(words.ja.size > 500 && words.en.size > 200, "the sources were read");
      const ownJapanese = (text) => [...words.ja].find((own) => text.includes(own));
      const ownEnglish = (text) => [...words.en].find((own) => text.includes(own));
      const front = here.at("localhost");
      const [waiting, seen, known, faults] = [[front], new Map(), new Set([front]), []];
      let pages = 0;
      while (waiting.length) {
        const address = waiting.shift();
        const kind = kindOf(new URL(address));
        if ((seen.get(kind) ?? 0) >= EACH) continue;
        seen.set(kind, (seen.get(kind) ?? 0) + 1);
        const answer = await page.goto(address).catch((error) => (/Download/.test(error.message) ? null : Promise.reject(error)));
        if (!answer || !(answer.headers()["content-type"] ?? "").startsWith("text/html")) continue;
        if (answer.status() >= 400) {
          faults.push(`${address}: ${answer.status()}`);
          continue;
        }
        houses.set(new URL(page.url()).hostname, await page.evaluate(() => document.body.className));
        const where = `${address} `;
        const check = async () => {
          pages += 1;
          await accessible(page, where).catch((error) => faults.push(`${where}: axe ${JSON.stringify(error.actual)}`));
          await page.setViewportSize({ width: 320, height: 640 });
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          if (wide > 320) faults.push(`${where}: ${wide} pixels wide at 320`);
          await page.setViewportSize({ width: 1280, height: 800 });
          for (const text of await textsOf(page, page.url(), "en")) {
            const own = ownJapanese(text);
            if (own) faults.push(`${where}: Japanese in English: ${own}`);
          }
          for (const text of await textsOf(page, page.url(), "ja")) {
            const own = ownEnglish(text);
            if (own) faults.push(`${where}: English in Japanese: ${own}`);
          }
          await picture(page, `all-${pages}-${kind.replaceAll(/[^\w.]+/g, "_").slice(0, 60)}`);
        };
        await check();
        if (await comeIn(page)) {
          waiting.unshift(address);
          seen.set(kind, 0);
        }
        const links = await page.evaluate(() => Array.from(document.querySelectorAll("a[href]:not([download])"), (link) => link.href));
        for (const link of links) {
          const url = new URL(link);
          url.hash = "";
          const ours = url.port === String(here.town.port) && /(^|\.)localhost$/.test(url.hostname);
          if (!ours || known.has(url.href) || url.searchParams.has("lang") || url.pathname === "/back") continue;
          known.add(url.href);
          waiting.push(url.href);
        }
      }
      console.log(`every page: ${pages} pages of ${seen.size} kinds`);
      assert.deepEqual([...new Set(faults)], []);
      assert.ok(pages > 100, `${pages} pages`);
    }));
});
