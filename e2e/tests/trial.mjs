// The same seeds give the same runs in the browser as outside of it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { open } from "../steps.mjs";

/** How many seeds are compared, how many of them by one test, and how many share a line. */
const SEEDS = 500;
const PER_TEST = 100;
const PER_LINE = 50;

/** The lines that the native code prints, one for each range of seeds; run once, by the first test that asks. */
let printed;
function native() {
  printed ??= promisify(execFile)(process.env.XTASK, ["trial", String(SEEDS)]).then(({ stdout }) => stdout.trim().split("\n"));
  return printed;
}

/** The two builds of the WebAssembly, by the addresses of their scripts: for size, which the page has begun, and for speed. */
const SIZE = "./app.js";
const SPEED = "./later/engine.js";

/** The same lines from a build of the WebAssembly, for the seeds from `start` to before `stop`. */
async function inTheTab(page, build, start, stop) {
  const lines = [];
  for (let first = start; first < stop; first += PER_LINE) {
    lines.push(await page.evaluate(async ([build, first, end]) => {
      const app = document.querySelector("link[rel=modulepreload][href$='app.js']").href;
      const { default: init, trial } = await import(new URL(build, app));
      await init();
      return trial(first, end);
    }, [build, first, first + PER_LINE]));
  }
  return lines;
}

export const tests = {};

/** Compares the lines of the seeds from `start` on. */
const compare = (build, start) => async ({ page, pilothouse }) => {
  const stop = start + PER_TEST;
  await open(page, pilothouse);
  const [expected, found] = await Promise.all([native(), inTheTab(page, build, start, stop)]);
  assert.deepEqual(found, expected.slice(start / PER_LINE, stop / PER_LINE));
  for (const line of found) assert.match(line, /^\d+\.\.\d+ [0-9a-f]{16}$/, "no trial has found a problem");
};

for (let start = 0; start < SEEDS; start += PER_TEST) {
  tests[`seeds ${start} to ${start + PER_TEST - 1} give the same hashes natively and in the tab`] = compare(SIZE, start);
}
tests["the first seeds give the same hashes in the engine built for speed"] = compare(SPEED, 0);
