// The editor's look; every value is a token of static/styles/tokens.css, so light and dark need no second theme.

import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const look = EditorView.theme({
  "&": { height: "100%", color: "var(--ph-text)", backgroundColor: "var(--ph-surface)", fontSize: "var(--ph-fs-12)" },
  "&.cm-focused": { outline: "2px solid var(--ph-focus)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--ph-mono)", fontFeatureSettings: '"calt" 0, "zero" 1', lineHeight: "var(--ph-lh-code)" },
  ".cm-content": { caretColor: "var(--ph-accent)" },
  ".cm-cursor": { borderLeftColor: "var(--ph-accent)" },
  ".cm-gutters": { backgroundColor: "var(--ph-surface)", color: "var(--ph-text-3)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--ph-hover)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--ph-accent-soft)" },
  ".cm-selectionMatch, .cm-searchMatch": { backgroundColor: "var(--ph-warn-soft)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--ph-accent-soft)" },
  ".ph-read-only": { backgroundColor: "var(--ph-sunken)" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--ph-bad)", textUnderlineOffset: "3px" },
  ".cm-lintRange-warning": { backgroundImage: "none", textDecoration: "underline wavy var(--ph-warn)", textUnderlineOffset: "3px" },
  ".cm-lintRange-info": { backgroundImage: "none", textDecoration: "underline dotted var(--ph-info)", textUnderlineOffset: "3px" },
  ".cm-tooltip": {
    backgroundColor: "var(--ph-raised)", color: "var(--ph-text)", border: "1px solid var(--ph-line-strong)",
    borderRadius: "var(--ph-r-3)", boxShadow: "var(--ph-shadow-pop)", fontFamily: "var(--ph-font)", overflow: "hidden",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--ph-mono)", maxHeight: "16em" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--ph-accent-solid)", color: "var(--ph-on-accent)" },
  ".cm-completionDetail": { color: "inherit", fontStyle: "normal", marginLeft: "var(--ph-s-5)" },
  ".cm-diagnostic": { padding: "var(--ph-s-3) var(--ph-s-4)", borderLeftWidth: "3px" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--ph-bad)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--ph-warn)" },
  ".cm-diagnosticAction": { backgroundColor: "var(--ph-accent-solid)", color: "var(--ph-on-accent)", borderRadius: "var(--ph-r-2)" },
  ".cm-panels": { backgroundColor: "var(--ph-surface)", color: "var(--ph-text)", borderColor: "var(--ph-line)" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--ph-sunken)", border: "1px solid var(--ph-line-control)", color: "var(--ph-text)" },
  ".cm-textfield": { backgroundColor: "var(--ph-surface)", border: "1px solid var(--ph-line-control)", color: "var(--ph-text)" },
  ".ph-explain": { padding: "var(--ph-s-4) var(--ph-s-5)", maxWidth: "280px", fontSize: "var(--ph-fs-12)" },
  ".ph-explain-head": { display: "flex", justifyContent: "space-between", gap: "var(--ph-s-5)", color: "var(--ph-text-3)" },
  ".ph-explain-head code": { fontFamily: "var(--ph-mono)", color: "var(--ph-text)" },
  ".ph-explain-facts": { display: "flex", flexWrap: "wrap", gap: "var(--ph-s-2)", margin: "var(--ph-s-3) 0" },
  ".ph-explain .ph-chip": { backgroundColor: "var(--ph-sunken)", borderRadius: "var(--ph-r-1)", padding: "1px var(--ph-s-3)" },
  ".ph-explain p": { margin: "0", lineHeight: "var(--ph-lh-body)" },
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--ph-code-key)" },
  { tag: [tags.string, tags.content, tags.attributeValue, tags.literal], color: "var(--ph-code-str)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--ph-code-num)" },
  { tag: [tags.comment, tags.lineComment], color: "var(--ph-code-com)" },
  { tag: [tags.punctuation, tags.separator, tags.bracket, tags.meta], color: "var(--ph-code-punc)" },
  { tag: [tags.typeName, tags.labelName, tags.keyword], color: "var(--ph-code-num)" },
]);

export const theme = [look, syntaxHighlighting(colours)];
