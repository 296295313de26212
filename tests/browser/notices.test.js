// Word that something is in the inbox: by e-mail through a real mail server, by push through the browser's own service worker.
// Neither says what it is about.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once, EventEmitter } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import PostalMime from "postal-mime";
import { SMTPServer } from "smtp-server";
import { inWindow, openBrowser, openTown, picture } from "./town.js";

let town;
let browser;
let server;

before(async () => {
  server = await openMailServer();
  [town, browser] = await Promise.all([openTown({ settle: letters, env: { SSL_CERT_FILE: server.certificate } }), openBrowser()]);
});

after(async () => {
  await browser?.close();
  await town?.close();
  await server?.close();
});

/** The portal of a settled town sends its letters through the server. */
async function letters(dir) {
  const file = path.join(dir, "portal", "role.toml");
  const settings = await readFile(file, "utf8");
  const smtp = `\n[notices.smtp]\nhost = "localhost"\nport = ${server.port}\n`;
  assert.match(settings, /^outbox = .*$/m);
  await writeFile(file, settings.replace(/^outbox = .*\n/m, "") + smtp);
}

/** A mail server by others: TLS is required, and what it takes lies in `taken`. */
async function openMailServer() {
  const home = await mkdtemp(path.join(tmpdir(), "musubi-mail-"));
  const [key, certificate] = [path.join(home, "key.pem"), path.join(home, "certificate.pem")];
  const of = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", certificate, ...of], { stdio: "ignore" });
  const [taken, arrivals, refuse] = [[], new EventEmitter(), { next: 0 }];
  const smtp = new SMTPServer({
    key: await readFile(key),
    cert: await readFile(certificate),
    authOptional: true,
    disabledCommands: ["AUTH"],
    onMailFrom(_, session, done) {
      if (!session.secure) return done(new Error("TLS first"));
      done();
    },
    onData(stream, session, done) {
      const chunks = [];
      stream.on("data", (chunk) => chunks.push(chunk));
      stream.on("end", () => {
        if (refuse.next-- > 0) return done(Object.assign(new Error("later"), { responseCode: 451 }));
        const { mailFrom, rcptTo } = session.envelope;
        taken.push({ raw: Buffer.concat(chunks), secure: session.secure, from: mailFrom.address, to: rcptTo.map((to) => to.address) });
        arrivals.emit("letter");
        done();
      });
    },
  });
  const errors = [];
  smtp.on("error", (error) => errors.push(error.message));
  const listening = smtp.listen(0, "127.0.0.1");
  await once(listening, "listening");
  const letter = async (place) => {
    while (taken.length <= place) await once(arrivals, "letter", { signal: AbortSignal.timeout(60_000) });
    return { ...taken[place], read: await PostalMime.parse(taken[place].raw) };
  };
  const close = async () => {
    await new Promise((resolve) => smtp.close(resolve));
    await rm(home, { recursive: true, force: true });
  };
  return { port: listening.address().port, certificate, taken, letter, refuse, close };
}

const at = (path = "/") => `http://portal.localhost:${town.port}${path}`;
const text = (page) => page.locator("main").innerText();

/** Comes in with a card of the tray. */
async function enter(page, card) {
  await page.goto(at(`/login?pick=${card}`));
  await page.getByLabel(/暗証番号/).fill("1234");
  await page.getByRole("button", { name: "入る" }).click();
  await page.waitForURL(at("/"));
}

/** A proxy takes up an invitation and acts: the person is told. */
async function actAsProxy(words) {
  const context = await browser.newContext({ locale: "ja-JP" });
  try {
    const page = await context.newPage();
    await enter(page, "opted-in");
    await page.goto(at("/people"));
    await page.getByLabel(/招待の文字/).fill(words);
    await page.getByRole("button", { name: "代理になる" }).click();
    await page.getByRole("button", { name: "この人のために使う" }).click();
    await page.waitForURL(at("/"));
  } finally {
    await context.close();
  }
}

/** Appoints a proxy; the words of the invitation. */
async function invite(page) {
  await page.goto(at("/choices/proxy"));
  await page.getByLabel(/代理人の名前/).fill("長女 花子");
  await page.getByLabel("いまから").check();
  await page.getByLabel(/^見られる/).check();
  await page.getByRole("button", { name: "内容を確かめる" }).click();
  await page.getByRole("button", { name: "このとおり決める" }).click();
  await page.waitForURL(/done=true/);
  await page.getByRole("button", { name: "招待を出す" }).last().click();
  return (await page.locator(".document").innerText()).trim();
}

/** What no word of a notice says: who it is about, who did something, what, where; nor a link. */
const TELLING = /藤田|林|花子|代理|救急|病院|記録|診|薬|検査|保険|proxy|hospital|record|https?:|localhost:/i;

