// The portal for everybody: its main tasks by the keyboard alone, and states that are told without colours.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inTown, picture } from "./town.js";

const here = inTown({ records: true });

const at = (path = "/", site = "portal.localhost") => here.at(site, path);
const text = (page) => page.locator("main").innerText();

/** Where the focus is: whether it can be seen, and nothing lies over it. */
const focus = (page) =>
  page.evaluate(() => {
    const one = document.activeElement;
    if (!one || one === document.body || one.id === "main") return { name: "the page" };
    const ringed = (element) => {
      const style = getComputedStyle(element);
      return style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 2;
    };
    const reach = one.querySelector(".trend-reach");
    const ring = ringed(one) || (reach && getComputedStyle(reach).strokeWidth === "3px");
    const box = one.getBoundingClientRect();
    const [x, y] = [box.left + Math.min(box.width / 2, 40), box.top + Math.min(box.height / 2, 20)];
    const inside = box.width > 0 && box.height > 0 && x >= 0 && y >= 0 && x <= innerWidth && y <= innerHeight;
    const top = inside ? document.elementFromPoint(x, y) : null;
    const free = top && (one.contains(top) || top.contains(one) || top.closest("label")?.contains(one));
    const name = `${one.tagName.toLowerCase()} ${(one.innerText || one.name || one.ariaLabel || "").trim().slice(0, 30)}`;
    return { name, fault: ring ? (inside ? (free ? null : "is covered") : "is outside the window") : "has no ring" };
  });

/** Every stop on the way to `wanted` by Tab; each must be seen. */
async function tabTo(page, wanted, { most = 150, key = "Tab" } = {}) {
  const target = await wanted.elementHandle();
  for (let times = 0; times < most; times++) {
    await page.keyboard.press(key);
    const seen = await focus(page);
    assert.equal(seen.fault ?? null, null, `${page.url()}: the focus on "${seen.name}" ${seen.fault}`);
    if (await target.evaluate((one) => one === document.activeElement)) return;
  }
  assert.fail(`${page.url()}: ${wanted} is not reached by Tab`);
}

const button = (page, name) => page.getByRole("button", { name, exact: true }).first();
const link = (page, name) => page.locator("main, nav").getByRole("link", { name, exact: true }).first();

/** Goes to `wanted` and presses `key`, which leads to another page. */
async function onward(page, wanted, key = "Enter", way = {}) {
  await tabTo(page, wanted, way);
  await Promise.all([page.waitForEvent("framenavigated"), page.keyboard.press(key)]);
  await page.waitForLoadState();
}

describe("by the keyboard alone", () => {
  test("come in, see who looked, object, decide, look at the record, leave", () =>
    here.window({}, async (page) => {
      // From here on nothing is clicked, filled or opened by its address.
      await page.goto(at("/login"));
      await onward(page, page.locator("a[href*='pick=limit-holder']"));
      await tabTo(page, page.getByLabel(/暗証番号/));
      await page.keyboard.type("1234");
      await onward(page, button(page, "入る"));
      assert.equal(page.url(), at("/"));
      await page.locator(".proofs-done").filter({ hasText: "確かめました" }).waitFor();

      await onward(page, page.getByRole("link", { name: "分からない・おかしい" }).first());
      assert.match(page.url(), /objections\/new/);
      await tabTo(page, page.getByLabel(/あなたの言葉で/));
      await page.keyboard.type("この日は受診していません。");
      await onward(page, button(page, "申し立てる"));
      assert.match(await text(page), /届けました[\s\S]*この日は受診していません。/);

      await onward(page, link(page, "わたしの決めごと"));
      await onward(page, page.locator("main a.tile[href='/choices/share-all']"));
      const first = page.locator("main form input[type=radio]").first();
      await tabTo(page, page.locator("main form input[type=radio]:checked").first());
      const group = await first.getAttribute("name");
      const chosen = () => page.locator(`input[name=${group}]:checked`).getAttribute("value");
      const before = await chosen();
      await page.keyboard.press("ArrowDown");
      assert.notEqual(await chosen(), before, "an arrow chooses the next answer");
      assert.equal((await focus(page)).fault ?? null, null);
      await page.keyboard.press("ArrowUp");
      assert.equal(await chosen(), before);
      await onward(page, button(page, "内容を確かめる"), "Space");
      await onward(page, button(page, "このとおり決める"));
      assert.match(page.url(), /done=true/);

      await onward(page, link(page, "わたしの記録"));
      await onward(page, button(page, "記録を集めて見る"));
      await page.getByText("種類ごとに見る").waitFor();
      await onward(page, page.locator("main a.tile[href='/record/tests']"));
      const point = page.locator(".trend-point").first();
      await tabTo(page, point);
      assert.ok(await point.locator(".trend-tip").isVisible(), "a value is told when the keyboard is on it");

      // Nobody must step through a hundred values: back to a way out, or past the charts.
      await tabTo(page, link(page, "グラフを飛ばす"), { most: 3, key: "Shift+Tab" });
      await page.keyboard.press("Enter");
      await tabTo(page, page.locator("main summary").first(), { most: 2 });
      await page.keyboard.press("Space");
      assert.ok(await page.locator("main details table").first().isVisible(), "the values as a table");

      await onward(page, button(page, "終わる"), "Enter", { key: "Shift+Tab", most: 400 });
      assert.equal(new URL(page.url()).pathname, "/login");
      await page.goBack();
      assert.ok(!/藤田/.test(await page.locator("body").innerText()) || new URL(page.url()).pathname === "/login");
    }));

  test("the first stop leads past the menu, and a menu item says where one is", () =>
    here.window({}, async (page) => {
      await page.goto(at("/login?pick=opted-in"));
      await page.keyboard.press("Tab");
      assert.match((await focus(page)).name, /本文へ/);
      await page.keyboard.press("Enter");
      assert.equal(await page.evaluate(() => document.activeElement.id), "main");
      await tabTo(page, page.getByLabel(/暗証番号/), { most: 3 });
    }));
});

