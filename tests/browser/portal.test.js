// The person's portal in a real browser: who looked and what is proven of it, objections, proxies, devices, leaving at once.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inTown, picture } from "./town.js";

const here = inTown();

const at = (path = "/") => here.at("portal.localhost", path);
const text = (page) => page.locator("main").innerText();

/** Comes in with a card of the tray. */
async function enter(page, card) {
  await page.goto(at(`/login?pick=${card}`));
  await page.getByLabel(/暗証番号|PIN/).fill("1234");
  await page.getByRole("button", { name: /^(入る|Come in)$/ }).click();
  await page.waitForURL(at("/"));
}

/** What a form sent from the page without its script answers. */
const post = (page, path, fields) =>
  page.evaluate(async ([path, fields]) => {
    const answer = await fetch(path, { method: "POST", body: new URLSearchParams(fields), redirect: "manual", headers: { Accept: "text/html" } });
    return { status: answer.status, text: await answer.text() };
  }, [path, fields]);

/** The page as it is and on a phone, for whoever looks at the pictures; nothing to scroll sideways. */
async function seen(page, name) {
  await picture(page, name);
  const size = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 780 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 390, `${name} is ${wide} pixels wide`);
  await picture(page, `${name}-phone`);
  await page.setViewportSize(size);
}

describe("who looked", () => {
  test("every entry is verified in the browser, and one that was changed, dropped or moved is marked", () =>
    here.window({}, async (page) => {
      await enter(page, "limit-holder");
      await page.locator(".proofs-done").filter({ hasText: "すべて台帳と照らして確かめました" }).waitFor();
      await seen(page, "100-looked");
      const answer = await page.content();
      assert.ok(Buffer.byteLength(answer) < 100_000, `${Buffer.byteLength(answer)} bytes`);
      const found = await page.evaluate(async () => {
        const data = JSON.parse(document.getElementById("proofs").textContent);
        const copy = () => structuredClone(data);
        const verify = (changed) => globalThis.musubiProofs.verify(changed);
        const of = (verdict) => verdict.filter((one) => one === "not").length;
        const changed = copy();
        changed.entries[0][2] = changed.entries[1][2];
        const moved = copy();
        [moved.entries[0][1], moved.entries[1][1]] = [moved.entries[1][1], moved.entries[0][1]];
        const twice = copy();
        twice.entries.push(twice.entries[0]);
        const dropped = copy();
        dropped.entries.find((one) => one[4].length > 1)[4].pop();
        const forked = copy();
        forked.heads = forked.heads.map((heads) => heads.map(([size, , by]) => [size, btoa("x".repeat(32)), by]));
        const results = { as_it_is: of(await verify(copy())) };
        for (const [name, one] of Object.entries({ changed, moved, twice, dropped, forked })) results[name] = of(await verify(one));
        return { results, entries: data.entries.length };
      });
      assert.equal(found.results.as_it_is, 0);
      assert.equal(found.results.changed, 1);
      assert.equal(found.results.moved, 2);
      assert.equal(found.results.twice, 1);
      assert.equal(found.results.dropped, 1);
      assert.equal(found.results.forked, found.entries, "no entry is believed under another head");
      console.log(`proofs: ${found.entries} entries on the page`);
    }));

  test("a thousand entries are verified in less than a second", () =>
    here.window({}, async (page) => {
      await enter(page, "limit-holder");
      const millis = await page.evaluate(async () => {
        // A tree of 2^20 entries, hashed here: a thousand leaves that lie far apart, each with its path of twenty.
        const digest = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(parts.flatMap((part) => [...part]))));
        const text = (bytes) => btoa(String.fromCharCode(...bytes));
        const zero = [await digest([0])];
        for (let level = 0; level < 20; level++) zero.push(await digest([1], zero[level], zero[level]));
        const entries = Array.from({ length: 1000 }, (_, one) => [0, one * 1000, text(zero[0]), 2 ** 20, zero.slice(0, 20).map(text)]);
        // All pairs of a level are alike in this tree: without that the sharing of pairs would not be measured.
        const unlike = entries.map(([log, index, , size, path], one) => [log, index, text(new Uint8Array(32).fill(one & 255, 0, 16).fill(one >> 8, 16)), size, path]);
        const heads = [[[2 ** 20, text(zero[20]), true]]];
        if ((await globalThis.musubiProofs.verify({ heads, entries })).some((one) => one !== "cosigned")) return -1;
        const start = performance.now();
        const verdict = await globalThis.musubiProofs.verify({ heads, entries: unlike });
        const took = performance.now() - start;
        return verdict.every((one) => one === "not") ? took : -2;
      });
      assert.ok(millis > 0, `${millis}`);
      console.log(`proofs: 1,000 entries of a tree of 2^20, nothing shared: ${Math.round(millis)} ms`);
    }));

  test("an entry is objected to, and the objection is followed", () =>
    here.window({}, async (page) => {
      await enter(page, "limit-holder");
      await page.getByRole("link", { name: "分からない・おかしい" }).first().click();
      await page.waitForURL(/objections\/new/);
      await seen(page, "110-object");
      await page.getByLabel(/あなたの言葉で/).fill("この日は受診していません。");
      await page.getByRole("button", { name: "申し立てる" }).click();
      await page.waitForURL(/objections\?filed/);
      assert.match(await text(page), /届けました[\s\S]*この日は受診していません。/);
      await seen(page, "111-objections");
      await page.getByRole("button", { name: "納得したので終える" }).first().click();
      await page.getByText("終了").first().waitFor();
    }));

  test("the log is filtered by institution, kind and month", () =>
    here.window({}, async (page) => {
      await enter(page, "limit-holder");
      await page.getByLabel("何を").selectOption("refused");
      await page.getByRole("button", { name: "しぼる" }).click();
      await page.waitForURL(/kind=refused/);
      assert.ok(!(await page.locator(".card").first().innerText()).includes("登録しました"));
      await page.getByLabel("いつ").selectOption({ index: 1 });
      await page.getByLabel("何を").selectOption("");
      await page.getByRole("button", { name: "しぼる" }).click();
      await page.waitForURL(/month=\d{4}-\d\d/);
      await page.locator(".proofs-done").filter({ hasText: "確かめました" }).waitFor();
      await seen(page, "101-month");
    }));
});

