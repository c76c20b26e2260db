// Runs before the first paint, so that the page never flashes in the wrong theme or language.
// Reads what frontend/src/keep.rs keeps: "theme" ("light", "dark") and "language" ("en", "zh-Hans"); absent means the browser's.

/** The kept entry, if it is one of `known`. */
function kept(name, known) {
  try {
    const value = JSON.parse(localStorage.getItem(`pilothouse/${name}`));
    return known.includes(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const dark = matchMedia("(prefers-color-scheme: dark)").matches;
const chinese = navigator.language.toLowerCase().startsWith("zh");
const root = document.documentElement;
root.dataset.theme = kept("theme", ["light", "dark"]) ?? (dark ? "dark" : "light");
root.lang = kept("language", ["en", "zh-Hans"]) ?? (chinese ? "zh-Hans" : "en");
