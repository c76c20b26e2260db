// Starts the page: editor and WebAssembly in parallel, and the service worker once both run.

import init from "./app.js";
import * as editor from "./editor.js";

// What the WebAssembly finds by name. Addresses stay relative to this file, so any path of any host will do.
globalThis.pilothouse = {
  editor,
  startWorker: () => new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "pilothouse engine" }),
  activateUpdate,
};

/** Shows that the page could not start; the Rust side does the same when it panics. */
function showFatal(reason) {
  const notice = document.getElementById("ph-fatal");
  notice.hidden = false;
  notice.querySelector("[data-reason]").textContent = String(reason);
}

/** Registers the service worker; without one (plain HTTP, private window) the page works, but only online. */
async function keepOffline() {
  if (!("serviceWorker" in navigator)) return;
  try {
    const registration = await navigator.serviceWorker.register("./sw.js", { scope: "./" });
    announceUpdate(registration);
    registration.addEventListener("updatefound", () => {
      registration.installing?.addEventListener("statechange", () => announceUpdate(registration));
    });
  } catch (error) {
    console.info(`Pilothouse cannot be kept for offline use: ${error}`);
  }
}

/** Tells the page, as an event on the window, that a new version waits behind the one that runs. */
function announceUpdate(registration) {
  if (registration.waiting && navigator.serviceWorker.controller) {
    window.dispatchEvent(new CustomEvent("pilothouse-update"));
  }
}

/** Puts the waiting version in charge and reloads. */
async function activateUpdate() {
  const registration = await navigator.serviceWorker.getRegistration("./");
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  registration?.waiting?.postMessage("activate");
}

try {
  await init();
} catch (error) {
  showFatal(error);
}
await keepOffline();
