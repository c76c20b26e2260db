// The official JavaScript client against the cluster of $KUBECONFIG.

import assert from "node:assert/strict";
import { PassThrough, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import * as k8s from "@kubernetes/client-node";

const WAIT_MS_MAX = 20_000;
const namespace = "default";

const config = new k8s.KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(k8s.CoreV1Api);
const apps = config.makeApiClient(k8s.AppsV1Api);

/** Waits until `holds` gives something true. */
async function until(holds, what) {
  const deadline = Date.now() + WAIT_MS_MAX;
  for (;;) {
    const found = await holds();
    if (found) return found;
    assert.ok(Date.now() < deadline, `never happened: ${what}`);
    await sleep(50);
  }
}

/** A call must be refused with `code`. */
async function refused(code, call) {
  await assert.rejects(call, (error) => error.code === code || assert.fail(`${error.code}: ${error.body}`));
}

/** Every verb on one kind, typed. */
async function configMaps() {
  const made = await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: "a" }, data: { k: "1" } } });
  assert.ok(made.metadata.creationTimestamp instanceof Date);
  await refused(409, core.createNamespacedConfigMap({ namespace, body: { metadata: { name: "a" } } }));
  const changed = await core.replaceNamespacedConfigMap({ namespace, name: "a", body: { ...made, data: { k: "2" } } });
  assert.notEqual(changed.metadata.resourceVersion, made.metadata.resourceVersion);
  await refused(409, core.replaceNamespacedConfigMap({ namespace, name: "a", body: made }));
  const json = k8s.setHeaderOptions("Content-Type", k8s.PatchStrategy.JsonPatch);
  const added = [{ op: "add", path: "/data/l", value: "3" }];
  const patched = await core.patchNamespacedConfigMap({ namespace, name: "a", body: added }, json);
  assert.deepEqual(patched.data, { k: "2", l: "3" });
  const apply = k8s.setHeaderOptions("Content-Type", k8s.PatchStrategy.ServerSideApply);
  const wanted = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { m: "4" } };
  const applied = await core.patchNamespacedConfigMap({ namespace, name: "a", body: wanted, fieldManager: "ship" }, apply);
  assert.deepEqual(applied.data, { k: "2", l: "3", m: "4" });
  assert.ok(applied.metadata.managedFields.some((it) => it.manager === "ship" && it.operation === "Apply"));
  await core.deleteNamespacedConfigMap({ namespace, name: "a" });
  await refused(404, core.readNamespacedConfigMap({ namespace, name: "a" }));
}

/** Any kind by its document, and lists in pages. */
async function documents() {
  const objects = k8s.KubernetesObjectApi.makeApiClient(config);
  const document = (name) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace, labels: { of: "pages" } } });
  for (const name of ["p-1", "p-2", "p-3"]) await objects.create(document(name));
  const first = await core.listNamespacedConfigMap({ namespace, labelSelector: "of=pages", limit: 2 });
  assert.equal(first.items.length, 2);
  const _continue = first.metadata._continue;
  const rest = await core.listNamespacedConfigMap({ namespace, labelSelector: "of=pages", limit: 2, _continue });
  assert.deepEqual(rest.items.map((it) => it.metadata.name), ["p-3"]);
  await core.deleteCollectionNamespacedConfigMap({ namespace, labelSelector: "of=pages" });
  await refused(404, objects.read(document("p-1")));
}

/** An informer's cache follows what others write. */
async function informer() {
  const list = () => core.listNamespacedConfigMap({ namespace, labelSelector: "of=informer" });
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const cache = k8s.makeInformer(config, path, list, "of=informer");
  const seen = [];
  for (const verb of ["add", "update", "delete"]) cache.on(verb, (it) => seen.push(`${verb} ${it.metadata.name}`));
  await cache.start();
  await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: "i", labels: { of: "informer" } } } });
  await until(() => cache.get("i", namespace), "the cache has it");
  const json = k8s.setHeaderOptions("Content-Type", k8s.PatchStrategy.MergePatch);
  await core.patchNamespacedConfigMap({ namespace, name: "i", body: { data: { k: "1" } } }, json);
  await core.deleteNamespacedConfigMap({ namespace, name: "i" });
  await until(() => seen.includes("delete i"), "the cache has lost it");
  await cache.stop();
  assert.deepEqual(seen, ["add i", "update i", "delete i"]);
}

/** A Deployment, a Pod's log and a command in it. */
async function workloads() {
  const labels = { app: "web" };
  const template = { metadata: { labels }, spec: { containers: [{ name: "web", image: "nginx:1.27" }] } };
  const spec = { replicas: 2, selector: { matchLabels: labels }, template };
  await apps.createNamespacedDeployment({ namespace, body: { metadata: { name: "web" }, spec } });
  const ready = async () => (await apps.readNamespacedDeployment({ namespace, name: "web" })).status.readyReplicas === 2;
  await until(ready, "two are ready");
  const container = { name: "c", image: "busybox", command: ["sh", "-c", "echo one; sleep 600"] };
  await core.createNamespacedPod({ namespace, body: { metadata: { name: "talk" }, spec: { containers: [container] } } });
  const log = () => core.readNamespacedPodLog({ namespace, name: "talk" }).catch(() => "");
  await until(async () => (await log()) === "one\n", "the log says one");
  assert.equal(await followed(), "one\n");
  assert.equal(await executed(["echo", "hello"]), "hello\n");
}

/** What a followed log says within a second. */
async function followed() {
  const said = new PassThrough();
  const abort = await new k8s.Log(config).log(namespace, "talk", "c", said, { follow: true });
  await sleep(1000);
  abort.abort();
  return String(said.read() ?? "");
}

/** What a command in the Pod writes. */
async function executed(command) {
  let said = "";
  const out = new Writable({ write: (part, _, done) => done((said += part) && null) });
  const status = new Promise((resolve) => {
    new k8s.Exec(config).exec(namespace, "talk", "c", command, out, process.stderr, null, false, resolve);
  });
  assert.equal((await status).status, "Success");
  return said;
}

assert.equal((await config.makeApiClient(k8s.VersionApi).getCode()).minor, "36");
await configMaps();
await documents();
await informer();
await workloads();
process.exit(0);
