// The worker that runs the cluster. The page sends the compiled module first; the rest is for the WebAssembly.
//
// That module is built for size. The same engine built for speed is among the files that the service worker keeps, so a
// later visit runs it without a request of its own. Both do the same, step by step.

import { initSync } from "./app.js";

/** The engine built for speed, if this browser has kept it: its script and its compiled module. */
async function keptEngine() {
  const kept = await globalThis.caches?.match(new URL("./later/engine_bg.wasm", import.meta.url));
  if (!kept) return undefined;
  return Promise.all([import("./later/engine.js"), WebAssembly.compileStreaming(kept)]);
}

const found = keptEngine().catch((reason) => console.info(`The engine built for speed cannot be used: ${reason}`));

/** Runs the engine built for speed, or else `module`; then the WebAssembly has put its own handler in place. */
async function start(module) {
  const [engine, compiled] = (await found) ?? [{ initSync }, module];
  engine.initSync({ module: compiled });
}

self.onmessage = async ({ data }) => {
  // What the page says until then waits, in order.
  const waiting = [];
  self.onmessage = (event) => waiting.push(event);
  try {
    await start(data);
  } catch (error) {
    // Out of the promise, so that the page hears of it.
    setTimeout(() => { throw error; });
    return;
  }
  for (const event of waiting) self.onmessage(event);
};
