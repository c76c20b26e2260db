// Runs real clients against `pilothouse serve`, each scenario against a server of its own, one after the other.
//
//   node run.mjs [WORD]          only the scenarios whose name has WORD in it
//
// Needs (cargo xtask test sets them): PILOTHOUSE, the binary; KUBE_CONTROLLER, the program of rust/; KUBECTL_OLD, a folder
// with Debian's kubectl, and PYTHON, an interpreter with the packages of python/requirements.txt, if they are there. The
// kubectl of the PATH is used too, if it is newer. UPDATE_EXPECT=1 rewrites what scenarios expect.

import { kubectl } from "./kubectl.mjs";
import { programs } from "./programs.mjs";
import { startServer } from "./server.mjs";

const wanted = process.argv[2] ?? "";

/** Runs one test against a fresh server and says how it ended. */
async function report({ name, run }) {
  const start = performance.now();
  let wrong;
  try {
    const server = await startServer();
    wrong = await run(server).finally(server.stop);
  } catch (error) {
    wrong = [String(error.stack ?? error)];
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`  ${wrong.length > 0 ? "FAILED" : "passed"}  ${seconds} s  ${name}`);
  for (const what of wrong) console.log(`    ${what}`);
  return wrong.length === 0;
}

const tests = [...(await kubectl()), ...programs()].filter(({ name }) => name.includes(wanted));
let failed = 0;
for (const test of tests) failed += (await report(test)) ? 0 : 1;
console.log(`  clients: ${tests.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 && tests.length > 0 ? 0 : 1);
