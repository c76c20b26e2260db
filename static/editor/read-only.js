// Lines that cannot be edited, and how they look.

import { EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView } from "@codemirror/view";

/** Makes these lines, and no others, read-only: a list of {first, last}, from 1. */
export const setReadOnlyLines = StateEffect.define();

const mark = Decoration.line({ class: "ph-read-only", attributes: { "aria-readonly": "true" } });

/** The marks at the beginning of each read-only line. */
const field = StateField.define({
  create: () => Decoration.none,
  update(marks, transaction) {
    const effects = transaction.effects.filter((it) => it.is(setReadOnlyLines));
    const moved = marks.map(transaction.changes);
    return effects.reduce((_, effect) => marksOf(transaction.state.doc, effect.value), moved);
  },
  provide: (own) => EditorView.decorations.from(own),
});

/** One mark for each line of `ranges` that the text has. */
function marksOf(doc, ranges) {
  const numbers = new Set();
  for (const { first, last } of ranges) {
    for (let number = Math.max(first, 1); number <= Math.min(last, doc.lines); number += 1) numbers.add(number);
  }
  const starts = [...numbers].sort((left, right) => left - right).map((number) => doc.line(number).from);
  return Decoration.set(starts.map((start) => mark.range(start)));
}

/** Whether a change touches a read-only line: its text, either of its ends, or the line break after it. */
function touches(state, changes) {
  const marks = state.field(field);
  let touched = false;
  changes.iterChangedRanges((from, to) => {
    const first = state.doc.lineAt(from);
    const last = state.doc.lineAt(to);
    marks.between(first.from, last.from, () => {
      touched = true;
      return false;
    });
  });
  return touched;
}

/** The extension; a change by the user that would touch a read-only line is dropped. */
export const readOnlyLines = [
  field,
  EditorState.changeFilter.of(({ startState, changes }) => !touches(startState, changes)),
];
