// My record, notices and apps in a real browser; an app is the SMART JS client itself, served from another origin.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { accessible, BIN, inTown, picture } from "./town.js";

const here = inTown({ records: true });

const at = (path = "/") => here.at("portal.localhost", path);
const text = (page) => page.locator("main").innerText();

/** Comes in with a card of the tray. */
async function enter(page, card) {
  await page.goto(at(`/login?pick=${card}`));
  await page.getByLabel(/暗証番号|PIN/).fill("1234");
  await page.getByRole("button", { name: /^(入る|Come in)$/ }).click();
  await page.waitForURL(at("/"));
}

/** The card of a demonstration's person, by their name. */
async function cardOf(page, name) {
  await page.goto(at(`/login?q=${encodeURIComponent(name)}`));
  const href = await page.locator("a[href*='pick=']").first().getAttribute("href");
  return new URL(href, page.url()).searchParams.get("pick");
}

/** The page by axe, at 320 pixels and at 200 % zoom; small enough for a slow line. */
async function everywhere(page, name) {
  await accessible(page, name);
  const size = page.viewportSize();
  for (const [width, height, suffix] of [[320, 640, "phone"], [640, 400, "zoomed"]]) {
    await page.setViewportSize({ width, height });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= width, `${name} is ${wide} pixels wide at ${width}`);
    await picture(page, `${name}-${suffix}`);
  }
  await page.setViewportSize(size);
  await picture(page, name);
}

/** The summary against the International Patient Summary's own package, by our validator; the package comes from the registry. */
async function conforms(summary) {
  const home = await mkdtemp(path.join(tmpdir(), "musubi-ips-"));
  try {
    const packed = spawnSync("npm", ["pack", "--silent", "hl7.fhir.uv.ips@2.0.0"], { cwd: home, encoding: "utf8" });
    if (packed.status !== 0) return console.log("skipped: hl7.fhir.uv.ips could not be fetched; the summary was not validated");
    const definitions = path.join(home, packed.stdout.trim());
    const { status, stdout } = spawnSync(BIN, ["fhir", "validate", "--package", definitions, summary], { encoding: "utf8", maxBuffer: 1 << 26 });
    assert.equal(status, 0, stdout.split("\n").filter((line) => line.includes("error:")).join("\n"));
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

describe("my record", () => {
  test("is gathered by a button, shown by kind, kept, taken away", () =>
    here.window({ bypassCSP: true, acceptDownloads: true }, async (page) => {
      const elsewhere = [];
      page.on("request", (request) => new URL(request.url()).hostname.endsWith("localhost") || elsewhere.push(request.url()));
      const card = await cardOf(page, "藤田");
      await enter(page, card);
      await page.goto(at("/record"));
      assert.match(await text(page), /このポータルにはありません/);
      await everywhere(page, "200-record-before");
      await page.getByRole("button", { name: "記録を集めて見る" }).click();
      await page.getByText("種類ごとに見る").waitFor();
      await everywhere(page, "201-record");
      assert.match(await text(page), /潮風中央医療センター/);
      for (const [kind, name] of [["tests", "202-tests"], ["medicines", "203-medicines"], ["allergies", "204-allergies"], ["visits", "205-visits"], ["documents", "206-documents"]]) {
        await page.goto(at(`/record/${kind}`));
        await everywhere(page, name);
      }
      await page.goto(at("/record/tests"));
      const point = page.locator(".trend-point").last();
      await point.focus();
      assert.ok(await point.locator(".trend-tip").isVisible(), "a value is told when it is focused");
      await page.goto(at("/record/allergies"));
      await page.locator("main table a").first().click();
      await page.getByText("「これは違う」と申し出る").click();
      await everywhere(page, "207-item");
      await page.getByLabel(/どこが、どう違いますか/).fill("この反応は、わたしのものではありません。");
      await page.getByRole("button", { name: "申し出る" }).click();
      await page.waitForURL(at("/record/wrong"));
      assert.match(await text(page), /届きました。回答を待っています/);
      await everywhere(page, "208-wrong");
      await page.goto(at("/record"));
      for (const [label, file, start] of [["PDF で保存", "record.pdf", "%PDF-1.7"], ["表（CSV）で保存", "record.csv", "\ufeff機関"], ["要約（FHIR）で保存", "summary.json", "{\"resourceType\":\"Bundle\""]]) {
        const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: label }).click()]);
        assert.equal(download.suggestedFilename(), file);
        const bytes = await readFile(await download.path(), "utf8");
        assert.ok(bytes.startsWith(start), `${file}: ${bytes.slice(0, 40)}`);
        if (file === "summary.json") await conforms(await download.path());
        if (process.env.MUSUBI_SCREENSHOTS) await download.saveAs(`${process.env.MUSUBI_SCREENSHOTS}/${file}`);
      }
      await page.getByRole("button", { name: "このポータルに控えをとっておく" }).click();
      await page.waitForURL(at("/record/copies"));
      await everywhere(page, "209-copies");
      await page.goto(at("/record?lang=en"));
      assert.match(await text(page), /By kind/);
      assert.deepEqual(elsewhere, [], "nothing from elsewhere");
    }));

  test("notices: the inbox and how to be told", () =>
    here.window({ bypassCSP: true }, async (page) => {
      await enter(page, await cardOf(page, "藤田"));
      await page.goto(at("/notices"));
      await everywhere(page, "210-notices");
      await page.goto(at("/notices/settings"));
      await page.getByLabel("メールアドレス").fill("fujita@example.jp");
      await page.getByRole("button", { name: "このアドレスに知らせる" }).click();
      await page.getByLabel(/メールの確認番号/).waitFor();
      await everywhere(page, "211-notice-settings");
      await page.goto(at("/notices/settings?lang=en"));
      assert.match(await text(page), /only that there is a notice/);
    }));
});

