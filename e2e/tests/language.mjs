// Both languages, all over the page.

import assert from "node:assert/strict";
import { picture, ready, start } from "../steps.mjs";

/** What stands on a page in Chinese that is not the person's own: names of Kubernetes and of keys stay as they are. */
const ENGLISH = /\b(Apply|Share|Commands|Step|Branch|Seed|Examples|Cluster|Owners|Inject|Terminal|Timeline|Events|Summary|Why|Logs|Nodes|Ownership|idle|Ready|restarts|ready|simulated|nothing|watchers|objects)\b/;

/** The visible texts of the frame that are meant to be read in the page's language. */
async function texts(page) {
  return page.evaluate(() => {
    const skipped = "body [lang=en], [data-condition], .cm-editor, svg, .mono, .kbd, code, [hidden]";
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const holder = node.parentElement;
      if (node.textContent.trim() && !holder.closest(skipped) && holder.checkVisibility()) found.push(node.textContent.trim());
    }
    return found;
  });
}

export const tests = {
  "every part of the page speaks Chinese when asked to": async ({ page, pilothouse }) => {
    await start(page, pilothouse);
    await page.getByTestId("pod-tile").first().click();
    assert.ok((await texts(page)).some((text) => ENGLISH.test(text)));
    await page.getByTestId("language-zh").click();
    assert.equal(await page.locator("html").getAttribute("lang"), "zh-Hans");
    await picture(page, "chinese");
    const left = (await texts(page)).filter((text) => ENGLISH.test(text));
    assert.deepEqual(left, []);
    for (const [id, text] of [["apply", /应用/], ["share", /分享/], ["fault-menu", /故障/], ["dock-timeline", /时间线/], ["tab-events", /事件/], ["branch", /分支/]]) {
      assert.match(await page.getByTestId(id).innerText(), text, id);
    }
    await page.reload();
    await ready(page);
    assert.equal(await page.locator("html").getAttribute("lang"), "zh-Hans");
    assert.match(await page.getByTestId("apply").innerText(), /应用/);
    await page.getByTestId("language-en").click();
    assert.match(await page.getByTestId("apply").innerText(), /Apply/);
  },
};
