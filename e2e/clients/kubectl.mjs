// kubectl as Debian packages it, and a newer one if the machine has it: each runs the scenarios of its own folder.

import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { promisify } from "node:util";
import { runScenario } from "./scenario.mjs";

/** The oldest minor version of the machine's own kubectl whose words the scenarios of `kubectl/` expect. */
const MINOR_MIN = 30;

/** Every scenario of every kubectl there is, as {name, run}. */
export async function kubectl() {
  const old = process.env.KUBECTL_OLD;
  const found = old ? await scenarios("kubectl-1.20", `${old}:${process.env.PATH}`) : [];
  const minor = await minorOfPath();
  if (minor >= MINOR_MIN) return [...found, ...(await scenarios("kubectl", process.env.PATH))];
  console.log(`  skipped: needs a kubectl of version 1.${MINOR_MIN} or newer in the PATH`);
  return found;
}

/** The scenarios of a folder. */
async function scenarios(folder, path) {
  const at = new URL(`./${folder}/`, import.meta.url);
  const files = (await readdir(at)).filter((it) => it.endsWith(".md")).sort();
  const run = (file) => (server) => runScenario(new URL(file, at).pathname, server.folder, environment(server, path));
  return files.map((file) => ({ name: `${folder}: ${file.replace(".md", "")}`, run: run(file) }));
}

/** What commands see: one cluster, no configuration of the person's own, one language. */
function environment(server, path) {
  const { PILOTHOUSE } = process.env;
  const { folder: HOME, kubeconfig: KUBECONFIG, url: URL } = server;
  return { PATH: path, HOME, KUBECONFIG, URL, PILOTHOUSE, LANG: "C.UTF-8", TZ: "UTC" };
}

/** The minor version of the kubectl in the PATH; 0 without one. */
async function minorOfPath() {
  const asked = promisify(execFile)("kubectl", ["version", "--client", "-o", "json"]);
  return asked.then(({ stdout }) => Number.parseInt(JSON.parse(stdout).clientVersion.minor, 10), () => 0);
}
