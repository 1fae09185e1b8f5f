/**
 * JSON as the publisher wrote it: a number that JavaScript would round or write differently keeps its text, so that an id of
 * 20 digits or a price of 1.10 leaves as it came. `JSON.stringify` of what this returns writes those texts (RFC 8259, section 6
 * leaves precision to the implementation; V8's JSON.rawJSON makes it exact).
 */
import { compareDecimals } from './decimal.ts';

type RawJson = { rawJSON: string };
type ExactJson = {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): RawJson;
  isRawJSON(value: unknown): value is RawJson;
};
// TypeScript's library does not know JSON.rawJSON and the reviver's context yet; V8 has both since 11.4.
const exact = JSON as unknown as ExactJson;

/** Numbers that do not come back as the same text are RawJSON objects. Throws SyntaxError, or RangeError on absurd nesting. */
export function parseExact(text: string): unknown {
  return exact.parse(text, (_key, value, context) =>
    typeof value === 'number' && context.source !== undefined && String(value) !== context.source
      ? exact.rawJSON(context.source)
      : value,
  );
}

/** For the fields that are ours to read: the number that JavaScript would have read. */
export function plainNumber(value: unknown): unknown {
  return exact.isRawJSON(value) ? Number(value.rawJSON) : value;
}

/**
 * The value with which two texts of the same content are compared: `1.0` and `1e0` become 1, as canonical JSON (RFC 8785) says.
 * Numbers that a double cannot hold stay as their text, so that two of them that differ are not taken for the same.
 */
export function comparable(value: unknown): unknown {
  if (exact.isRawJSON(value)) {
    const number = Number(value.rawJSON);
    return compareDecimals(String(number), value.rawJSON) === 0 ? number : { number: value.rawJSON };
  }
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, comparable(inner)]));
}
