// `pilothouse serve` for one test: free ports, nothing kept unless a folder is given, ended with the test.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** How long a start may take, in milliseconds. */
const START_MS_MAX = 20_000;

/**
 * Starts the server in a fresh folder; resolves when its kubeconfig is written.
 *
 * Gives {folder, kubeconfig, url, stop}: a folder for the test's own files, which `stop` removes.
 */
export async function startServer() {
  const folder = await mkdtemp(join(tmpdir(), "pilothouse-clients-"));
  const kubeconfig = join(folder, "kubeconfig");
  const free = "127.0.0.1:0";
  const options = ["serve", "--ephemeral", "--listen", free, "--secure-listen", free, "--kubeconfig-out", kubeconfig];
  const child = spawn(process.env.PILOTHOUSE, options, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  const url = await Promise.race([secureAddress(child), ended.then(() => undefined), late()]);
  if (url) return { folder, kubeconfig, url, stop };
  await stop();
  throw new Error("pilothouse did not start; its own words are above");
}

/** The address of the API in the lines that the server writes when it answers. */
function secureAddress(child) {
  return new Promise((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const url = line.match(/https:\S+/)?.[0];
      if (url) resolve(url);
    });
  });
}

function late() {
  return new Promise((resolve) => setTimeout(resolve, START_MS_MAX).unref());
}