/** What of a page tells a state by its colour alone. */
const toldByColour = (page) =>
  page.evaluate(() => {
    const faults = [];
    const shapes = new Map();
    const say = (one, why) => faults.push(`${one.className.baseVal ?? one.className} "${one.textContent.trim().slice(0, 40)}": ${why}`);
    for (const one of document.querySelectorAll(".badge, .notice, .verdict-head, .timeline-title:is(.ok, .warn, .bad, .info)")) {
      const toned = one.closest(".ok, .warn, .bad, .info");
      const icon = one.querySelector("svg.icon");
      if (one.textContent.trim() === "") say(one, "no words");
      if (!toned) continue;
      if (!icon) {
        say(one, "no icon");
        continue;
      }
      const tone = ["ok", "warn", "bad", "info"].find((name) => toned.classList.contains(name));
      shapes.set(tone, icon.innerHTML.trim());
    }
    const all = [...shapes];
    for (const [tone, shape] of all) for (const [other, same] of all) if (tone < other && shape === same) faults.push(`${tone} and ${other} have one shape`);
    for (const one of document.querySelectorAll(".cell-yes, .cell-no")) if (one.textContent.trim() === "") say(one, "no words");
    for (const point of document.querySelectorAll(".trend-point")) {
      const out = point.classList.contains("out");
      if (out !== Boolean(point.querySelector(":scope > path"))) say(point, "outside the range needs a shape of its own");
      const told = point.getAttribute("aria-label") ?? "";
      if (out !== /基準より|基準の外|陽性/.test(told)) say(point, `says "${told}"`);
    }
    for (const chart of document.querySelectorAll("svg.trend")) if (chart.querySelectorAll(".trend-line").length > 1) say(chart, "two lines of one kind");
    return { faults, tones: [...shapes.keys()], points: document.querySelectorAll(".trend-point").length, out: document.querySelectorAll(".trend-point.out").length };
  });

describe("however colours are seen", () => {
  const SIGHTS = ["protanopia", "deuteranopia", "tritanopia", "achromatopsia"];

  /** The page as each of them sees it, for whoever looks at the pictures. */
  async function asSeen(page, name) {
    const devices = await page.context().newCDPSession(page);
    for (const type of SIGHTS) {
      await devices.send("Emulation.setEmulatedVisionDeficiency", { type });
      await picture(page, `${name}-${type}`);
    }
    await devices.send("Emulation.setEmulatedVisionDeficiency", { type: "none" });
    await devices.detach();
  }

  test("no state is told by its colour alone", () =>
    here.window({}, async (page) => {
      const tones = new Set();
      let [points, out] = [0, 0];
      const check = async (where, name) => {
        const found = await toldByColour(page);
        assert.deepEqual(found.faults, [], where);
        found.tones.forEach((tone) => tones.add(tone));
        points += found.points;
        out += found.out;
        if (name) await asSeen(page, name);
      };
      for (const card of ["opted-in", "left-job", "overlap", "never-insured"]) {
        await page.goto(at("/", "north-hospital.localhost"));
        await page.locator(`button[name=card][value="${card}"]`).click();
        await page.waitForURL(/\/visits\//);
        await check(card, `300-answer-${card}`);
      }
      await page.goto(at("/login?q=" + encodeURIComponent("藤田")));
      await page.locator("a[href*='pick=']").first().click();
      await page.getByLabel(/暗証番号/).fill("9999");
      await page.getByRole("button", { name: "入る" }).click();
      await check("a wrong PIN");
      await page.getByLabel(/暗証番号/).fill("1234");
      await page.getByRole("button", { name: "入る" }).click();
      await page.waitForURL(at("/"));
      await page.locator(".proofs-done").filter({ hasText: "確かめました" }).waitFor();
      await check("who looked", "301-looked");
      await page.goto(at("/record"));
      await page.getByRole("button", { name: "記録を集めて見る" }).click();
      await page.getByText("種類ごとに見る").waitFor();
      await check("the record", "302-record");
      await page.goto(at("/record/tests"));
      await check("tests", "303-tests");
      for (const path of ["/record/allergies", "/choices", "/preview", "/notices", "/notices/settings", "/objections", "/visits"]) {
        await page.goto(at(path));
        await check(path);
      }
      const preview = await page.goto(at("/preview")).then(() => page.locator("main a[href*='/preview/']").first().getAttribute("href"));
      await page.goto(at(preview));
      await check(preview, "304-preview");
      assert.ok(points > 5 && out > 0 && out < points, `${points} values, ${out} outside their range`);
      assert.deepEqual([...tones].sort(), ["bad", "info", "ok", "warn"], "every tone was seen");
    }));

  test("without colours at all what is chosen, refused and pressed is still seen", () =>
    here.window({ forcedColors: "active" }, async (page) => {
      await page.goto(at("/login?pick=opted-in"));
      await page.getByLabel(/暗証番号/).fill("1234");
      await page.getByRole("button", { name: "入る" }).click();
      await page.waitForURL(at("/"));
      const bordered = await page.evaluate(() =>
        [...document.querySelectorAll(".badge, .notice, .button")].filter((one) => one.offsetWidth > 0 && Number.parseFloat(getComputedStyle(one).borderTopWidth) < 1).map((one) => one.textContent.trim()));
      assert.deepEqual(bordered, []);
      await picture(page, "305-forced-colours");
    }));
});
