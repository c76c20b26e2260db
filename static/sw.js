// Keeps the page for offline use: every file of one version, fetched once.
//
// A new version is fetched beside the old one and takes over when no old page is open,
// or when the page says "activate". So no page ever sees files of two versions.

const VERSION = "{{version}}";
const FILES = "{{files}}".split(" ");

// Pages under other paths of the same host have caches of their own.
const FAMILY = `pilothouse ${new URL(self.registration.scope).pathname} `;
const CACHE = FAMILY + VERSION;

const address = (file) => new URL(file, self.registration.scope).href;
const PAGE = address("index.html");
const KEPT = new Set(FILES.map(address));

/** Fetches every file; those that never change may come from the browser's own cache. */
async function fill() {
  const cache = await caches.open(CACHE);
  const request = (file) => new Request(address(file), { cache: file.startsWith("assets/") ? "default" : "reload" });
  await cache.addAll(FILES.map(request));
}

/** Removes the caches of versions that are gone. */
async function sweep() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(FAMILY) && name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** The kept file for a request, or nothing if it is none of ours. */
function keptAddress(request) {
  if (request.method !== "GET") return undefined;
  const url = new URL(request.url);
  url.search = "";
  url.hash = "";
  if (request.mode === "navigate" && url.href === self.registration.scope) return PAGE;
  return KEPT.has(url.href) ? url.href : undefined;
}

/** Answers from the cache, and from the network if the browser has dropped the cache. */
async function answer(request, kept) {
  const cache = await caches.open(CACHE);
  return (await cache.match(kept)) ?? fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(fill()));
self.addEventListener("activate", (event) => event.waitUntil(sweep()));
self.addEventListener("message", (event) => {
  if (event.data === "activate") self.skipWaiting();
});
self.addEventListener("fetch", (event) => {
  const kept = keptAddress(event.request);
  if (kept) event.respondWith(answer(event.request, kept));
});
