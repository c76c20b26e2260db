// The page on the cluster of the server that it came from.

import assert from "node:assert/strict";
import { NGINX, allPods, apply, enter, kubectl, link, picture, pods, printed, ready, start, write } from "../steps.mjs";

const tests = {};
export { tests };

/** Waits until `count` Pods are Running on the map. */
async function running(page, count) {
  await page.waitForFunction((count) => {
    const tiles = [...document.querySelectorAll("[data-testid=pod-tile]")];
    return tiles.filter((it) => it.dataset.phase === "Running").length === count;
  }, count);
}

/** Waits until the page shows the server's cluster. */
async function arrived(page) {
  await ready(page);
  await page.waitForFunction(() => document.querySelector("[data-testid=place-server]")?.ariaChecked === "true");
  await page.waitForFunction(() => Number(document.querySelector("[data-testid=clock]")?.dataset.revision) > 0);
}

tests["an apply reaches the server, and every page sees it live"] = async ({ context, page, pilothouse }) => {
  const { live } = await pilothouse();
  await page.goto(live);
  await arrived(page);
  assert.ok(!page.url().includes("#server"), "the key does not stay in the address");
  await write(page, NGINX);
  assert.ok((await apply(page)).ok);
  await running(page, 3);
  assert.match(await kubectl(page, "kubectl get nodes"), /node-1\s+Ready/);
  await picture(page, "server");
  const other = await context.newPage();
  await other.goto(live);
  await arrived(other);
  await running(other, 3);
  await kubectl(other, "kubectl scale deployment nginx-deployment --replicas=1");
  await running(page, 1);
  await other.close();
};

tests["why ends at the line of the file, and the past can be seen"] = async ({ page, pilothouse }) => {
  const { live } = await pilothouse();
  await page.goto(live);
  await arrived(page);
  await write(page, NGINX);
  assert.ok((await apply(page)).ok);
  await running(page, 3);
  await page.getByTestId("pod-tile").first().click();
  await page.keyboard.press("w");
  await page.waitForFunction(() => /replicas: 3/.test(document.body.innerText));
  await picture(page, "server-why");
  await page.keyboard.press("Escape");
  await page.getByTestId("scrubber").focus();
  await page.keyboard.press("Home");
  await page.waitForFunction(() => document.querySelector("[data-testid=clock]").dataset.live === "false");
  assert.equal((await pods(page)).length, 0);
  await page.getByTestId("live").click();
  await running(page, 3);
};

tests["what a server cannot do is disabled, with the reason"] = async ({ page, pilothouse }) => {
  const { live } = await pilothouse();
  await page.goto(live);
  await arrived(page);
  for (const id of ["play", "step-event", "step-reconcile", "branch"]) {
    const button = page.getByTestId(id);
    assert.equal(await button.getAttribute("aria-disabled"), "true", id);
    assert.match(await button.getAttribute("title"), /real time/, id);
  }
  await page.getByTestId("share").click();
  await page.getByTestId("no-link").waitFor();
};

tests["a wrong key is refused, and the run in the tab goes on"] = async ({ page, pilothouse }) => {
  await start(page, pilothouse);
  await page.getByTestId("place-server").click();
  await page.getByTestId("server-key").fill("guess");
  await page.getByTestId("server-connect").click();
  await page.getByTestId("server-leave").waitFor();
  assert.match(await page.getByTestId("engine-lost").innerText(), /not known to this server/);
  await page.getByTestId("server-leave").click();
  await ready(page);
  assert.match(await kubectl(page, "kubectl get deployments"), /nginx-deployment/);
};

tests["a link opens its run in the tab, though a server is shown"] = async ({ page, pilothouse }) => {
  const { live } = await start(page, pilothouse);
  const address = await link(page);
  await page.goto("about:blank");
  await page.goto(live);
  await arrived(page);
  await page.goto("about:blank");
  await page.goto(address);
  await ready(page);
  await allPods(page, 3);
  assert.equal(await page.getByTestId("place-server").getAttribute("aria-checked"), "false");
};

tests["a server that ends is missed, and its page comes back with it"] = async ({ page, pilothouse }) => {
  const { live, stop } = await pilothouse();
  await page.goto(live);
  await arrived(page);
  await enter(page, "kubectl get pods -A --watch");
  await stop();
  await page.getByTestId("server-again").waitFor();
  await page.getByTestId("server-leave").click();
  await ready(page);
  await printed(page);
};
