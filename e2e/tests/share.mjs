// A link carries a run; whatever else stands behind the `#` does no harm.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { allPods, clock, kubectl, link, open, picture, ready, saved, start } from "../steps.mjs";

/** Does `act` with a page of another browser that has never been here. */
async function elsewhere(act) {
  const profile = await mkdtemp(join(tmpdir(), "pilothouse-e2e-"));
  const options = { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] };
  const context = await chromium.launchPersistentContext(profile, options);
  try {
    await act(context.pages()[0]);
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** A page with `fragment` behind its address: what it says, once it can be used. */
async function refused(page, url, fragment) {
  await page.goto("about:blank");
  await page.goto(`${url}#${fragment}`);
  await ready(page);
  const toast = page.locator("[data-testid=toast][data-ok=false]");
  await toast.waitFor();
  return toast.innerText();
}

export const tests = {
  "a link opens the same run elsewhere": async ({ page, pilothouse }) => {
    await start(page, pilothouse);
    await kubectl(page, "kubectl scale deployment/nginx-deployment --replicas=4");
    await page.getByTestId("play").click();
    await allPods(page, 4);
    await page.waitForSelector("[data-testid=play][aria-pressed=false]");
    const { hash, now } = await clock(page);
    const address = await link(page);
    await elsewhere(async (other) => {
      await other.goto(address);
      await ready(other);
      await allPods(other, 4);
      const there = await clock(other);
      assert.deepEqual([there.hash, there.now], [hash, now]);
      assert.match(await other.locator(".cm-content").innerText(), /nginx-deployment/);
    });
  },

  "a cut link is refused with a clear message": async ({ page, pilothouse }) => {
    const { url } = await start(page, pilothouse);
    const fragment = (await link(page)).split("#")[1];
    await saved(page);
    const said = await refused(page, url, fragment.slice(0, -20));
    assert.match(said, /damaged/);
    await picture(page, "cut-link");
    await page.getByTestId("pod-tile").first().waitFor();
  },

  "a hostile link runs nothing": async ({ page, pilothouse }) => {
    const { url } = await open(page, pilothouse);
    const hostile = ["v1.<img src=x onerror=globalThis.hacked=1>", "v1.%3Cscript%3EglobalThis.hacked=1%3C/script%3E", `v1.${"A".repeat(100_000)}`, "v9.AAAA"];
    for (const fragment of hostile) {
      assert.match(await refused(page, url, fragment), /link/i);
      assert.equal(await page.evaluate(() => globalThis.hacked), undefined);
    }
    assert.equal(await page.locator("[data-testid=toast] img, [data-testid=toast] script").count(), 0);
  },
};
