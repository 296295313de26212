// The town that the tests walk through: a running one (MUSUBI_PORT), or one that is started here (MUSUBI_BIN).
import { spawn } from "node:child_process";
import { mkdtemp, mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import readline from "node:readline";
import { chromium } from "playwright-core";

const TARGET = process.env.CARGO_TARGET_DIR ?? path.join(import.meta.dirname, "../../target");
const BIN = process.env.MUSUBI_BIN ?? path.join(TARGET, "debug/musubi");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
/** Where the screenshots go; nowhere without it. */
const PICTURES = process.env.MUSUBI_SCREENSHOTS;

/** Starts the town, or finds the running one. */
export async function openTown() {
  if (process.env.MUSUBI_PORT) return { port: Number(process.env.MUSUBI_PORT), close: async () => {} };
  const home = await mkdtemp(path.join(tmpdir(), "musubi-browser-"));
  const args = ["up", "--people", "300", "--port", "0", "--dir", path.join(home, "town")];
  const town = spawn(BIN, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => town.once("close", resolve));
  const port = await Promise.race([readyPort(town), ended.then((code) => Promise.reject(new Error(`ended: ${code}`)))]);
  const close = async () => {
    town.kill("SIGTERM");
    await ended;
    await rm(home, { recursive: true, force: true });
  };
  return { port, close };
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

/** A picture of the whole page, when pictures are wanted. */
export async function picture(page, name) {
  if (!PICTURES) return;
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: path.join(PICTURES, `${name}.png`), fullPage: true });
}
