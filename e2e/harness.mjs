// One test: a browser with a fresh profile, servers that end with the test, and a watch over what must not happen.

import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";
import { serveFolder } from "./folder.mjs";

/** How long a test may take, and how long it waits for one thing, in milliseconds. */
const TEST_MS_MAX = 120_000;
const WAIT_MS_MAX = 20_000;

/** Nothing but this machine can be reached; nothing of the browser's own runs beside the page. */
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
  "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
];

/** Runs one test; returns the error it ended with, or undefined. */
export async function runTest(name, run) {
  const profile = await mkdtemp(join(tmpdir(), "pilothouse-e2e-"));
  const ends = [() => rm(profile, { recursive: true, force: true, maxRetries: 3 })];
  let page;
  try {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      headless: true,
      args: FLAGS,
      viewport: { width: 1440, height: 900 },
      reducedMotion: "reduce",
    });
    ends.push(() => context.close());
    context.setDefaultTimeout(WAIT_MS_MAX);
    page = context.pages()[0];
    const wrong = watch(context, page);
    await within(TEST_MS_MAX, run({ context, page, wrong, pilothouse: () => pilothouse(ends), folder: (at, root = process.env.PAGE) => folder(at, root, ends) }));
    if (wrong.length > 0) throw new Error(`the page complained:\n${wrong.join("\n")}`);
  } catch (error) {
    await picture(page, name);
    return error;
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

/** Collects what no page of ours may do: throw, log an error, ask another host. A test may empty the list. */
function watch(context, page) {
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(`thrown: ${error.stack ?? error}`));
  page.on("console", (message) => {
    if (message.type() === "error") wrong.push(`console: ${message.text()} (${message.location().url})`);
  });
  context.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol.startsWith("http") && hostname !== "127.0.0.1") wrong.push(`asked another host: ${request.url()}`);
  });
  return wrong;
}

/** Starts the binary on a free port; resolves to {url, live, stop}: the page, and the page on the server's own cluster. */
async function pilothouse(ends) {
  const child = spawn(process.env.PILOTHOUSE, ["serve", "--listen", "127.0.0.1:0", "--secure-listen", "127.0.0.1:0", "--ephemeral"], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  ends.push(stop);
  const lines = [];
  const whole = new Promise((resolve) => createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    if (line.includes("#server=")) resolve();
  }));
  await within(WAIT_MS_MAX, Promise.race([whole, ended.then((code) => lines.push(`it ended with ${code}`))]));
  const [url, live] = [...lines.join("\n").matchAll(/http:\S+/g)].map(([address]) => address);
  if (!live) throw new Error(`pilothouse did not start: ${lines.join("\n")}`);
  return { url, live, stop };
}

/** Serves a page's folder as a plain static host would, under the path `at`. */
async function folder(at, root, ends) {
  const server = await serveFolder(root, at);
  ends.push(server.stop);
  return server;
}

/** Fails unless `promise` settles in time. */
async function within(ms, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Leaves a picture of the page of a failed test. */
async function picture(page, name) {
  const out = process.env.SCREENSHOTS;
  if (!out || !page) return;
  await mkdir(out, { recursive: true });
  const path = join(out, `${name.replace(/[^a-z0-9]+/gi, "-")}.png`);
  await page.screenshot({ path }).then(() => console.log(`  picture: ${path}`), () => {});
}
