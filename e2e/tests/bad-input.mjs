// Whatever is applied: a clear message at its place, and the page goes on.

import assert from "node:assert/strict";
import { NGINX, allPods, apply, clock, kubectl, picture, pods, settle, start, write } from "../steps.mjs";

/** What is wrong, what stands in the editor, what the message says. */
const REFUSED = [
  ["YAML that does not parse", "kind: Pod\nmetadata: {name: a\n", /line|yaml/i],
  ["an unknown kind", "apiVersion: apps/v1\nkind: Deploymnt\nmetadata:\n  name: a\n", /no matches for kind "Deploymnt" in version "apps\/v1"/],
  ["a wrong type", NGINX.replace("replicas: 3", "replicas: three"), /replicas/],
  ["labels that do not match", NGINX.replace("      labels:\n        app: nginx", "      labels:\n        app: other"), /selector.*does not match template `labels`/],
  ["a name with control characters", NGINX.replace("name: nginx-deployment", "name: \"a\\u0007\\u202eb\""), /Invalid value|invalid/],
  ["aliases that multiply", `a: &a [x,x,x,x,x,x,x,x,x,x]\n${[..."bcdefghi"].map((it, at) => `${it}: &${it} [${Array(10).fill(`*${"abcdefghi"[at]}`).join(",")}]`).join("\n")}\n`, /alias|large|many|excessive/i],
];

const tests = {};

for (const [what, text, message] of REFUSED) {
  tests[`${what}: the message is clear and the page goes on`] = async ({ page, pilothouse }) => {
    await start(page, pilothouse);
    const { revision } = await clock(page);
    await write(page, text);
    const refused = await apply(page);
    assert.equal(refused.ok, false, refused.text);
    assert.match(refused.text, message);
    await picture(page, `refused-${what.replaceAll(" ", "-")}`);
    assert.equal((await clock(page)).revision, revision);
    assert.match(await kubectl(page, "kubectl get pods"), /Running/);
    await write(page, NGINX.replace("replicas: 3", "replicas: 2"));
    assert.ok((await apply(page)).ok);
    await settle(page);
    await allPods(page, 2);
  };
}

export { tests };

tests["10 MB of YAML"] = async ({ page, pilothouse }) => {
  await start(page, pilothouse);
  await write(page, `${NGINX}${"# nothing to see here\n".repeat(460_000)}`);
  await apply(page);
  assert.match(await kubectl(page, "kubectl get pods"), /Running/);
  await write(page, NGINX);
  assert.ok((await apply(page)).ok);
};

tests["100 000 replicas"] = async ({ page, pilothouse }) => {
  await start(page, pilothouse);
  await write(page, NGINX.replace("replicas: 3", "replicas: 100000"));
  await apply(page);
  await page.waitForFunction(() => document.querySelectorAll("[data-testid=pod-tile]").length > 50);
  await page.getByTestId("play").click();
  assert.match(await kubectl(page, "kubectl get deployments"), /nginx-deployment/);
  await picture(page, "many-replicas");
  assert.ok((await pods(page)).length < 2_000, "the map draws only what fits");
};
