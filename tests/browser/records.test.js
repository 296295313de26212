// Records that travel, in a real browser: a clinician sees what other institutions hold, an emergency, consent at the desk, the
// carer's phone, the records office; each page by axe, at 320 pixels and at 200 % zoom.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { accessible, inTown, picture } from "./town.js";

const here = inTown({ records: true });

const at = (site, path = "/") => here.at(`${site}.localhost`, path);
const HOSPITAL = "north-hospital";
const NURSING = "hidamari-nursing";
const HOLDER = "chuo-hospital";

/** Says who sits here, when the page asks. */
async function open(page, site, path, name = "石川 聡") {
  await page.goto(at(site, path));
  if (!new URL(page.url()).pathname.startsWith("/staff")) return;
  await page.getByLabel("職員番号").fill("D0123");
  await page.getByLabel("氏名").fill(name);
  await page.getByRole("button", { name: "この名前で始める" }).click();
  await page.waitForURL(at(site, path));
}

/** The patient with this name: the address of a page of theirs. */
async function patient(page, from, name, site = HOSPITAL) {
  await open(page, site, `${from}?q=${encodeURIComponent(name)}`);
  const link = page.locator("main table a.row-name").first();
  return new URL(await link.getAttribute("href"), page.url()).pathname;
}

/** The page as it is, on a phone and at 200 % zoom: no fault, nothing to scroll sideways. */
async function everywhere(page, name) {
  await accessible(page, name);
  const size = page.viewportSize();
  for (const [width, height, suffix] of [[320, 640, "small"], [640, 400, "zoomed"]]) {
    await page.setViewportSize({ width, height });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= width, `${name} is ${wide} pixels wide at ${width}`);
    await picture(page, `${name}-${suffix}`);
  }
  await page.setViewportSize(size);
  await picture(page, name);
}

/** Asks the other institutions, again while they are still taking in the files of their first day. */
async function askUntil(page, wanted) {
  for (let times = 0; times < 60; times++) {
    await Promise.all([page.waitForURL(/exchange=/), page.getByRole("button", { name: /他の機関の記録を見る|もう一度問い合わせる/ }).click()]);
    await page.waitForLoadState();
    const sources = page.locator(".sources");
    if ((await sources.count()) && wanted.test(await sources.innerText())) return;
    await page.goto(page.url().split("?")[0]);
  }
  assert.fail(`not given: ${wanted}`);
}

const text = (page) => page.locator("main").innerText();

/** Asks the other institutions; how many records came. */
async function received(page, records) {
  await page.goto(at(HOSPITAL, records));
  await Promise.all([page.waitForURL(/exchange=/), page.getByRole("button", { name: /他の機関の記録を見る|もう一度問い合わせる/ }).click()]);
  await page.waitForLoadState();
  return Number(/(\d+)件の記録を受け取りました/.exec(await text(page))[1]);
}

/** The person decides that nobody sees what they marked. */
async function hideMarked(card) {
  await here.window({}, async (page) => {
    await page.goto(at("portal", `/login?pick=${card}`));
    await page.getByLabel(/暗証番号/).fill("1234");
    await page.getByRole("button", { name: "入る" }).click();
    await page.waitForURL(at("portal"));
    await page.goto(at("portal", "/choices/hide-kind"));
    await page.getByLabel("自分で印をつけたもの").check();
    await page.getByRole("button", { name: "内容を確かめる" }).click();
    await page.getByRole("button", { name: "このとおり決める" }).click();
    await page.waitForURL(/done=true/);
  });
}

