// The town that the tests walk through: a running one (MUSUBI_PORT), or one that is started here (MUSUBI_BIN).
import { spawn } from "node:child_process";
import assert from "node:assert/strict";
import { mkdtemp, mkdir, readdir, rm, watch } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before } from "node:test";
import readline from "node:readline";
import { chromium } from "playwright-core";

const TARGET = process.env.CARGO_TARGET_DIR ?? path.join(import.meta.dirname, "../../target");
/** The command. */
export const BIN = process.env.MUSUBI_BIN ?? path.join(TARGET, "debug/musubi");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
/** Where the screenshots go; nowhere without it. */
const PICTURES = process.env.MUSUBI_SCREENSHOTS;

/**
 * Starts the town, or finds the running one. With `settle` it is its own: started, ended, given to `settle` by its directory to
 * change its settings, and started again, with `env` beside the environment.
 */
export async function openTown({ settle, env } = {}) {
  if (process.env.MUSUBI_PORT && !settle) {
    return { port: Number(process.env.MUSUBI_PORT), close: async () => {}, recordsIn: async () => {} };
  }
  const home = await mkdtemp(path.join(tmpdir(), "musubi-browser-"));
  const args = ["up", "--people", "300", "--port", "0", "--dir", path.join(home, "town")];
  const start = async () => {
    const town = spawn(BIN, args, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...env } });
    const ended = new Promise((resolve) => town.once("close", resolve));
    const port = await Promise.race([readyPort(town), ended.then((code) => Promise.reject(new Error(`ended: ${code}`)))]);
    const end = async () => {
      town.kill("SIGTERM");
      await ended;
    };
    return { port, end };
  };
  let running = await start();
  if (settle) {
    await running.end();
    await settle(path.join(home, "town"));
    running = await start();
  }
  const close = async () => {
    await running.end();
    await rm(home, { recursive: true, force: true });
  };
  return { port: running.port, close, recordsIn: () => recordsIn(path.join(home, "town")) };
}

/** Waits until every institution took in its clinical files, which it does behind the town's being ready. */
async function recordsIn(dir) {
  const wanted = (await readdir(path.join(dir, "files", "clinical"))).length;
  const changes = watch(dir, { signal: AbortSignal.timeout(300_000) });
  const done = async () => (await readdir(dir)).filter((name) => name.startsWith("clinical-complete-")).length >= wanted;
  // It watches from the first call on: what happens after it is not missed.
  let next = changes.next();
  while (!(await done())) {
    await next;
    next = changes.next();
  }
  next.catch(() => {});
  changes.return();
}

async function readyPort(town) {
  for await (const line of readline.createInterface({ input: town.stdout })) {
    const found = /http:\/\/localhost:(\d+)\//.exec(line);
    if (found) return Number(found[1]);
  }
  throw new Error("the town ended before it was ready");
}

/** A browser. */
export function openBrowser() {
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
}

/**
 * A town and a browser for the tests of a file, opened before them and closed after. With `records`, once every institution took
 * in its clinical files.
 */
export function inTown({ records = false } = {}) {
  const here = {
    at: (site, path = "/") => `http://${site}:${here.town.port}${path}`,
    window: (options, walk) => inWindow(here.browser, options, walk),
  };
  before(async () => {
    [here.town, here.browser] = await Promise.all([openTown(), openBrowser()]);
    if (records) await here.town.recordsIn();
  });
  after(async () => {
    await here.browser?.close();
    await here.town?.close();
  });
  return here;
}

/** A picture of the whole page, when pictures are wanted. */
export async function picture(page, name) {
  if (!PICTURES) return;
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: path.join(PICTURES, `${name}.png`), fullPage: true });
}

/** Every fault against WCAG 2.2 AA that a machine can find; needs a page whose policy is bypassed. */
export async function accessible(page, where) {
  await page.addScriptTag({ path: createRequire(import.meta.url).resolve("axe-core/axe.min.js") });
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"];
  const { violations } = await page.evaluate((tags) => axe.run(document, { runOnly: tags }), tags);
  const said = violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.target.join(" ")).join("; ")}`);
  assert.deepEqual(said, [], where);
}

/** Runs `walk` in a fresh window; a script error or a broken resource fails it. */
export async function inWindow(browser, options, walk) {
  const context = await browser.newContext({ locale: "ja-JP", viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
  // A refused form answers 422 on purpose; the browser notes that in the console.
  const meant = (message) => /status of 4\d\d/.test(message.text());
  page.on("console", (message) => message.type() === "error" && !meant(message) && faults.push(`console: ${message.text()}`));
  page.on("response", (answer) => answer.status() >= 500 && faults.push(`${answer.status()} ${answer.url()}`));
  try {
    await walk(page);
    assert.deepEqual(faults, []);
  } finally {
    await context.close();
  }
}
