// The page starts: from the binary, from a plain folder, and without any server.

import assert from "node:assert/strict";
import { kept, ready } from "../steps.mjs";

/** Opens the page and waits until editor and engine are there. */
async function open(page, url) {
  await page.goto(url);
  await ready(page);
}

export const tests = {
  "the page loads and its engine is ready": async ({ page, pilothouse }) => {
    const { url } = await pilothouse();
    await open(page, url);
    assert.match(await page.title(), /Pilothouse$/);
    assert.ok(await page.locator("#ph-fatal").isHidden());
  },

  "the page works without its server after the first visit": async ({ page, pilothouse }) => {
    const server = await pilothouse();
    await open(page, server.url);
    await kept(page);
    await server.stop();
    await page.reload();
    await ready(page);
  },

  "the page works as a plain folder under a path": async ({ page, folder }) => {
    const server = await folder("/articles/rollout/");
    await open(page, server.url);
    await kept(page);
    await server.stop();
    await page.reload();
    await ready(page);
  },

  "no file of the first visit comes from elsewhere, and all of them exist": async ({ page, folder }) => {
    const missing = [];
    page.on("response", (response) => {
      if (!response.ok()) missing.push(`${response.status()} ${response.url()}`);
    });
    const server = await folder("/");
    await open(page, server.url);
    await page.evaluate(() => document.fonts.ready);
    assert.deepEqual(missing, []);
  },
};
