// Measures the page in Chromium and prints a table: how soon a Pod runs after the first visit and a later one, and how long
// a thousand of them take. Needs what `run.mjs` needs.

import { runTest } from "./harness.mjs";
import { NGINX, apply, kept, ready, write } from "./steps.mjs";

/** How often each thing is measured; the median counts. */
const RUNS = 5;

/** A Deployment of many small Pods. */
const many = (replicas) => NGINX.replace("replicas: 3", `replicas: ${replicas}`);

/** Milliseconds from navigation until the example is applied and its first Pod runs, at full speed. */
async function firstPod(page, url) {
  const start = performance.now();
  await page.goto(url, { waitUntil: "commit" });
  await page.locator("[data-engine=ready]").waitFor({ state: "attached" });
  const usable = performance.now();
  await page.getByTestId("speed-max").click();
  await page.getByTestId("apply").click();
  await page.locator("[data-testid=pod-tile][data-phase=Running]").first().waitFor();
  return { usable: usable - start, running: performance.now() - start };
}

/** First visits, each with an empty cache and nothing kept. */
async function cold({ context, page, pilothouse }) {
  const { url } = await pilothouse();
  const session = await context.newCDPSession(page);
  const found = [];
  for (let run = 0; run < RUNS; run += 1) {
    await forget(session, page, url);
    await session.send("Network.clearBrowserCache");
    found.push(await firstPod(page, url));
  }
  return found;
}

/** Later visits: the service worker has kept everything. */
async function warm({ page, pilothouse }) {
  const { url } = await pilothouse();
  await page.goto(url);
  await ready(page);
  await kept(page);
  const found = [];
  for (let run = 0; run < RUNS; run += 1) {
    await page.evaluate(() => localStorage.clear());
    await page.goto("about:blank");
    found.push(await firstPod(page, url));
  }
  return found;
}

/** Leaves the page and removes what it has kept in this browser. */
async function forget(session, page, url) {
  await page.goto("about:blank");
  await session.send("Storage.clearDataForOrigin", { origin: new URL(url).origin, storageTypes: "all" });
}

/** Starts the kept run again with another number of nodes. */
async function withNodes(page, nodes) {
  await page.waitForFunction(() => localStorage.getItem("pilothouse/run") !== null);
  await page.evaluate((nodes) => {
    const run = JSON.parse(localStorage.getItem("pilothouse/run"));
    localStorage.setItem("pilothouse/run", JSON.stringify({ ...run, nodes }));
  }, nodes);
  await page.reload();
  await ready(page);
}

/** Watches how long the page's thread is busy at a stretch, which is how long an input waits at the worst. */
async function watchDelays(page) {
  await page.evaluate(() => {
    window.delays = { longest: 0, last: performance.now() };
    const beat = new MessageChannel();
    beat.port1.onmessage = () => {
      const now = performance.now();
      window.delays.longest = Math.max(window.delays.longest, now - window.delays.last);
      window.delays.last = now;
      setTimeout(() => {
        window.delays.last = performance.now();
        beat.port2.postMessage(0);
      }, 0);
    };
    const tasks = new PerformanceObserver((list) => {
      for (const task of list.getEntries()) window.delays.longest = Math.max(window.delays.longest, task.duration);
    });
    tasks.observe({ type: "longtask" });
    beat.port2.postMessage(0);
  });
}

/** On a later visit: milliseconds from Apply until so many Pods on so many nodes are available, at full speed; and the longest wait of an input. */
const deployment = (replicas, nodes) => async ({ page, pilothouse }) => {
  const { url } = await pilothouse();
  await page.goto(url);
  await ready(page);
  await kept(page);
  await withNodes(page, nodes);
  await page.getByTestId("speed-max").click();
  await write(page, many(replicas));
  await watchDelays(page);
  const start = performance.now();
  await apply(page);
  await page.getByTestId("deployment-card").getByText(`${replicas} available`).waitFor({ timeout: 110_000 });
  const running = performance.now() - start;
  return [{ running, delay: await page.evaluate(() => window.delays.longest) }];
};

/** The middle one of some numbers. */
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Runs one measurement in a fresh browser and prints its rows: [what, field of what it found]. */
async function measure(name, run, rows) {
  let found = [];
  const error = await runTest(name, async (tools) => {
    found = await run(tools);
  });
  if (error) throw error;
  for (const [what, field] of rows) {
    const times = found.map((it) => it[field]);
    console.log(`| ${what} | ${Math.round(median(times))} ms | ${times.length} |`);
  }
}

console.log("| In Chromium | Median | Runs |\n| --- | ---: | ---: |");
await measure("bench cold", cold, [["first visit: usable", "usable"], ["first visit: first Pod Running", "running"]]);
await measure("bench warm", warm, [["later visit: usable", "usable"], ["later visit: first Pod Running", "running"]]);
for (const [replicas, nodes] of [[1_000, 10], [10_000, 1_000]]) {
  const name = `${replicas} replicas on ${nodes} nodes`;
  await measure(`bench ${name}`, deployment(replicas, nodes), [
    [`${name}: all available`, "running"],
    [`${name}: the longest that an input waits`, "delay"],
  ]);
}
process.exit(0);
