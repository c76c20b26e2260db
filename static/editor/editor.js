// The YAML editor: CodeMirror 6 with the page's look, behind the few functions that frontend/src/editor.rs calls.
// Lines count from 1; columns count characters from 1 (CodeMirror counts UTF-16 units, `offset` and `place` convert).

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
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

/**
 * Makes an editor inside `parent`. `setup` is JSON ({text, label, phrases}), `callbacks` has `onChange(text)`,
 * `complete(text, line, column)` and `explain(text, line, column)`; the last two return JSON or undefined.
 */
export function create(parent, setup, callbacks) {
  const { text, label, phrases } = JSON.parse(setup);
  const naming = new Compartment();
  const extensions = [...behaviour(phrases), ...answers(callbacks), theme, readOnlyLines, naming.of(named(label))];
  const state = (doc) => EditorState.create({ doc, extensions });
  const view = new EditorView({ parent, state: state(text) });
  return handle(view, naming, extensions);
}

/** What every editor can do. */
function behaviour(phrases) {
  return [
    lineNumbers(), highlightActiveLineGutter(), foldGutter(), lintGutter(), history(), drawSelection(),
    indentOnInput(), indentUnit.of("  "), EditorState.tabSize.of(2), bracketMatching(), closeBrackets(),
    highlightActiveLine(), highlightSelectionMatches(), search({ top: true }), yaml(),
    EditorState.phrases.of(Object.fromEntries(phrases)),
    // Tab indents; CodeMirror itself lets the next Tab after Escape leave the editor.
    keymap.of([
      ...closeBracketsKeymap, ...completionKeymap, ...searchKeymap, ...lintKeymap, ...foldKeymap, ...historyKeymap,
      ...defaultKeymap, indentWithTab,
    ]),
  ];
}

/** What the page is asked and told. */
function answers(callbacks) {
  const ask = (question, state, position) => {
    const { line, column } = place(state.doc, position);
    const answer = question(state.doc.toString(), line, column);
    return answer === undefined || answer === null ? null : JSON.parse(answer);
  };
  const complete = ({ state, pos }) => completions(state, ask(callbacks.complete, state, pos));
  const hover = (view, pos) => explanation(pos, ask(callbacks.explain, view.state, pos));
  const changed = EditorView.updateListener.of((update) => {
    const own = update.transactions.some((it) => it.annotation(fromPage));
    if (update.docChanged && !own) callbacks.onChange(update.state.doc.toString());
  });
  return [autocompletion({ override: [complete], icons: false }), hoverTooltip(hover, { hoverTime: HOVER_MS }), changed];
}

/** The page's completions as CodeMirror takes them. */
function completions(state, answer) {
  if (!answer || answer.options.length === 0) return null;
  const options = answer.options.map((it, index) => ({
    label: it.label, detail: it.detail || undefined, info: it.info || undefined, apply: it.apply || undefined, boost: -Math.min(index, 99),
  }));
  return { from: offset(state.doc, answer.from), options, validFor: /^[\w.\-/]*$/ };
}

/** The content's attributes for assistive technology; spelling is not checked in YAML. */
function named(label) {
  return EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", autocapitalize: "off", lang: "en" });
}

/** The functions that the page calls. */
function handle(view, naming, extensions) {
  const own = { annotations: fromPage.of(true) };
  return {
    text: () => view.state.doc.toString(),
    setText: (text) => view.setState(EditorState.create({ doc: text, extensions })),
    setDiagnostics: (json) => view.dispatch(setDiagnostics(view.state, JSON.parse(json).map((it) => diagnostic(view.state, it)))),
    setReadOnlyLines: (json) => view.dispatch({ ...own, effects: setReadOnlyLines.of(JSON.parse(json)) }),
    setLabel: (label) => view.dispatch({ ...own, effects: naming.reconfigure(named(label)) }),
    reveal: (line, column) => {
      const anchor = offset(view.state.doc, { line, column });
      view.dispatch({ ...own, selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}

/** The page's diagnostic as CodeMirror takes it. */
function diagnostic(state, { from, to, severity, message, fix }) {
  const start = offset(state.doc, from);
  const actions = fix ? [{ name: fix.label, apply: (view, begin, end) => view.dispatch({ changes: { from: begin, to: end, insert: fix.text } }) }] : [];
  return { from: start, to: Math.max(start, offset(state.doc, to)), severity, message, actions };
}
