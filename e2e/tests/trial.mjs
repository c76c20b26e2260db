// The same seeds give the same runs in the browser as outside of it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { open } from "../steps.mjs";

/** How many seeds are compared. */
const SEEDS = 500;

/** How many of them share a line, and are run in the tab at one go. */
const STEP = 50;

/** What the native code prints: a line for each range of seeds. */
async function native() {
  const { stdout } = await promisify(execFile)(process.env.XTASK, ["trial", String(SEEDS)]);
  return stdout.trim().split("\n");
}

/** The same lines from the page's WebAssembly. */
async function inTheTab(page) {
  const lines = [];
  for (let first = 0; first < SEEDS; first += STEP) {
    lines.push(await page.evaluate(async ([first, end]) => {
      const { trial } = await import(document.querySelector("link[rel=modulepreload][href$='app.js']").href);
      return trial(first, end);
    }, [first, first + STEP]));
  }
  return lines;
}

export const tests = {
  "500 random clusters give the same hashes natively and in the tab": async ({ page, pilothouse }) => {
    await open(page, pilothouse);
    const [expected, found] = await Promise.all([native(), inTheTab(page)]);
    assert.deepEqual(found, expected);
    for (const line of found) assert.match(line, /^\d+\.\.\d+ [0-9a-f]{16}$/, "no trial has found a problem");
  },
};
