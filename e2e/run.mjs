// Runs the tests of `tests/*.mjs`, each in a browser with a fresh profile, one after the other.
//
//   node run.mjs [WORD]          only the tests whose name has WORD in it
//
// Needs (cargo xtask test sets them): PILOTHOUSE, the binary with the page inside; PAGE, the page's folder;
// CHROMIUM, the browser; XTASK, the program of cargo xtask; SCREENSHOTS, where tests leave pictures.

import { readdir } from "node:fs/promises";
import { runTest } from "./harness.mjs";

const wanted = process.argv[2] ?? "";

/** Every test of every file: {name, run}, with the file's name in front. */
async function collect() {
  const files = (await readdir(new URL("./tests/", import.meta.url))).filter((it) => it.endsWith(".mjs")).sort();
  const found = [];
  for (const file of files) {
    const { tests } = await import(`./tests/${file}`);
    for (const [title, run] of Object.entries(tests)) found.push({ name: `${file.replace(".mjs", "")}: ${title}`, run });
  }
  return found.filter(({ name }) => name.includes(wanted));
}

/** Runs one test and says how it ended. */
async function report({ name, run }) {
  const start = performance.now();
  const error = await runTest(name, run);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`  ${error ? "FAILED" : "passed"}  ${seconds} s  ${name}${error ? `\n${error.stack ?? error}` : ""}`);
  return !error;
}

const tests = await collect();
let failed = 0;
for (const test of tests) failed += (await report(test)) ? 0 : 1;
console.log(`  in the browser: ${tests.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 && tests.length > 0 ? 0 : 1);