describe("records that travel", () => {
  test("a clinician sees what two other institutions hold, and no hint of what is withheld", () =>
    here.window({ bypassCSP: true }, async (page) => {
      await page.goto(at(HOSPITAL, "/clinic"));
      await everywhere(page, "70-staff");
      const records = await patient(page, "/clinic", "藤田　和彦");
      await everywhere(page, "71-clinic");
      await page.goto(at(HOSPITAL, records));
      await askUntil(page, /潮風中央医療センター[\s\S]*つばめ内科クリニック/);
      const all = await page.locator("main").textContent();
      for (const word of ["イオヘキソール", "つばめ内科クリニック", "潮風中央医療センター", "退院時サマリー", "ヘモグロビンA1c", "令和"]) {
        assert.ok(all.includes(word), `${word} is missing`);
      }
      for (const word of ["うつ", "パロキセチン", "みどりの丘", "精神"]) assert.ok(!all.includes(word), `${word} is shown`);
      await everywhere(page, "72-records");
      // A result tells its value when it is focused, without a script.
      const point = page.locator(".trend-point").last();
      await point.focus();
      assert.ok(await point.locator(".trend-tip").isVisible());
      await page.getByText("表で見る").click();
      await page.locator(".documents summary").first().click();
      assert.match(await text(page), /入院中経過|傷病名/);
      await picture(page, "73-records-open");
    }));

  test("a record that is marked as the person asks leaves the house no more from that moment, and again when the mark is off", () =>
    here.window({ bypassCSP: true }, async (page) => {
      const WHAT = "イオヘキソール";
      await hideMarked("limit-holder");
      const records = await patient(page, "/clinic", "藤田　和彦");
      const before = await received(page, records);
      const own = await patient(page, "/clinic", "藤田　和彦", HOLDER);
      const mark = async (name) => {
        await page.goto(at(HOLDER, own));
        const item = page.locator("#history li", { has: page.locator("summary", { hasText: WHAT }) }).last();
        await page.goto(new URL(await item.locator("a[href*='/mark?record=']").getAttribute("href"), page.url()).href);
        assert.match(await text(page), new RegExp(`${WHAT}[\\s\\S]*当院では今までどおり見られます`));
        await everywhere(page, name);
        await page.getByRole("button", { name: /ご本人の希望により印を/ }).click();
        await page.waitForURL(/marked=/);
        return text(page);
      };
      const marked = await mark("83-mark");
      assert.match(marked, /ご本人の印を付けました/);
      assert.ok(marked.includes(WHAT), "who holds it sees it as before");
      assert.match(await page.locator("#history").textContent(), new RegExp(`${WHAT}[^▸]*?本人の指定`));
      assert.equal(await received(page, records), before - 1, "one less, and nothing tells which");
      assert.match(await mark("84-marked"), /ご本人の印を外しました/);
      assert.equal(await received(page, records), before);
    }));

  test("an emergency: why, the narrow set, the second act, the records office", () =>
    here.window({ bypassCSP: true }, async (page) => {
      const path = await patient(page, "/emergency", "髙志");
      await everywhere(page, "74-emergency-who");
      await page.goto(at(HOSPITAL, path));
      await everywhere(page, "75-emergency-why");
      await page.getByText("意識がない").click();
      await page.getByLabel(/状況/).fill("救急搬送、呼びかけに応じない");
      await page.getByLabel(/いま必要です/).check();
      await page.getByRole("button", { name: "緊急として記録を見る" }).click();
      await page.waitForURL(/\/emergencies\//);
      assert.match(await text(page), /残り 2時間59分[\s\S]*アモキシシリン[\s\S]*ワルファリン[\s\S]*HBs抗原/);
      assert.ok(!(await text(page)).includes("退院時サマリー"), "narrow");
      await everywhere(page, "76-emergency");
      await page.getByText("これでは足りないとき").click();
      await page.getByLabel(/なぜ足りないか/).fill("アナフィラキシーの経過が必要");
      await page.getByLabel(/命を守れません/).check();
      await page.getByRole("button", { name: "すべての種類を見る" }).click();
      await page.getByText("退院時サマリー").first().waitFor();
      await everywhere(page, "77-emergency-wide");
      await page.getByRole("link", { name: "裏付けを届け出る" }).click();
      await page.locator("summary", { hasText: "裏付けを届け出る" }).first().click();
      await everywhere(page, "78-office-emergencies");
      await page.getByLabel("救急隊の記録").first().check();
      await page.getByLabel(/番号など/).first().fill("2026-潮見-0417");
      await page.getByRole("button", { name: "届け出る" }).first().click();
      await page.getByText("裏付けを届けました").waitFor();
    }));

  test("consent at the desk: read aloud, decided, printed, withdrawn", () =>
    here.window({ bypassCSP: true }, async (page) => {
      const records = await patient(page, "/clinic", "藤田　和彦");
      const consent = records.replace(/records$/, "consent");
      await page.goto(at(HOSPITAL, consent));
      await everywhere(page, "80-consent");
      await page.getByRole("link", { name: /精神科・心療は見せない/ }).click();
      assert.match(await text(page), /読み上げてください[\s\S]*見せない[\s\S]*精神・心療/);
      await everywhere(page, "81-consent-read");
      await page.getByRole("button", { name: "ご本人がこのとおり決めました" }).click();
      await page.waitForURL(/done=yes/);
      await everywhere(page, "82-consent-sheet");
      await page.emulateMedia({ media: "print" });
      assert.ok(await page.locator(".sheet").isVisible());
      assert.ok(!(await page.locator(".top").isVisible()), "only the sheet is printed");
      await page.emulateMedia({ media: "screen" });
      await page.goto(at(HOSPITAL, consent));
      await page.getByRole("link", { name: /撤回/ }).first().click();
      await page.getByRole("button", { name: "ご本人がこのとおり決めました" }).click();
      await page.waitForURL(/done=yes/);
      assert.match(await text(page), /撤回書/);
    }));

  test("the carer's phone", () =>
    here.window({ bypassCSP: true, viewport: { width: 390, height: 780 }, hasTouch: true }, async (page) => {
      await open(page, NURSING, "/care", "望月 さくら");
      await everywhere(page, "85-care");
      const first = page.locator(".people a").first();
      const box = await first.boundingBox();
      assert.ok(box.height >= 48, "a finger hits it");
      await first.tap();
      await page.waitForURL(/\/care$/);
      assert.match(await text(page), /アレルギー・禁忌[\s\S]*計画[\s\S]*薬[\s\S]*最近のようす/);
      await page.getByRole("button", { name: /他の機関の記録を見る/ }).click();
      await page.waitForURL(/exchange=/);
      await everywhere(page, "86-care-person");
    }));

  test("the records office and the networks, in both languages and in the dark", () =>
    here.window({ bypassCSP: true, colorScheme: "dark" }, async (page) => {
      await open(page, HOSPITAL, "/clinic");
      for (const [path, name] of [["/office", "87-office"], ["/networks", "88-networks"], ["/office?lang=en", "89-office-english"]]) {
        await page.goto(at(HOSPITAL, path));
        await everywhere(page, name);
      }
      const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Save as CSV" }).click()]);
      assert.equal(file.suggestedFilename(), "exchanges.csv");
    }));
});
