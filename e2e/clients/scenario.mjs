// A scenario: a Markdown file of prose, files in blocks such as ```yaml web.yaml, and ```console blocks of commands with
// what they print. In what is expected `…` stands for anything on its line, and a line `…` for any number of lines.
// How many spaces stand between two columns does not count, because ages and names decide it.

import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { anonymous, matches } from "./expected.mjs";

/** How long one command may take, in milliseconds. */
const COMMAND_MS_MAX = 60_000;

/** Runs the scenario at `path` in `folder` with `env`; returns what is wrong with it, or rewrites it when asked to. */
export async function runScenario(path, folder, env) {
  const blocks = parse(await readFile(path, "utf8"));
  const wrong = [];
  for (const block of blocks) {
    if (block.file) await put(join(folder, block.file), block.lines.join("\n") + "\n");
    for (const entry of block.commands ?? []) await check(entry, folder, env, wrong);
  }
  if (wrong.length > 0 && process.env.UPDATE_EXPECT) await writeFile(path, blocks.map(written).join("\n"));
  return process.env.UPDATE_EXPECT ? [] : wrong;
}

/** Runs one command; what it prints replaces what was expected if that was something else. */
async function check(entry, folder, env, wrong) {
  const actual = await enter(entry.command, folder, env);
  if (matches(entry.expected, actual)) return;
  const shown = (lines) => lines.map((line) => `      ${line}\n`).join("");
  wrong.push(`$ ${entry.command}\n    expected:\n${shown(entry.expected)}    printed:\n${shown(actual)}`);
  entry.expected = actual.map(anonymous);
}

/** The lines that a command prints on both streams, and `[exit CODE]` if it fails. */
function enter(command, cwd, env) {
  const child = spawn("bash", ["-c", `set -o pipefail; exec 2>&1\n${command}`], { cwd, env, detached: true, stdio: ["ignore", "pipe", "inherit"] });
  const parts = [];
  child.stdout.on("data", (part) => parts.push(part));
  const timer = setTimeout(() => process.kill(-child.pid, "SIGKILL"), COMMAND_MS_MAX);
  return new Promise((resolve) => {
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      const lines = Buffer.concat(parts).toString("utf8").split("\n").map((line) => line.trimEnd());
      if (lines.at(-1) === "") lines.pop();
      if (code !== 0) lines.push(`[exit ${code ?? signal}]`);
      resolve(lines);
    });
  });
}

async function put(path, text) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

/** The blocks of a file: {lines} of prose, {fence, file, lines}, or {fence, commands: [{command, expected}]}. */
function parse(text) {
  const blocks = [{ lines: [] }];
  for (const line of text.split("\n")) {
    const block = blocks.at(-1);
    if (block.fence && line === "```") blocks.push({ lines: [] });
    else if (!block.fence && line.startsWith("```")) blocks.push(opened(line));
    else if (block.commands) command(block.commands, line);
    else block.lines.push(line);
  }
  return blocks;
}

function opened(fence) {
  const [kind, file] = fence.slice(3).split(" ");
  return kind === "console" ? { fence, commands: [] } : { fence, file, lines: [] };
}

/** Takes in a line of a console block: a command, more of it (`> `), or output. */
function command(commands, line) {
  if (line.startsWith("$ ")) commands.push({ command: line.slice(2), expected: [] });
  else if (line.startsWith("> ")) commands.at(-1).command += `\n${line.slice(2)}`;
  else commands.at(-1).expected.push(line);
}

/** A block as it is written in the file. */
function written(block) {
  if (!block.fence) return block.lines.join("\n");
  const lines = block.commands?.flatMap((it) => [`$ ${it.command.replaceAll("\n", "\n> ")}`, ...it.expected]);
  return [block.fence, ...(lines ?? block.lines), "```"].join("\n");
}
