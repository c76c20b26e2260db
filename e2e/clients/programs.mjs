// Client libraries: each program does what its users do, says nothing, and ends well or fails with a sentence. What the
// controller in Rust says is a scenario.

import { spawn } from "node:child_process";
import { runScenario } from "./scenario.mjs";

/** How long one program may take, in milliseconds. */
const PROGRAM_MS_MAX = 100_000;

/** Every program whose interpreter is there, as {name, run}. */
export function programs() {
  const python = process.env.PYTHON;
  const here = (path) => new URL(path, import.meta.url).pathname;
  const all = [
    { name: "python: kubernetes", command: [python, here("python/official.py")] },
    { name: "python: kr8s", command: [python, "-W", "ignore", here("python/kr8s_objects.py")] },
    { name: "javascript: @kubernetes/client-node", command: [process.execPath, here("javascript/official.mjs")] },
  ];
  const silent = all.filter(({ command }) => command[0]).map(({ name, command }) => ({ name, run: (server) => runProgram(command, server) }));
  return [...silent, { name: "rust: kube", run: (server) => runScenario(here("rust/controller.md"), server.folder, environment(server)) }];
}

/** What a scenario's commands see. */
function environment({ folder: HOME, kubeconfig: KUBECONFIG }) {
  const { PATH, KUBE_CONTROLLER } = process.env;
  return { PATH, HOME, KUBECONFIG, KUBE_CONTROLLER };
}

/** Runs a program against a server; what is wrong is what it wrote, if it failed. */
function runProgram([program, ...options], { folder, kubeconfig }) {
  const env = { PATH: process.env.PATH, HOME: folder, KUBECONFIG: kubeconfig, PYTHONDONTWRITEBYTECODE: "1" };
  const child = spawn(program, options, { cwd: folder, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const parts = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => parts.push(part));
  const timer = setTimeout(() => process.kill(-child.pid, "SIGKILL"), PROGRAM_MS_MAX);
  return new Promise((resolve) => {
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      resolve(code === 0 ? [] : [`ended with ${code ?? signal}:\n${Buffer.concat(parts)}`]);
    });
  });
}
