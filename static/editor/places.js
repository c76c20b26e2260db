// Places in the text: lines from 1 and columns from 1 in characters, against CodeMirror's UTF-16 offsets.

/** The offset of a place; a place outside the text becomes the nearest one inside. */
export function offset(doc, { line, column }) {
  const row = doc.line(Math.min(Math.max(line, 1), doc.lines));
  let units = 0;
  let characters = 1;
  for (const character of row.text) {
    if (characters >= column) break;
    units += character.length;
    characters += 1;
  }
  return row.from + units;
}

/** The place of an offset. */
export function place(doc, position) {
  const row = doc.lineAt(position);
  return { line: row.number, column: [...row.text.slice(0, position - row.from)].length + 1 };
}
