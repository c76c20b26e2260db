// Without a mouse, and on a phone.

import assert from "node:assert/strict";
import { NGINX, allPods, apply, clock, kubectl, open, picture, write } from "../steps.mjs";

/** Presses `key` and waits until the clock's attribute `name` has changed. */
async function moves(page, key, name) {
  const was = (await clock(page))[name];
  await page.keyboard.press(key);
  await page.waitForFunction(([name, was]) => document.querySelector("[data-testid=clock]").dataset[name] !== was, [name, was]);
}

/** Gives the keys to the page, as a click beside everything does. */
const outside = (page) => page.evaluate(() => document.activeElement.blur());

export const tests = {
  "the whole way by keyboard": async ({ page, pilothouse }) => {
    await open(page, pilothouse);
    await write(page, NGINX);
    assert.ok((await apply(page, () => page.keyboard.press("Control+Enter"))).ok);
    await page.waitForSelector("[data-testid=play][aria-pressed=true]");
    await page.keyboard.press("Escape");
    await outside(page);
    await page.keyboard.press("Space");
    await page.waitForSelector("[data-testid=play][aria-pressed=false]");
    await moves(page, "e", "steps");
    await moves(page, "r", "steps");
    await moves(page, "Shift+E", "revision");
    await moves(page, "l", "revision");
    await page.keyboard.press("3");
    await page.waitForSelector("[data-testid=speed-max][aria-checked=true]");
    await page.keyboard.press("Space");
    await allPods(page, 3);
    await page.keyboard.press("w");
    await page.getByTestId("why-screen").waitFor();
    await page.keyboard.press("Escape");
    await page.getByTestId("why-screen").waitFor({ state: "detached" });
    await page.keyboard.press("`");
    await page.waitForFunction(() => document.activeElement.id === "terminal-input");
    await page.keyboard.type("kubectl get po");
    await page.keyboard.press("Enter");
    await page.getByTestId("terminal-output").getByText("Running").first().waitFor();
  },

  "on a phone the same is done in three views": async ({ page, pilothouse }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await open(page, pilothouse);
    await page.getByTestId("speed-max").click();
    await page.getByTestId("phone-editor").click();
    await write(page, NGINX);
    await apply(page);
    await picture(page, "phone-editor");
    await page.getByTestId("phone-cluster").click();
    await allPods(page, 3);
    await picture(page, "phone-cluster");
    await page.getByTestId("pod-tile").first().click();
    await page.getByTestId("inspector-name").waitFor();
    await picture(page, "phone-inspector");
    await page.getByTestId("inspector").getByRole("button", { name: "Close" }).click();
    await page.getByTestId("phone-terminal").click();
    assert.match(await kubectl(page, "kubectl get pods"), /Running/);
    await picture(page, "phone-terminal");
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
  },
};
