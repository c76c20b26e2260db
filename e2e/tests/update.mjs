// A new version of the page: fetched beside the old one, in charge only when it is told to be or no old page is open.

import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ready, kept } from "../steps.mjs";

/** Replaces text in a file of a page. */
async function edit(root, name, from, to) {
  const path = join(root, name);
  const text = await readFile(path, "utf8");
  assert.ok(text.includes(from), `${name} has no ${from}`);
  await writeFile(path, text.replaceAll(from, to));
}

/** Turns the page in `root` into another version: another mark on the root element, another name of the cache. */
async function publish(root) {
  await edit(root, "index.html", "<html lang=\"en\">", "<html lang=\"en\" data-edition=\"2\">");
  await edit(root, "sw.js", "const VERSION = \"", "const VERSION = \"2-");
}

export const tests = {
  "a new version waits until it is wanted, and leaves nothing of the old one": async ({ page, folder }) => {
    const root = await mkdtemp(join(tmpdir(), "pilothouse-page-"));
    try {
      await cp(process.env.PAGE, root, { recursive: true });
      const { url } = await folder("/app/", root);
      await page.goto(url);
      await ready(page);
      await kept(page);
      await publish(root);

      const told = page.evaluate(() => new Promise((resolve) => addEventListener("pilothouse-update", () => resolve(true), { once: true })));
      await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
      assert.ok(await told);
      assert.equal(await page.locator("html").getAttribute("data-edition"), null);

      await page.evaluate(() => globalThis.pilothouse.activateUpdate());
      await page.waitForFunction(() => document.documentElement.dataset.edition === "2");
      await ready(page);
      assert.equal((await page.evaluate(() => caches.keys())).length, 1);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  },
};
