// What many tests do to a page, as a person does it: with mouse, keyboard and clipboard.

/** The Deployment of the Kubernetes documentation. */
export const NGINX = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: nginx-deployment
  labels:
    app: nginx
spec:
  replicas: 3
  selector:
    matchLabels:
      app: nginx
  template:
    metadata:
      labels:
        app: nginx
    spec:
      containers:
      - name: nginx
        image: nginx:1.14.2
        ports:
        - containerPort: 80
`;

/** Waits until editor and engine are there. */
export async function ready(page) {
  await page.waitForSelector(".cm-content", { state: "attached" });
  await page.waitForSelector("[data-engine=ready]", { state: "attached" });
}

/** Opens the page of a fresh server and waits until it can be used; resolves to the server. */
export async function open(page, pilothouse) {
  const server = await pilothouse();
  await page.goto(server.url);
  await ready(page);
  return server;
}

/** Opens the page, lets time run as fast as it goes, and applies `text` until nothing is left to do. */
export async function start(page, pilothouse, text = NGINX) {
  const server = await open(page, pilothouse);
  await page.getByTestId("speed-max").click();
  await write(page, text);
  await apply(page);
  await settle(page);
  return server;
}

/** Waits until the service worker has kept everything and controls the page. */
export async function kept(page) {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    if (!navigator.serviceWorker.controller) {
      await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
    }
  });
}

/** Waits until the run is kept in this browser as it is now. */
export async function saved(page) {
  const { steps } = await clock(page);
  await page.waitForFunction((steps) => localStorage.getItem("pilothouse/run")?.includes(`"end_step":${steps}`), steps);
}

/** Pastes `text` into the editor in place of what is there. */
export async function write(page, text) {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+A");
  await page.evaluate((text) => navigator.clipboard.writeText(text), text);
  await page.keyboard.press("Control+V");
}

/** Presses Apply and waits for what it came to; resolves to {ok, text} of the message. */
export async function apply(page, press = () => page.getByTestId("apply").click()) {
  const toasts = page.getByTestId("toast");
  await page.evaluate(() => document.querySelectorAll("[data-testid=toast] > button:last-child").forEach((it) => it.click()));
  await toasts.first().waitFor({ state: "detached" });
  await press();
  const toast = toasts.last();
  await toast.waitFor();
  return { ok: (await toast.getAttribute("data-ok")) === "true", text: await toast.innerText() };
}

/** Lets time run at full speed until something has happened and settled. */
export async function settle(page) {
  const play = page.getByTestId("play");
  if ((await clock(page)).settled !== "true" && (await play.getAttribute("aria-pressed")) === "false") await play.click();
  await page.waitForFunction(() => {
    const find = (id) => document.querySelector(`[data-testid=${id}]`);
    return find("clock").dataset.settled === "true" && find("play").getAttribute("aria-pressed") === "false";
  }, null, { timeout: 60_000 });
}

/** Presses Play at full speed until `selector` is on the page; each time that everything has settled, presses it again. */
export async function playUntil(page, selector) {
  const wanted = page.locator(selector).first();
  for (let times = 0; times < 12; times += 1) {
    const { now } = await clock(page);
    await page.getByTestId("play").click();
    await page.waitForFunction((now) => document.querySelector("[data-testid=clock]").dataset.now !== now, now);
    await settle(page);
    if (await wanted.isVisible()) return;
  }
  throw new Error(`nothing like ${selector} after 12 sprints`);
}

/** What the clock says: {now, revision, end, hash, live, settled, steps, branch}, as texts. */
export async function clock(page) {
  return page.getByTestId("clock").evaluate((it) => ({ ...it.dataset }));
}

/** The Pods on the map: {name, phase, reason, namespace}. */
export async function pods(page) {
  return page.getByTestId("pod-tile").evaluateAll((all) => all.map((it) => ({ ...it.dataset })));
}

/** Waits until the map has exactly `count` Pods and all are `phase`. */
export async function allPods(page, count, phase = "Running") {
  await page.waitForFunction(([count, phase]) => {
    const tiles = [...document.querySelectorAll("[data-testid=pod-tile]")];
    return tiles.length === count && tiles.every((it) => it.dataset.phase === phase);
  }, [count, phase]);
}

/** Enters a line at the terminal; resolves to what it printed once it has ended. Time has to run for a line that waits. */
export async function kubectl(page, line) {
  await enter(page, line);
  await page.waitForSelector("[data-testid=terminal-input][data-busy=false]");
  return printed(page);
}

/** Enters a line at the terminal. */
export async function enter(page, line) {
  const input = page.getByTestId("terminal-input");
  await input.fill(line);
  await input.press("Enter");
}

/** What the newest command has printed so far. */
export async function printed(page) {
  return page.getByTestId("terminal-output").evaluate((it) => {
    const lines = [...it.children];
    const command = lines.findLastIndex((line) => line.classList.contains("Command"));
    return lines.slice(command + 1).map((line) => line.textContent).join("\n");
  });
}

/** Chooses an entry of the fault menu, the first with that name. */
export async function fault(page, name) {
  await page.getByTestId("fault-menu").click();
  await page.getByTestId(`fault-${name}`).first().click();
}

/** Copies the link of the run. */
export async function link(page) {
  await page.getByTestId("share").click();
  await page.waitForFunction(() => document.querySelector("[data-testid=share-link]")?.textContent.includes("#v1."));
  await page.getByTestId("copy-link").click();
  await page.getByTestId("toast").last().waitFor();
  await picture(page, "share");
  return page.evaluate(() => navigator.clipboard.readText());
}

/** Leaves a picture of the page beside those of failed tests. */
export async function picture(page, name) {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png` });
}
