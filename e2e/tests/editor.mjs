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
