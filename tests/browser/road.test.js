// The first road in a real browser: a card is tapped at the hospital's desk, the answer is read, and the person
// sees afterwards who asked.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { accessible, inTown, picture } from "./town.js";

const { at, window } = inTown();

const HOSPITAL = "north-hospital.localhost";
const INSURER = "kyokai-shizuoka.localhost";
const ME = "me.localhost";

async function tap(page, card) {
  await page.locator(`button[name=card][value="${card}"]`).click();
  await page.waitForURL(/\/visits\//);
}

describe("the first road", () => {
  test("from the front page to the desk, the answer, the visit and the person's own record", () =>
    window({}, async (page) => {
      await page.goto(at("localhost"));
      await picture(page, "01-front");
      await page.getByRole("link", { name: "病院の受付" }).click();
      await page.waitForURL(at(HOSPITAL));
      await picture(page, "02-desk");
      await tap(page, "opted-in");
      assert.match(await page.locator("main").innerText(), /有効[\s\S]*林[\s\S]*窓口負担/);
      await picture(page, "03-answer-valid");
      await page.getByRole("link", { name: "受付の記録を見る" }).click();
      await page.waitForURL(/record/);
      assert.match(await page.locator("main").innerText(), /musubi\/eligibility\/1/);
      await picture(page, "04-visit-record");
      await page.goto(at(HOSPITAL, "/visits"));
      assert.match(await page.locator("main").innerText(), /林　?七海/);
      await picture(page, "05-visits");

      await page.goto(at(ME));
      await picture(page, "06-me-tray");
      await page.locator('a[href="/?pick=opted-in"]').click();
      await page.getByLabel(/暗証番号/).fill("1234");
      await picture(page, "07-me-pin");
      await page.getByRole("button", { name: "記録を見る" }).click();
      await page.getByText("署名済み台帳で確認済み").first().waitFor();
      assert.match(await page.locator("main").innerText(), /北病院[\s\S]*の資格を確かめました/);
      await picture(page, "08-me-record");
    }));

  test("answers that are not plain say why and what comes next", () =>
    window({}, async (page) => {
      const expected = {
        "left-job": /無効[\s\S]*次にすること/,
        overlap: /複数の資格が該当[\s\S]*次にすること/,
        "never-insured": /該当する資格なし[\s\S]*次にすること/,
        "rare-characters": /有効[\s\S]*𠮷田[\s\S]*髙志/,
        married: /有効[\s\S]*渡邊/,
        "limit-holder": /有効[\s\S]*限度額/,
        "active-elderly": /有効[\s\S]*3\s*割/,
      };
      for (const [card, words] of Object.entries(expected)) {
        await page.goto(at(HOSPITAL));
        await tap(page, card);
        assert.match(await page.locator("main").innerText(), words, card);
        await picture(page, `10-answer-${card}`);
      }
    }));

  test("the insurer's desk finds a member and shows the forms", () =>
    window({}, async (page) => {
      await page.goto(at(INSURER));
      await picture(page, "20-insurer");
      await page.getByRole("textbox").first().fill("前田");
      await page.keyboard.press("Enter");
      await page.getByRole("row").filter({ hasText: "加入中" }).getByRole("link").first().click();
      await picture(page, "21-member");
      await page.getByRole("link", { name: "資格喪失を届け出る" }).click();
      await picture(page, "22-loss");
      for (const [path, name] of [["/members/new", "23-new"], ["/work-list", "24-work-list"], ["/reports", "25-reports"], ["/files", "26-files"]]) {
        await page.goto(at(INSURER, path));
        await picture(page, name);
      }
    }));

  test("the other pages of the desk", () =>
    window({}, async (page) => {
      for (const [path, name] of [["/number", "30-number"], ["/search?q=田", "31-search"], ["/patients", "32-patients"]]) {
        await page.goto(at(HOSPITAL, path));
        await picture(page, name);
      }
      await page.goto(at(HOSPITAL, "/number"));
      await page.locator("#field-insurer_number").fill("01229914");
      await page.locator("#field-number").fill("1");
      await page.locator("#field-birthdate").fill("昭和55年13月1日");
      await page.getByRole("button", { name: "資格を確認する" }).click();
      assert.match(await page.locator("main").innerText(), /入力を直してください/);
      await picture(page, "33-number-errors");
      for (const [site, name] of [["eligibility.localhost", "34-eligibility"], ["jpki.localhost", "35-jpki"]]) {
        await page.goto(at(site));
        await picture(page, name);
      }
    }));
});

describe("for everybody", () => {
  test("the tap and the answer with the keyboard alone", () =>
    window({}, async (page) => {
      await page.goto(at(HOSPITAL));
      const wanted = "newborn";
      const reached = async () => page.evaluate((card) => document.activeElement?.value === card, wanted);
      let steps = 0;
      while (!(await reached())) {
        assert.ok(++steps < 120, "the card cannot be reached with the Tab key");
        await page.keyboard.press("Tab");
        const unseen = await page.evaluate(() => {
          const here = document.activeElement;
          const ringed = (element) => element && getComputedStyle(element).outlineStyle !== "none";
          // A choice is ringed by its whole label.
          const seen = ringed(here) || ringed(here.closest("label")) || here === document.body;
          return seen ? null : here.outerHTML.slice(0, 200);
        });
        assert.equal(unseen, null, "the focus can be seen");
      }
      await picture(page, "40-keyboard");
      await page.keyboard.press("Enter");
      await page.waitForURL(/\/visits\//);
      assert.match(await page.locator("main").innerText(), /有効/);
      console.log(`keyboard: the card is ${steps} steps of the Tab key away`);
    }));

  test("a screen of 320 pixels needs no scrolling sideways", () =>
    window({ viewport: { width: 320, height: 640 } }, async (page) => {
      const walk = [
        [at("localhost"), "50-small-front"],
        [at(HOSPITAL), "51-small-desk"],
        [at(HOSPITAL, "/number"), "53-small-number"],
        [at(HOSPITAL, "/visits"), "54-small-visits"],
        [at(INSURER), "55-small-insurer"],
        [at(INSURER, "/members/new"), "56-small-new"],
        [at(ME), "57-small-me"],
      ];
      const narrow = async (name) => {
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(width <= 320, `${name} is ${width} pixels wide`);
        await picture(page, name);
      };
      for (const [url, name] of walk) {
        await page.goto(url);
        await narrow(name);
      }
      await page.goto(at(HOSPITAL));
      await tap(page, "late-elderly");
      await narrow("52-small-answer");
    }));

  test("no serious fault that axe finds", () =>
    window({ bypassCSP: true }, async (page) => {
      const pages = [
        at("localhost"),
        at(HOSPITAL),
        at(HOSPITAL, "/number"),
        at(HOSPITAL, "/visits"),
        at(HOSPITAL, "/search?q=田"),
        at(HOSPITAL, "/patients"),
        at(INSURER),
        at(INSURER, "/members/new"),
        at(INSURER, "/reports"),
        at(INSURER, "/files"),
        at(ME),
        at(ME, "/?pick=opted-in"),
      ];
      for (const url of pages) {
        await page.goto(url);
        await accessible(page, url);
      }
      await page.goto(at(HOSPITAL));
      await tap(page, "overlap");
      await accessible(page, "an answer");
      await page.getByRole("link", { name: "受付の記録を見る" }).click();
      await page.waitForURL(/record/);
      await accessible(page, "a record");
      console.log(`axe: ${pages.length + 2} pages without a serious fault`);
    }));

  test("the same in English, and in the dark", () =>
    window({ locale: "en-GB", colorScheme: "dark" }, async (page) => {
      await page.goto(at("localhost"));
      await picture(page, "60-english-front");
      await page.goto(at(HOSPITAL));
      await tap(page, "valid-employee");
      assert.match(await page.locator("main").innerText(), /Valid|Not valid/);
      await picture(page, "61-english-answer");
      // A search stays when the language changes.
      await page.goto(at(HOSPITAL, "/search?q=田"));
      await page.getByRole("link", { name: "日本語" }).click();
      await page.waitForURL((url) => url.searchParams.get("lang") === "ja");
      assert.equal(new URL(page.url()).searchParams.get("q"), "田");
      assert.equal(await page.locator("input[name=q]").inputValue(), "田");
    }));
});
