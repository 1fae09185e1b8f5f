/**
 * JSON that keeps every digit: a number that JavaScript would round (9007199254740993, 1.0) is
 * carried as it was written, through `parseExact` and then JSON.stringify.
 */

/** ECMAScript's source text access, which the types of this TypeScript do not know yet. */
type RawJson = { rawJSON: (text: string) => unknown };
type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;
const raw = JSON as unknown as RawJson;
const parse = JSON.parse as (text: string, reviver: Reviver) => unknown;

/** Throws a SyntaxError. */
export function parseExact(text: string): unknown {
  return parse(text, (_, value, { source }) => {
    if (typeof value !== 'number' || source === undefined || String(value) === source) return value;
    return raw.rawJSON(source);
  });
}
