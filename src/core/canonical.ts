/**
 * Canonical JSON (RFC 8785): one text for one value, whatever the order of its members. What the content hash of P2 is taken of.
 * Never sent to anyone: receivers get the publisher's own text (body.ts).
 */

/** Text that goes out as it is, among values that are still to be written. */
class Written {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/**
 * Takes what JSON.parse returns, and members that are `undefined`, which are left out as JSON.stringify does. Throws on anything
 * that JSON cannot say (NaN, bigint, functions). An explicit stack, not recursion: no nesting overflows it.
 *
 * Known limits: numbers are compared as doubles, as RFC 8785 does, so 2^53 and 2^53 + 1 are the same; a lone surrogate is
 * written as its escape, where the RFC would refuse it.
 */
export function canonicalJson(value: unknown): string {
  const pieces: string[] = [];
  const todo: unknown[] = [value];
  while (todo.length > 0) {
    const next = todo.pop();
    if (next instanceof Written) pieces.push(next.text);
    else if (Array.isArray(next)) openArray(next, pieces, todo);
    else if (typeof next === 'object' && next !== null) openObject(next, pieces, todo);
    else pieces.push(scalar(next));
  }
  return pieces.join('');
}

const COMMA = new Written(',');
const ARRAY_END = new Written(']');
const OBJECT_END = new Written('}');

function openArray(array: readonly unknown[], pieces: string[], todo: unknown[]): void {
  pieces.push('[');
  todo.push(ARRAY_END);
  for (let i = array.length - 1; i >= 0; i--) {
    todo.push(array[i]);
    if (i > 0) todo.push(COMMA);
  }
}

function openObject(object: object, pieces: string[], todo: unknown[]): void {
  pieces.push('{');
  todo.push(OBJECT_END);
  const members = Object.entries(object).filter(([, value]) => value !== undefined);
  // Sorting compares UTF-16 code units, as the RFC asks; localeCompare would not.
  members.sort(([a], [b]) => (a < b ? 1 : -1));
  members.forEach(([name, value], i) => {
    const comma = i < members.length - 1 ? ',' : '';
    todo.push(value, new Written(`${comma}${JSON.stringify(name)}:`));
  });
}

function scalar(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  throw new TypeError(`not a JSON value: ${typeof value}`);
}