describe("by e-mail", () => {
  test("the code and the word arrive over TLS, read as Japanese, and tell nothing", () =>
    inWindow(browser, {}, async (page) => {
      await enter(page, "limit-holder");
      await page.goto(at("/notices/settings"));
      await page.getByLabel("メールアドレス").fill("fujita@example.jp");
      await page.getByRole("button", { name: "このアドレスに知らせる" }).click();
      const first = await server.letter(0);
      assert.deepEqual([first.secure, first.from, first.to], [true, "portal@portal.localhost", ["fujita@example.jp"]]);
      assert.equal(first.read.subject, "確認番号 / Your code");
      const code = /確認番号: (\d{6})/.exec(first.read.text)[1];
      await page.getByLabel(/メールの確認番号/).fill(code);
      await page.getByRole("button", { name: "確かめる" }).click();
      await page.waitForURL(/done=mail/);

      const words = await invite(page);
      await actAsProxy(words);
      const second = await server.letter(1);
      assert.deepEqual([second.secure, second.to], [true, ["fujita@example.jp"]]);
      assert.equal(second.read.subject, "お知らせがあります / You have a notice");
      assert.match(second.read.text, /^マイ・ポータルに、あなたへのお知らせが届いています。/);
      assert.match(second.read.text, /There is a notice for you in your portal\./);
      assert.equal(second.read.html, undefined, "plain text: nothing to load, nothing to click");
      for (const letter of [first, second]) {
        assert.ok(letter.raw.every((byte) => byte < 128), "any server on the way can carry it");
        assert.ok(!TELLING.test(`${letter.read.subject}\n${letter.read.text.replaceAll("暗証番号", "")}`), letter.read.text);
        assert.equal(letter.read.attachments.length, 0);
      }
      await page.goto(at("/notices"));
      assert.match(await text(page), /代理人の利用[\s\S]*あなたの代理人が、あなたに代わってポータルを使いました/);
      await picture(page, "310-inbox");
    }));

  test("an address that the server refuses is said to be one that nothing reaches", () =>
    inWindow(browser, {}, async (page) => {
      server.refuse.next = 1;
      const before = server.taken.length;
      await enter(page, "opted-in");
      await page.goto(at("/notices/settings"));
      await page.getByLabel("メールアドレス").fill("nobody@example.jp");
      await page.getByRole("button", { name: "このアドレスに知らせる" }).click();
      assert.match(await text(page), /このアドレスには送れませんでした/);
      assert.equal(server.taken.length, before);
    }));
});

describe("by push", () => {
  test("the worker shows that there is a notice, in the language that its person chose, whatever a push says", () =>
    inWindow(browser, {}, async (page) => {
      await page.context().grantPermissions(["notifications"], { origin: new URL(at()).origin });
      await enter(page, "opted-in");
      await page.goto(at("/notices/settings"));
      const devices = await page.context().newCDPSession(page);
      const registered = new Promise((resolve) => {
        devices.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
          const ours = registrations.find((one) => one.scopeURL === at("/") && !one.isDeleted);
          if (ours) resolve(ours.registrationId);
        });
      });
      await devices.send("ServiceWorker.enable");
      const scope = await page.evaluate(async () => {
        await navigator.serviceWorker.register("/push-worker.js");
        return (await navigator.serviceWorker.ready).scope;
      });
      assert.equal(scope, at("/"));
      const registrationId = await registered;
      const secret = "藤田さんの検査の結果 HbA1c 9.8";
      const push = (data) => devices.send("ServiceWorker.deliverPushMessage", { origin: at().replace(/\/$/, ""), registrationId, data });
      const shown = () =>
        page.evaluate(async () => {
          const all = await (await navigator.serviceWorker.ready).getNotifications();
          return all.map(({ title, body, data, icon, image, tag }) => ({ title, body, data, icon, image, tag }));
        });
      const words = { ja: ["マイ・ポータル", "お知らせがあります。ポータルを開いてお読みください。"], en: ["My portal", "There is a notice for you. Open the portal to read it."] };
      // In the language that the person chose for the portal's pages in this browser. The worker asks nobody for it.
      for (const lang of ["en", "ja", "en"]) {
        await page.goto(at(`/notices/settings?lang=${lang}`));
        const asked = [];
        // The page's icon comes when the browser likes.
        const listen = (request) => request.url().endsWith(".svg") || asked.push(request.url());
        page.context().on("request", listen);
        await push(secret);
        await page.waitForFunction(async (title) => (await (await navigator.serviceWorker.ready).getNotifications()).some((one) => one.title === title), words[lang][0]);
        page.context().off("request", listen);
        const [only, ...others] = await shown();
        assert.deepEqual([[only.title, only.body], others, asked], [words[lang], [], []]);
        assert.ok(!JSON.stringify(only).includes("HbA1c") && !TELLING.test(only.title + only.body));
      }
      // A second push takes the first one's place: how many there were is nobody's business.
      await push("");
      assert.equal((await shown()).length, 1);
    }));
});
