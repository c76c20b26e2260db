// Compares what a command prints with what is expected of it, and makes the expected text of what it printed.

/** Stands for anything. */
const ANY = "…";

/** What differs from run to run; the tool writes `…` for it. */
const VARIABLE = [
  /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g,
  /\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g,
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g,
  /(?<=resourceVersion"?: "?)\d+/g,
  /(?<=-)[0-9a-f]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g,
  /(?<=-)[bcdfghjklmnpqrstvwxz2456789]{5}\b(?=[ ":]|$)/g,
  /(?<=^|\s)(?:\d+m)?\d+s(?= |$|\))/g,
  /\b10\.(?:244|9[6-9]|1[01]\d)\.\d+\.(?:\d{2,}|[2-9])\b/g,
  /\b[0-9a-f]{64}\b|\b[0-9a-f]{32}\b/g,
  /127\.0\.0\.1:\d{4,5}/g,
];

/** A line with `…` where another run would print something else. */
export function anonymous(line) {
  return VARIABLE.reduce((text, pattern) => text.replace(pattern, ANY), line);
}

/** True if the lines `actual` are what `expected` says. */
export function matches(expected, actual) {
  const start = expected.indexOf(ANY);
  if (start < 0) return expected.length === actual.length && expected.every((line, at) => fits(line, actual[at]));
  const head = expected.slice(0, start);
  if (actual.length < start || !matches(head, actual.slice(0, start))) return false;
  const rest = expected.slice(start + 1);
  for (let at = start; at <= actual.length; at += 1) if (matches(rest, actual.slice(at))) return true;
  return false;
}

/** True if one line is as expected, whatever the number of spaces between its words. */
function fits(expected, actual) {
  const narrow = (text) => text.replace(/ {2,}/g, "  ").trimEnd();
  const escaped = narrow(expected).split(ANY).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${escaped.join(".*?")}$`).test(narrow(actual));
}
