// The YAML editor: CodeMirror 6 with the page's look, behind the few functions that frontend/src/editor.rs calls.
// What comes in and goes out as JSON has the names of that file and of shared/src/playground/protocol.rs.

import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { Annotation, Compartment, EditorState } from "@codemirror/state";
import {
  drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, hoverTooltip, keymap, lineNumbers,
} from "@codemirror/view";
import { explanation } from "./explanation.js";
import { offset, place } from "./places.js";
import { readOnlyLines, setReadOnlyLines } from "./read-only.js";
import { theme } from "./theme.js";

/** Marks changes that the page made, which it need not be told of. */
const fromPage = Annotation.define();

/** How long the pointer rests on a field before it is explained, in milliseconds. */
const HOVER_MS = 300;

/** How long after its start an editor that nobody touches fetches what else it can do, in milliseconds. */
const LATER_MS = 1000;

/** What a completion replaces and goes on with: a key, a word, a path, an image. */
const WORD = /[\w.\-/$]*/;
const WORD_ONLY = /^[\w.\-/$]*$/;

/**
 * Makes an editor inside `parent`. `setup` is JSON ({text, words}); `callbacks` has `onChange(text)` and
 * `complete` and `explain`, both (text, line, column, reply), where `reply` takes the answer as JSON.
 */
export function create(parent, setup, callbacks) {
  const { text, words } = JSON.parse(setup);
  const language = new Compartment();
  const rest = new Compartment();
  let more = [];
  const begin = once(async () => {
    const part = await import("./later.js");
    more = part.extensions(completer(callbacks));
    view.dispatch({ annotations: fromPage.of(true), effects: rest.reconfigure(more) });
    return part;
  });
  const fixed = [...behaviour(), searchOnceThere(begin), ...answers(callbacks), theme, readOnlyLines];
  const state = (doc, spoken) => EditorState.create({ doc, extensions: [...fixed, rest.of(more), language.of(spoken)] });
  const view = new EditorView({ parent, state: state(text, inWords(words)) });
  view.contentDOM.addEventListener("focus", begin, { once: true });
  setTimeout(begin, LATER_MS);
  return handle(view, language, state);
}

/** `load`, run at the first call only, and again after a failure: without a connection the editor stays as it is. */
function once(load) {
  let loading;
  const failed = (error) => {
    loading = undefined;
    console.info(`The editor has no completion and no search: ${error}`);
  };
  return () => (loading ??= load().catch(failed));
}

/** The search key of an editor whose search is still on its way. */
function searchOnceThere(begin) {
  const run = (view) => {
    begin().then((part) => part?.openSearchPanel(view));
    return true;
  };
  return keymap.of([{ key: "Mod-f", run }]);
}

/** What every editor can do. */
function behaviour() {
  return [
    lineNumbers(), highlightActiveLineGutter(), foldGutter(), lintGutter(), history(), drawSelection(),
    indentOnInput(), indentUnit.of("  "), EditorState.tabSize.of(2), bracketMatching(),
    highlightActiveLine(), yaml(),
    // Tab indents; CodeMirror itself lets the next Tab after Escape leave the editor.
    keymap.of([...lintKeymap, ...foldKeymap, ...historyKeymap, ...defaultKeymap, indentWithTab]),
  ];
}

/** Puts a question about a position of the text to the page. */
function ask(question, state, position) {
  return new Promise((resolve) => {
    const { line, column } = place(state.doc, position);
    question(state.doc.toString(), line, column, (json) => resolve(JSON.parse(json)));
  });
}

/** What completes: the page's answer as CodeMirror takes it. */
function completer(callbacks) {
  return async (context) => completions(context, await ask(callbacks.complete, context.state, context.pos));
}

/** What the page is asked and told. */
function answers(callbacks) {
  const hover = async (view, position) => explanation(view, position, await ask(callbacks.explain, view.state, position));
  const changed = EditorView.updateListener.of((update) => {
    const own = update.transactions.some((it) => it.annotation(fromPage));
    if (update.docChanged && !own) callbacks.onChange(update.state.doc.toString());
  });
  return [hoverTooltip(hover, { hoverTime: HOVER_MS }), changed];
}

/** The page's completions as CodeMirror takes them; their order stays. */
function completions(context, found) {
  if (found.length === 0) return null;
  const options = found.map(({ label, detail }, index) => ({ label, detail, boost: -Math.min(index, 99) }));
  return { from: context.matchBefore(WORD)?.from ?? context.pos, options, validFor: WORD_ONLY };
}

/** The editor's words and its name for assistive technology. Spelling is not checked: YAML is no prose. */
function inWords({ label, phrases }) {
  return [
    EditorState.phrases.of(Object.fromEntries(phrases)),
    EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", autocapitalize: "off", lang: "en" }),
  ];
}

/** The functions that the page calls. */
function handle(view, language, state) {
  const tell = (change) => view.dispatch({ annotations: fromPage.of(true), ...change });
  return {
    text: () => view.state.doc.toString(),
    setText: (text) => view.setState(state(text, language.get(view.state))),
    setDiagnostics: (json) => {
      const diagnostics = JSON.parse(json).map((it) => diagnostic(view.state, it));
      view.dispatch(setDiagnostics(view.state, diagnostics));
    },
    setReadOnlyLines: (json) => tell({ effects: setReadOnlyLines.of(JSON.parse(json)) }),
    setWords: (json) => tell({ effects: language.reconfigure(inWords(JSON.parse(json))) }),
    reveal: (line, column) => {
      const anchor = offset(view.state.doc, line, column);
      tell({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}

/** The page's diagnostic as CodeMirror takes it. */
function diagnostic(state, { line, column, end_column, error, message, fix }) {
  const from = offset(state.doc, line, column);
  const to = Math.max(from, offset(state.doc, line, end_column));
  const insert = (view, begin, end) => view.dispatch({ changes: { from: begin, to: end, insert: fix } });
  const actions = fix === null ? [] : [{ name: state.phrase("Fix"), apply: insert }];
  return { from, to, severity: error ? "error" : "warning", message, actions };
}
