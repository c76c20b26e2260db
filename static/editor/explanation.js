// The card that explains a field.

/** A tooltip for CodeMirror at `position`, or null when there is nothing to explain. */
export function explanation(position, answer) {
  return answer ? { pos: position, above: true, create: () => ({ dom: card(answer) }) } : null;
}

/** The card: field and origin, one chip for each fact, one or two sentences. */
function card({ title, origin, facts, text }) {
  const head = element("div", "ph-explain-head", element("code", "", title), element("span", "", origin));
  const chips = facts.map((fact) => element("span", "ph-chip", fact));
  return element("div", "ph-explain", head, element("div", "ph-explain-facts", ...chips), element("p", "", text));
}

/** An element with a class and content. */
function element(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}
