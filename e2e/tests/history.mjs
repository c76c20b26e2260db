// The way back: from a Pod to the line that asked for it, from now to any moment, and from there on another way.

import assert from "node:assert/strict";
import { NGINX, allPods, apply, clock, picture, pods, settle, start, write } from "../steps.mjs";

/** Waits until the clock's attribute `name` has `value`. */
const clockIs = (page, name, value) => page.waitForSelector(`[data-testid=clock][data-${name}="${value}"]`);

export const tests = {
  "a Pod is explained down to the line of the file": async ({ page, pilothouse }) => {
    await start(page, pilothouse);
    await page.getByTestId("pod-tile").first().click();
    await page.getByTestId("full-chain").click();
    await page.locator("[data-testid=why-chain] [data-testid=why-hop]").first().waitFor();
    const actors = await page.getByTestId("why-hop").evaluateAll((all) => all.map((it) => it.dataset.actor).join(" "));
    assert.match(actors, /replicaset-controller.*deployment-controller/);
    await picture(page, "why");
    const lines = await page.locator("[data-testid=why-source] .hl").evaluateAll((all) => all.map((it) => `${it.dataset.line}: ${it.textContent}`));
    assert.ok(lines.some((line) => /^8: .*replicas: 3/.test(line)), lines.join("\n"));
    assert.match(await page.getByTestId("why-screen").innerText(), /deployment\.yaml/);
    await page.getByTestId("back").click();
    await page.getByTestId("why-line").click();
    assert.match(await page.getByTestId("why-line").innerText(), /deployment\.yaml.* \d+/);
    await page.locator(".cm-editor.cm-focused").waitFor();
  },

  "the past is shown as it was, and the present is still there": async ({ page, pilothouse }) => {
    await start(page, pilothouse);
    const { end } = await clock(page);
    await page.getByTestId("scrubber").focus();
    await page.keyboard.press("Home");
    await clockIs(page, "live", "false");
    assert.deepEqual(await pods(page), []);
    assert.ok(Number((await clock(page)).revision) < Number(end));
    await page.keyboard.press("PageDown");
    for (let at = 0; (await pods(page)).length === 0; at += 1) {
      const { revision } = await clock(page);
      assert.ok(at < 20, "no Pod comes");
      await page.keyboard.press("PageUp");
      await page.waitForFunction((was) => document.querySelector("[data-testid=clock]").dataset.revision !== was, revision);
    }
    await picture(page, "past");
    await page.getByTestId("live").click();
    await clockIs(page, "live", "true");
    await allPods(page, 3);
    assert.equal((await clock(page)).end, end);
  },

  "another way is taken from the past, and both are kept": async ({ page, pilothouse }) => {
    await start(page, pilothouse);
    const { hash } = await clock(page);
    await page.getByTestId("scrubber").focus();
    await page.keyboard.press("Home");
    await clockIs(page, "live", "false");
    await page.getByTestId("branch-note").waitFor();
    await write(page, NGINX.replace("replicas: 3", "replicas: 5"));
    await apply(page);
    await clockIs(page, "branch", "1");
    await settle(page);
    await allPods(page, 5);
    await picture(page, "branch");
    await page.getByTestId("branches").selectOption("0");
    await clockIs(page, "branch", "0");
    await allPods(page, 3);
    assert.equal((await clock(page)).hash, hash);
    await page.getByTestId("branches").selectOption("1");
    await allPods(page, 5);
  },
};