describe("coming in", () => {
  test("a wrong PIN is counted by the card, and a device comes in without the card until it is removed", () =>
    here.window({}, async (page) => {
      await page.goto(at("/login?pick=opted-in"));
      await page.getByLabel(/暗証番号/).fill("9999");
      await page.getByRole("button", { name: "入る" }).click();
      assert.match(await text(page), /暗証番号が違います。あと2回/);
      await enter(page, "opted-in");
      const cookies = (await page.context().cookies()).filter((cookie) => cookie.name.includes("portal"));
      assert.equal(cookies.length, 1);
      const [cookie] = cookies;
      assert.deepEqual([cookie.name, cookie.secure, cookie.httpOnly, cookie.sameSite, cookie.path], ["__Host-portal", true, true, "Strict", "/"]);
      await page.goto(at("/visits"));
      await page.getByRole("button", { name: "いま使っている端末を登録する" }).click();
      await page.getByRole("button", { name: "外す（なくした）" }).waitFor();
      await seen(page, "120-devices");
      await page.getByRole("button", { name: "終わる", exact: true }).click();
      await page.waitForURL(/login/);
      const form = page.locator("form[data-device=enter]");
      await form.getByRole("button").waitFor();
      await seen(page, "121-login-device");
      const used = await form.evaluate((one) => Object.fromEntries(new FormData(one)));
      await form.getByRole("button").click();
      await page.waitForURL(at("/"));
      assert.match(await text(page), /カードで入ると載ります/);
      // The same signed code is good once.
      assert.equal((await post(page, "/login/device", used)).status, 403, "a replayed code");
      await page.goto(at("/choices/share-all"));
      await page.getByRole("button", { name: "内容を確かめる" }).click();
      assert.match(await text(page), /カードで入り直してください/, "to decide the card is needed");
      await page.goto(at("/visits"));
      await page.getByRole("button", { name: "外す（なくした）" }).click();
      await page.getByText("登録した端末はありません。").waitFor();
      await page.getByRole("button", { name: "終わる", exact: true }).click();
      await page.waitForURL(/login/);
      await page.locator("form[data-device=enter]").getByRole("button").click();
      assert.match(await text(page), /この端末では入れませんでした/);
    }));

  test("who leaves at once leaves a calendar behind, whatever the back button does", () =>
    here.window({}, async (page) => {
      await enter(page, "opted-in");
      await page.goto(at("/choices"));
      await page.keyboard.press("Escape");
      await page.keyboard.press("Escape");
      await page.waitForURL(at("/calendar"));
      await seen(page, "130-calendar");
      for (let times = 0; times < 3; times++) {
        await page.goBack();
        assert.equal(new URL(page.url()).pathname, "/calendar", "back shows the calendar");
        assert.ok(!/ポータル|記録|林/.test(await page.locator("body").innerText()));
      }
      await page.goto(at("/choices"));
      assert.equal(new URL(page.url()).pathname, "/calendar");
      await page.getByRole("link", { name: "もどる" }).click();
      await page.waitForURL(/login/);
    }));
});

