// From YAML to running Pods, from one image to the next, into a broken one and back.

import assert from "node:assert/strict";
import { NGINX, allPods, apply, clock, kubectl, open, picture, settle, start, write } from "../steps.mjs";

/** The Deployment with another image. */
const withImage = (image) => NGINX.replace("nginx:1.14.2", image);

export const tests = {
  "a pasted Deployment becomes three running Pods": async ({ page, pilothouse }) => {
    await open(page, pilothouse);
    assert.equal(await page.locator("[data-testid=node][data-health=ready]").count(), 3);
    await page.getByTestId("speed-max").click();
    await write(page, NGINX);
    const applied = await apply(page);
    assert.ok(applied.ok, applied.text);
    assert.match(applied.text, /deployment.apps\/nginx-deployment created/);
    await allPods(page, 3);
    await settle(page);
    await picture(page, "running");
    assert.match(await kubectl(page, "kubectl get deployments"), /^nginx-deployment +3\/3 +3 +3 /m);
  },

  "another image rolls out, and the rollout shows both revisions": async ({ page, pilothouse }) => {
    await start(page, pilothouse);
    await write(page, withImage("nginx:1.16.1"));
    assert.match((await apply(page)).text, /configured/);
    await settle(page);
    await allPods(page, 3);
    await page.getByTestId("rollout").click();
    await page.getByTestId("rollout-screen").waitFor();
    const screen = await page.getByTestId("rollout-screen").innerText();
    assert.match(screen, /rev 2[\s\S]*nginx:1\.16\.1/);
    assert.match(screen, /rev 1[\s\S]*nginx:1\.14\.2/);
    assert.match(await page.getByTestId("rollout-line").innerText(), /3 (of|\/) 3/);
    assert.match(await page.getByTestId("rollout-step").first().innerText(), /New 0 → 1/);
    await page.locator("[data-field=maxSurge] button").last().click();
    await page.locator("[data-field=maxSurge]", { hasText: "at most 4 Pods" }).waitFor();
    await picture(page, "rollout");
  },

  "another value can be tried with the same seed": async ({ page, pilothouse }) => {
    await start(page, pilothouse);
    await page.getByTestId("pod-tile").last().click();
    await page.getByTestId("full-chain").click();
    const tries = page.getByTestId("what-if");
    await tries.filter({ hasText: "replicas: 2" }).filter({ hasText: /created|later|earlier/ }).waitFor();
    await picture(page, "what-if");
    await tries.filter({ hasText: "replicas: 2" }).getByTestId("what-if-run").click();
    await allPods(page, 2);
    assert.equal((await clock(page)).branch, "1");
  },

  "a broken image stalls, says why, and is undone": async ({ page, pilothouse }) => {
    await start(page, pilothouse);
    await write(page, withImage("nginx:does-not-exist"));
    await apply(page);
    await settle(page);
    const broken = page.locator("[data-testid=pod-tile][data-phase=Failed], [data-testid=pod-tile][data-reason^=ErrImage], [data-testid=pod-tile][data-reason^=ImagePull]").first();
    await broken.click();
    await page.getByTestId("inspector").getByText(/ImagePullBackOff|ErrImagePull/).first().waitFor();
    await picture(page, "broken-image");
    await page.getByTestId("tab-events").click();
    await page.locator("[data-testid=own-event][data-reason=Failed]").first().waitFor();
    assert.match(await kubectl(page, "kubectl rollout undo deployment/nginx-deployment"), /rolled back/);
    await settle(page);
    await allPods(page, 3);
    assert.match(await kubectl(page, "kubectl rollout status deployment/nginx-deployment"), /successfully rolled out/);
  },
};
