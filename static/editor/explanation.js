// The card that explains a field.

/** A tooltip for CodeMirror at `position`, or null when there is nothing to explain. */
export function explanation(view, position, hover) {
  return hover ? { pos: position, above: true, create: () => ({ dom: card(view.state, hover) }) } : null;
}

/** The card: field and API version, its full path, and one chip for each fact. */
function card(state, hover) {
  const { path, api_version, object_kind } = hover;
  const head = element("div", "ph-explain-head", element("code", "", path.split(".").at(-1)), element("span", "", api_version));
  const chips = facts(state, hover).map((fact) => element("span", "ph-chip", fact));
  const where = element("p", "", element("code", "", `${object_kind}.${path}`));
  return element("div", "ph-explain", head, element("div", "ph-explain-facts", ...chips), where);
}

/** Type, required or optional, default, and the values it can have. */
function facts(state, { kind, required, default: ifAbsent, one_of }) {
  const found = [kind, state.phrase(required ? "required" : "optional")];
  if (ifAbsent !== "") found.push(`${state.phrase("default")} ${ifAbsent}`);
  return [...found, ...one_of];
}

/** An element with a class and content. */
function element(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}