describe("proxies", () => {
  test("a proxy comes in with their own card, sees and decides within limits, and the person sees it; what is hidden stays hidden", () =>
    here.window({}, async (page) => {
      const mother = await here.browser.newContext({ locale: "ja-JP" });
      const proxy = await mother.newPage();
      try {
        await enter(page, "limit-holder");
        await page.goto(at("/choices/proxy"));
        await page.getByLabel(/代理人の名前/).fill("長女 花子");
        await page.getByLabel("いまから").check();
        await page.getByLabel(/見せることも、見せないことも/).check();
        await page.getByLabel(/^見られる/).check();
        await page.getByRole("button", { name: "内容を確かめる" }).click();
        await page.getByRole("button", { name: "このとおり決める" }).click();
        await page.waitForURL(/done=true/);
        await page.getByRole("button", { name: "招待を出す" }).last().click();
        const words = (await page.locator(".document").innerText()).trim();
        assert.match(words, /^([A-Z2-7]{4} ){3}[A-Z2-7]{4}$/);
        await seen(page, "140-invitation");

        await enter(proxy, "opted-in");
        await proxy.goto(at("/people"));
        await proxy.getByLabel(/招待の文字/).fill("AAAA BBBB CCCC DDDD");
        await proxy.getByRole("button", { name: "代理になる" }).click();
        assert.match(await text(proxy), /この招待は使えません/);
        await proxy.getByLabel(/招待の文字/).fill(words.toLowerCase());
        await proxy.getByRole("button", { name: "代理になる" }).click();
        await proxy.getByRole("button", { name: "この人のために使う" }).click();
        await proxy.waitForURL(at("/"));
        assert.match(await text(proxy), /藤田[\s\S]*さんのために（代理: 林/);
        const looked = await text(proxy);
        await seen(proxy, "141-as-proxy");
        const hospital = /^(\S+)が、受付であなたのカードを確かめ/m.exec(looked)[1];
        await proxy.goto(at("/visits"));
        assert.equal(new URL(proxy.url()).pathname, "/people", "another's devices are no business of a proxy");
        await proxy.goto(at("/choices/opt-out"));
        await proxy.getByRole("button", { name: "内容を確かめる" }).click();
        assert.match(await text(proxy), /ご本人だけができます/);
        await proxy.goto(at("/choices/share-all"));
        await proxy.getByRole("button", { name: "内容を確かめる" }).click();
        await proxy.getByRole("button", { name: "このとおり決める" }).click();
        await proxy.waitForURL(/done=true/);

        await page.goto(at("/"));
        await page.getByText(/あなた自身の操作/).click();
        assert.match(await text(page), /代理人「長女 花子」が、あなたの代わりに決めました/);
        assert.match(await text(page), /代理人「長女 花子」が、あなたの代わりにこの記録を読みました/);
        await page.goto(at("/hidden"));
        await page.getByLabel(new RegExp(hospital)).first().check();
        await seen(page, "142-hidden");
        await page.getByRole("button", { name: "このとおりにする" }).click();
        await page.waitForURL(/done=true/);
        await proxy.goto(at("/"));
        assert.ok(!(await text(proxy)).includes(`${hospital}が、受付で`), "hidden from the proxy");
        await page.goto(at("/hidden"));
        await page.getByLabel("すべて", { exact: false }).first().check();
        await page.getByRole("button", { name: "このとおりにする" }).click();
        await page.waitForURL(/done=true/);
        await proxy.goto(at("/"));
        assert.ok(!(await text(proxy)).includes("が、受付で"), "nothing is shown to proxies");
        await page.goto(at("/choices"));
        await page.getByRole("link", { name: "やめる", exact: true }).last().click();
        await page.getByRole("button", { name: "終える" }).click();
        await page.waitForURL(/done=true/);
        await proxy.goto(at("/"));
        assert.match(await text(proxy), /林/, "the mandate is over");
        assert.ok(!(await text(proxy)).includes("さんのために"));
      } finally {
        await mother.close();
      }
    }));
});