describe("an app of the person's choice", () => {
  let app;
  let origin;

  before(async () => {
    const client = await readFile(createRequire(import.meta.url).resolve("fhirclient/build/fhir-client.js"));
    app = createServer((request, response) => {
      const { pathname } = new URL(request.url, "http://localhost");
      if (pathname === "/client.js") return response.setHeader("content-type", "text/javascript").end(client);
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.end("<!doctype html><html lang=ja><title>血糖手帳</title><script src=/client.js></script><p id=said></p></html>");
    });
    await new Promise((resolve) => app.listen(0, "127.0.0.1", resolve));
    origin = `http://localhost:${app.address().port}`;
  });

  after(() => new Promise((resolve) => app.close(resolve)));

  test("the SMART JS client comes in by the consent page and reads what it may", () =>
    here.window({ bypassCSP: true }, async (page) => {
      await enter(page, await cardOf(page, "藤田"));
      await page.goto(at("/apps"));
      await page.locator("summary", { hasText: "登録する" }).click();
      await page.getByLabel("アプリの名前").fill("血糖手帳");
      await page.getByLabel("リダイレクト先").fill(`${origin}/back`);
      await everywhere(page, "220-apps");
      await page.getByRole("button", { name: "登録する" }).click();
      const clientId = await page.locator("#client").innerText();
      const iss = await page.locator("#server").innerText();
      await page.goto(`${origin}/launch`);
      const scope = "launch/patient offline_access patient/Observation.rs?category=laboratory patient/Patient.rs patient/Condition.rs";
      await page.evaluate(([clientId, iss, redirectUri, scope]) => {
        globalThis.FHIR.oauth2.authorize({ clientId, iss, redirectUri, scope, pkceMode: "required" });
      }, [clientId, iss, `${origin}/back`, scope]);
      await page.waitForURL(/\/apps\/consent/);
      assert.match(await text(page), /「血糖手帳」が、あなたの記録を読みたいと言っています/);
      await everywhere(page, "221-consent");
      await page.getByLabel("病名").uncheck();
      await page.getByRole("button", { name: "見せる" }).click();
      await page.waitForURL((url) => url.origin === origin && url.pathname === "/back");
      const read = await page.evaluate(async () => {
        const client = await globalThis.FHIR.oauth2.ready();
        const patient = await client.patient.read();
        const values = await client.request(`Observation?patient=${client.patient.id}`);
        const refused = await client.request("Condition").then(() => 200, (error) => error.status ?? error.statusCode);
        return { patient: patient.resourceType, scope: client.state.tokenResponse.scope, values: values.entry.length, refused };
      });
      assert.equal(read.patient, "Patient");
      assert.ok(read.values > 3, `${read.values} values`);
      assert.equal(read.refused, 403);
      assert.ok(!read.scope.includes("Condition"), read.scope);
      await page.goto(at("/apps"));
      await everywhere(page, "222-apps");
      await page.getByRole("button", { name: "いますぐやめる" }).first().click();
      assert.match(await text(page), /記録を見せているアプリはありません/);
      await page.goto(at("/"));
      assert.match(await page.locator("main").textContent(), /アプリ「血糖手帳」/);
    }));
});
