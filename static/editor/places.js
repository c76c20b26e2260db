// Places in the text: lines and columns from 1, columns in UTF-16 units, against CodeMirror's offsets.

/** The offset of a place; a place outside the text becomes the nearest one inside. */
export function offset(doc, line, column) {
  const row = doc.line(Math.min(Math.max(line, 1), doc.lines));
  return Math.min(row.from + Math.max(column, 1) - 1, row.to);
}

/** The place of an offset. */
export function place(doc, position) {
  const row = doc.lineAt(position);
  return { line: row.number, column: position - row.from + 1 };
}
