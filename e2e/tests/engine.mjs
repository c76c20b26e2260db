// The engine in its worker: when it dies, the page says so and can start another. Which of its two builds runs.

import assert from "node:assert/strict";
import { allPods, clock, kept, ready, saved, start } from "../steps.mjs";

/** Serves `script` in place of worker.js. */
async function replaceWorker(context, script) {
  await context.route("**/worker.js", (route) => route.fulfill({ contentType: "text/javascript", body: script }));
}

/** The names of the WebAssembly and scripts that the engine's worker has fetched. */
async function fetchedByWorker(page) {
  const [worker] = page.workers();
  const names = await worker.evaluate(() => performance.getEntriesByType("resource").map((it) => it.name));
  return names.map((name) => name.split("/").at(-1));
}

export const tests = {
  "from the second visit on the engine built for speed runs, and goes on with the same run": async ({ page, pilothouse }) => {
    await start(page, pilothouse);
    assert.ok(!(await fetchedByWorker(page)).includes("engine.js"), "nothing is fetched for the first view but what it needs");
    await kept(page);
    await saved(page);
    const before = await clock(page);
    await page.reload();
    await ready(page);
    await allPods(page, 3);
    assert.ok((await fetchedByWorker(page)).includes("engine.js"));
    const after = await clock(page);
    assert.deepEqual([after.hash, after.now, after.end], [before.hash, before.now, before.end]);
  },

  "an engine that panics is reported and can be started again": async ({ context, page, pilothouse }) => {
    const { url } = await pilothouse();
    await replaceWorker(context, `self.onmessage = () => self.postMessage("panic: out of coal");`);
    await page.goto(url);
    await page.getByText("out of coal").waitFor();
    await context.unroute("**/worker.js");
    await page.getByTestId("start-over").click();
    await page.waitForSelector("[data-engine=ready]", { state: "attached" });
  },

  "an engine that throws is reported": async ({ context, page, pilothouse }) => {
    const { url } = await pilothouse();
    await replaceWorker(context, `self.onmessage = () => { throw new Error("hit a rock"); };`);
    await page.goto(url);
    await page.getByText("hit a rock").waitFor();
  },
};
