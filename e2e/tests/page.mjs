// The page's frame: language, theme, keyboard and narrow pages. Nothing here needs a cluster.

import assert from "node:assert/strict";
import { ready } from "../steps.mjs";

/** Opens the page and waits until it can be used. */
async function open(page, pilothouse) {
  const { url } = await pilothouse();
  await page.goto(url);
  await ready(page);
}

export const tests = {
  "the language is switched, marked and kept": async ({ page, pilothouse }) => {
    await open(page, pilothouse);
    await page.getByTestId("language-zh").click();
    assert.equal(await page.locator("html").getAttribute("lang"), "zh-Hans");
    assert.match(await page.getByTestId("apply").innerText(), /应用/);
    assert.equal(await page.getByTestId("terminal").getAttribute("lang"), "en");
    await page.reload();
    await ready(page);
    assert.match(await page.getByTestId("apply").innerText(), /应用/);
  },

  "the theme follows the system until it is switched": async ({ page, pilothouse }) => {
    await page.emulateMedia({ colorScheme: "dark" });
    await open(page, pilothouse);
    const theme = () => page.locator("html").getAttribute("data-theme");
    assert.equal(await theme(), "dark");
    await page.getByTestId("theme").click();
    assert.equal(await theme(), "light");
    await page.reload();
    await ready(page);
    assert.equal(await theme(), "light");
  },

  "single keys act outside text, and dialogs keep and give back the focus": async ({ page, pilothouse }) => {
    await open(page, pilothouse);
    await page.getByTestId("play").focus();
    await page.keyboard.press("?");
    await page.getByTestId("dialog").waitFor();
    for (let i = 0; i < 6; i += 1) await page.keyboard.press("Tab");
    assert.ok(await page.getByTestId("dialog").evaluate((it) => it.contains(document.activeElement)));
    await page.keyboard.press("Escape");
    await page.getByTestId("dialog").waitFor({ state: "detached" });
    assert.ok(await page.getByTestId("play").evaluate((it) => it === document.activeElement));
    await page.getByTestId("title").fill("");
    await page.getByTestId("title").press("?");
    assert.equal(await page.getByTestId("title").inputValue(), "?");
  },

  "F6 goes through the regions": async ({ page, pilothouse }) => {
    await open(page, pilothouse);
    const seen = [];
    for (let i = 0; i < 6; i += 1) {
      await page.keyboard.press("F6");
      seen.push(await page.evaluate(() => document.activeElement.id));
    }
    assert.deepEqual(seen, ["region-top", "region-time", "region-editor", "region-map", "region-inspector", "region-dock"]);
  },

  "files are added, renamed and closed": async ({ page, pilothouse }) => {
    await open(page, pilothouse);
    await page.getByTestId("new-file").click();
    await page.getByTestId("file-tab").nth(1).dblclick();
    await page.getByTestId("file-name").fill('<img src=x onerror="document.title=1">.yaml');
    await page.keyboard.press("Enter");
    assert.match(await page.getByTestId("file-tab").nth(1).innerText(), /<img src=x/);
    assert.equal(await page.locator("main img").count(), 0);
    await page.getByTestId("close-file").click();
    assert.equal(await page.getByTestId("file-tab").count(), 1);
  },

  "the phone has three views, and nothing is wider than the screen": async ({ page, pilothouse }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await open(page, pilothouse);
    for (const [tab, shown] of [["phone-editor", "editor"], ["phone-terminal", "terminal"], ["phone-cluster", "map"]]) {
      await page.getByTestId(tab).click();
      await page.getByTestId(shown).waitFor();
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), tab);
    }
  },
};
