// The engine in its worker: when it dies, the page says so and can start another.

/** Serves `script` in place of worker.js. */
async function replaceWorker(context, script) {
  await context.route("**/worker.js", (route) => route.fulfill({ contentType: "text/javascript", body: script }));
}

export const tests = {
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
