// Cuts the page's fonts to what the page draws: the weights 400 to 600 and the few features that the styles name.
//
// Usage: node fonts.js FOLDER. The folder gets one file for each font, for fonts.css to name.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import subset from "subset-font";

/** The fonts as they come from npm, and the features that are kept of each. */
const FONTS = {
  "inter.woff2": ["@fontsource-variable/inter/files/inter-latin-wght-normal.woff2", ["kern", "tnum"]],
  "jetbrains-mono.woff2": ["@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2", ["zero"]],
};

/** The weights between which the styles choose, as fonts.css repeats them. */
const WEIGHTS = { min: 400, max: 600 };

const folder = process.argv[2];
const require = createRequire(import.meta.url);
await mkdir(folder, { recursive: true });
for (const [name, [source, keepFeatures]] of Object.entries(FONTS)) {
  const options = { keepAllGlyphs: true, keepFeatures, variationAxes: { wght: WEIGHTS }, targetFormat: "woff2" };
  await writeFile(join(folder, name), await subset(await readFile(require.resolve(source)), undefined, options));
}
