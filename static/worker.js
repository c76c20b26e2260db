// The worker that runs the cluster. The page sends the compiled module first; the rest is for the WebAssembly.

import { initSync } from "./app.js";

// Synchronous on purpose: when this handler returns, the WebAssembly has put its own in place,
// and no message of the page can fall between the two.
self.onmessage = ({ data }) => {
  self.onmessage = null;
  initSync({ module: data });
};
