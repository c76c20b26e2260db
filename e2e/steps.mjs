// What many tests do to a page.

/** Waits until editor and engine are there. */
export async function ready(page) {
  await page.waitForSelector(".cm-content");
  await page.waitForSelector("[data-engine=ready]", { state: "attached" });
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
