// The editor's script alone, as frontend/src/editor.rs calls it: diagnostics, read-only lines, completions, explanations.

import assert from "node:assert/strict";
import { ready } from "../steps.mjs";

const TEXT = "kind: Pod\nspec:\n  nodeNam: a\n";

/** Puts an editor of its own over the page; `globalThis.tested` is its handle, `changes` what it told. */
async function lone(page, pilothouse, text = TEXT) {
  const { url } = await pilothouse();
  await page.goto(url);
  await ready(page);
  await page.evaluate((text) => {
    const parent = document.createElement("div");
    parent.id = "lone";
    parent.style = "position:fixed;inset:0;z-index:9";
    document.body.append(parent);
    globalThis.changes = [];
    const hover = { path: "spec.nodeName", kind: "string", api_version: "v1", object_kind: "Pod", required: false, default: "x", one_of: [] };
    const callbacks = {
      onChange: (it) => globalThis.changes.push(it),
      complete: (_text, line, column, reply) => setTimeout(() => reply(JSON.stringify([{ label: `at-${line}-${column}`, detail: "string" }, { label: "at-all", detail: "" }])), 20),
      explain: (_text, _line, _column, reply) => setTimeout(() => reply(JSON.stringify(hover)), 20),
    };
    const words = { label: "Lone", phrases: [["Fix", "Mend"], ["optional", "by choice"]] };
    globalThis.tested = globalThis.pilothouse.editor.create(parent, JSON.stringify({ text, words }), callbacks);
  }, text);
  return page.getByRole("textbox", { name: "Lone" });
}

/** Calls a function of the lone editor. */
const call = (page, name, ...values) => page.evaluate(([name, values]) => globalThis.tested[name](...values), [name, values]);

export const tests = {
  "a diagnostic is underlined, and its fix mends the text": async ({ page, pilothouse }) => {
    await lone(page, pilothouse);
    const problem = { line: 3, column: 3, end_column: 10, error: true, message: "unknown field", fix: "nodeName" };
    await call(page, "setDiagnostics", JSON.stringify([problem]));
    const mark = page.locator("#lone .cm-lintRange-error");
    assert.equal(await mark.innerText(), "nodeNam");
    await mark.hover();
    await page.getByRole("button", { name: "Mend" }).click();
    assert.equal(await call(page, "text"), "kind: Pod\nspec:\n  nodeName: a\n");
    assert.deepEqual(await page.evaluate(() => globalThis.changes), ["kind: Pod\nspec:\n  nodeName: a\n"]);
  },

  "a diagnostic outside the text does no harm": async ({ page, pilothouse }) => {
    await lone(page, pilothouse);
    const problem = { line: 99, column: 99, end_column: 120, error: false, message: "too far", fix: null };
    await call(page, "setDiagnostics", JSON.stringify([problem]));
    await call(page, "reveal", 99, 99);
    assert.equal(await call(page, "text"), TEXT);
  },

  "read-only lines cannot be edited, other lines can, and the page can do both": async ({ page, pilothouse }) => {
    const box = await lone(page, pilothouse);
    await call(page, "setReadOnlyLines", JSON.stringify([{ first: 1, last: 2 }]));
    await call(page, "reveal", 1, 1);
    await box.press("x");
    await call(page, "reveal", 3, 13);
    await box.press("b");
    assert.equal(await call(page, "text"), "kind: Pod\nspec:\n  nodeNam: ab\n");
    assert.equal(await page.locator("#lone .ph-read-only").count(), 2);
    await call(page, "setText", "kind: Job\n");
    assert.equal(await call(page, "text"), "kind: Job\n");
    assert.equal((await page.evaluate(() => globalThis.changes)).length, 1);
  },

  "completions replace the word at the caret": async ({ page, pilothouse }) => {
    const box = await lone(page, pilothouse);
    await call(page, "reveal", 4, 1);
    await box.pressSequentially("at");
    // What is typed before the editor's later part is there asks for nothing.
    const option = page.getByRole("option", { name: /at-4-/ });
    for (let tries = 0; tries < 20 && !(await option.isVisible()); tries += 1) {
      await box.press("Control+Space");
      await option.waitFor({ timeout: 500 }).catch(() => {});
    }
    await option.waitFor();
    await page.getByRole("option", { name: "at-all" }).click();
    assert.equal(await call(page, "text"), `${TEXT}at-all`);
  },

  "a field is explained under the pointer, in the page's words": async ({ page, pilothouse }) => {
    await lone(page, pilothouse);
    await page.locator("#lone .cm-line").nth(2).getByText("nodeNam").hover();
    const card = page.locator(".ph-explain");
    await card.waitFor();
    assert.match(await card.innerText(), /nodeName[\s\S]*string[\s\S]*by choice[\s\S]*default x[\s\S]*Pod\.spec\.nodeName/);
  },

  "the editor's words change while it lives": async ({ page, pilothouse }) => {
    const box = await lone(page, pilothouse);
    await call(page, "setWords", JSON.stringify({ label: "编辑器", phrases: [["Find", "查找"]] }));
    await page.getByRole("textbox", { name: "编辑器" }).press("Control+f");
    await page.getByPlaceholder("查找").waitFor();
    assert.equal(await box.count(), 0);
  },
};
