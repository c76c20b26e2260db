// What breaks, breaks as in a real cluster, and heals.

import assert from "node:assert/strict";
import { allPods, fault, kubectl, picture, playUntil, pods, settle, start } from "../steps.mjs";

/** The running Pods of all nodes but the first. */
const elsewhere = (page) => page.locator("[data-testid=node]:not([data-name=node-1]) [data-testid=pod-tile][data-phase=Running]");

export const tests = {
  "a crash loop backs off, and ends": async ({ page, pilothouse }) => {
    await start(page, pilothouse);
    await page.getByTestId("pod-tile").first().click();
    await fault(page, "crash-loop");
    await playUntil(page, "[data-testid=pod-tile][data-reason=CrashLoopBackOff]");
    await page.getByTestId("inspector").getByText("CrashLoopBackOff").first().waitFor();
    await picture(page, "crash-loop");
    await page.getByTestId("tab-events").click();
    await page.locator("[data-testid=own-event][data-reason=BackOff]").first().waitFor();
    await fault(page, "end-crash-loop");
    for (let times = 0; (await pods(page)).some((it) => it.phase !== "Running"); times += 1) {
      assert.ok(times < 20, "the Pods do not come back");
      await playUntil(page, "[data-testid=pod-tile][data-phase=Running]");
    }
    await allPods(page, 3);
  },

  "a killed container is started again": async ({ page, pilothouse }) => {
    await start(page, pilothouse);
    const first = page.getByTestId("pod-tile").first();
    const name = await first.getAttribute("data-name");
    await first.click();
    await fault(page, "kill-container");
    await playUntil(page, `[data-testid=pod-tile][data-name=${name}][data-phase=Running] .restarted`);
    assert.match(await kubectl(page, `kubectl get pod ${name}`), /1\/1 +Running +1 /);
  },

  "a lost node loses its Pods to the others, and comes back": async ({ page, pilothouse }) => {
    await start(page, pilothouse);
    await fault(page, "node-down");
    await playUntil(page, "[data-testid=node][data-name=node-1][data-health=lost]");
    await picture(page, "node-lost");
    assert.match(await kubectl(page, "kubectl get nodes"), /^node-1 +NotReady /m);
    assert.equal(await elsewhere(page).count(), 2);
    for (let sprints = 0; (await elsewhere(page).count()) < 3; sprints += 1) {
      assert.ok(sprints < 3, "the Pods of the lost node are not replaced");
      await playUntil(page, "[data-testid=node][data-name=node-1][data-health=lost]");
    }
    assert.match(await kubectl(page, "kubectl get pods"), /Terminating/);
    await picture(page, "node-evicted");
    await fault(page, "node-up");
    await playUntil(page, "[data-testid=node][data-name=node-1][data-health=ready]");
    await allPods(page, 3);
  },
};
