// A plain static host: a folder under a path, right media types, nothing else. No compression, no special headers.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm", ".svg": "image/svg+xml",
  ".webmanifest": "application/manifest+json", ".json": "application/json", ".woff2": "font/woff2", ".txt": "text/plain",
};

/** Serves `root` at `http://127.0.0.1:PORT` + `at`; resolves to {url, stop}. `stop` cuts open connections. */
export async function serveFolder(root, at) {
  const server = createServer((request, response) => answer(root, at, request, response));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${server.address().port}${at}`, stop };
}

/** Answers one request with a file, or with 404. */
async function answer(root, at, request, response) {
  const { pathname } = new URL(request.url, "http://127.0.0.1");
  const name = pathname.startsWith(at) ? normalize(pathname.slice(at.length) || "index.html") : "..";
  try {
    if (name.startsWith("..")) throw new Error("outside of the folder");
    const bytes = await readFile(join(root, name));
    response.writeHead(200, { "content-type": TYPES[extname(name)] ?? "application/octet-stream" }).end(bytes);
  } catch {
    response.writeHead(404).end();
  }
}
