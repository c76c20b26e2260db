// What was done is there again: after a reload, and without a server.

import assert from "node:assert/strict";
import { allPods, clock, kept, ready, saved, start } from "../steps.mjs";

export const tests = {
  "a reload loses neither files nor the run": async ({ page, pilothouse }) => {
    await start(page, pilothouse);
    await page.getByTestId("title").fill("My run");
    await saved(page);
    const before = await clock(page);
    await page.reload();
    await ready(page);
    await allPods(page, 3);
    const after = await clock(page);
    assert.deepEqual([after.hash, after.now, after.end], [before.hash, before.now, before.end]);
    assert.match(await page.locator(".cm-content").innerText(), /name: nginx-deployment/);
    assert.equal(await page.getByTestId("title").inputValue(), "My run");
  },

  "after the first visit everything works without the server": async ({ page, pilothouse }) => {
    const server = await start(page, pilothouse);
    await kept(page);
    await saved(page);
    await server.stop();
    await page.reload();
    await ready(page);
    await allPods(page, 3);
    await page.getByTestId("example").nth(2).click();
    await page.getByTestId("open-example").click();
    await page.getByTestId("apply").click();
    await page.locator("[data-testid=pod-tile][data-name=api]").waitFor();
  },
};