describe("protection", () => {
  test("nothing comes from elsewhere, nothing runs inline, no form works without its token", () =>
    here.window({}, async (page) => {
      const hosts = new Set();
      page.on("request", (request) => hosts.add(new URL(request.url()).host));
      await enter(page, "opted-in");
      for (const path of ["/", "/choices", "/preview", "/objections", "/people", "/visits", "/number"]) {
        const answer = await page.goto(at(path));
        const policy = answer.headers()["content-security-policy"];
        assert.ok(policy.includes("default-src 'self'") && policy.includes("script-src 'self'") && !policy.includes("unsafe"), policy);
        assert.equal(answer.headers()["cache-control"], "no-store");
        assert.equal(answer.headers()["referrer-policy"], "same-origin");
        assert.equal(answer.headers()["x-content-type-options"], "nosniff");
        const inline = await page.evaluate(() => document.querySelectorAll("[style], [onclick], script:not([src]):not([type='application/json']), style").length);
        assert.equal(inline, 0, path);
      }
      assert.deepEqual([...hosts], [new URL(at()).host]);
      for (const path of ["/logout", "/visits", "/people", "/hidden", "/objections/new", "/devices", "/away", "/choices/share-all"]) {
        assert.equal((await post(page, path, { text: "x" })).status, 403, `${path} without its token`);
      }
      assert.equal((await page.goto(at("/"))).status(), 200, "and nothing happened");
    }));

  test("who is not in learns nothing, not even which pages there are for whom", () =>
    here.window({}, async (page) => {
      for (const path of ["/", "/choices", "/objections", "/people", "/hidden", "/visits", "/preview/1310000018"]) {
        await page.goto(at(path));
        assert.equal(new URL(page.url()).pathname, "/login", path);
      }
      // A device that nobody registered and one that signs wrongly get one answer.
      await page.goto(at("/login"));
      const token = await page.locator("form[data-device=enter] input[name=_csrf]").inputValue();
      const code = await page.locator("form[data-device=enter] input[name=code]").inputValue();
      const answers = [];
      for (const device of ["00".repeat(32), "11".repeat(32)]) {
        const answer = await post(page, "/login/device", { _csrf: token, device, code, signature: btoa("x".repeat(64)) });
        answers.push([answer.status, answer.text.replaceAll(/[0-9a-f]{32,}/g, "")]);
      }
      assert.deepEqual(answers[0], answers[1]);
      assert.equal(answers[0][0], 403);
    }));
});
