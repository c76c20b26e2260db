// The editor: what is typed is kept, and the keyboard can go in and out.

import assert from "node:assert/strict";

export const tests = {
  "what is typed is there after a reload": async ({ page, pilothouse }) => {
    const { url } = await pilothouse();
    await page.goto(url);
    const editor = page.getByRole("textbox", { name: "YAML editor" });
    await editor.click();
    await page.keyboard.press("Control+A");
    await page.keyboard.type("kind: Service");
    await page.reload();
    await editor.getByText("kind: Service").waitFor();
    assert.equal(await editor.innerText(), "kind: Service");
  },

  "what is typed before the engine is there is kept": async ({ page, pilothouse }) => {
    const { url } = await pilothouse();
    await page.addInitScript(() => {
      const post = Worker.prototype.postMessage;
      const held = [];
      Worker.prototype.postMessage = function (...all) { held.push(() => post.apply(this, all)); };
      window.letGo = () => {
        Worker.prototype.postMessage = post;
        held.forEach((send) => send());
      };
    });
    await page.goto(url);
    const editor = page.getByRole("textbox", { name: "YAML editor" });
    await editor.getByText("kind: Deployment").waitFor();
    await page.waitForSelector("[data-engine=starting]", { state: "attached" });
    await editor.click();
    await page.keyboard.press("Control+A");
    await page.keyboard.type("kind: Service");
    await page.evaluate(() => window.letGo());
    await page.waitForSelector("[data-engine=ready]", { state: "attached" });
    assert.equal(await editor.innerText(), "kind: Service");
  },

  "Tab indents, and after Escape it leaves": async ({ page, pilothouse }) => {
    const { url } = await pilothouse();
    await page.goto(url);
    const editor = page.getByRole("textbox", { name: "YAML editor" });
    await editor.click();
    await page.keyboard.press("Control+A");
    await page.keyboard.type("a");
    await page.keyboard.press("Tab");
    assert.equal(await editor.innerText(), "  a");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Tab");
    assert.equal(await editor.evaluate((it) => it.contains(document.activeElement)), false);
  },
};
