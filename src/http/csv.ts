/** Rows of CSV (RFC 4180), safe to open in a spreadsheet. */

/**
 * What a spreadsheet would run as a formula when it opens the file: it gets an apostrophe, which
 * shows the cell as text. Event types, record keys and answers of receivers are written by others.
 * A text that begins with an apostrophe gets one more, so that no two texts are one cell: who reads
 * the file by program takes one apostrophe off.
 */
const QUOTED = /^['=+\-@\t\r\n]/;

/** Null is an empty cell; lists and objects are JSON. Numbers stay numbers, also below zero. */
export function csvRow(values: readonly unknown[]): string {
  return `${values.map(cell).join(',')}\r\n`;
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const safe = QUOTED.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
