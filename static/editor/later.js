// What the editor can do beyond showing and changing text: completion, pairs of brackets, search. The first view goes
// without; it comes as a file of its own as soon as the page is up, or when the editor gets the focus.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { highlightSelectionMatches, openSearchPanel, search, searchKeymap } from "@codemirror/search";
import { Prec } from "@codemirror/state";
import { keymap } from "@codemirror/view";

export { openSearchPanel };

/** The extensions; `complete` takes CodeMirror's completion context and answers with completions. */
export function extensions(complete) {
  return [
    autocompletion({ override: [complete], icons: false }), closeBrackets(),
    highlightSelectionMatches(), search({ top: true }),
    // Before the editor's own keys: Backspace between two brackets removes both.
    Prec.high(keymap.of([...closeBracketsKeymap, ...completionKeymap, ...searchKeymap])),
  ];
}
