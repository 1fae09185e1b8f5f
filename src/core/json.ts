/**
 * JSON as the publisher wrote it: a number that JavaScript would round or write differently keeps
 * its text, so that an id of 20 digits or a price of 1.10 leaves as it came. `JSON.stringify` of
 * what this returns writes those texts (RFC 8259, section 6 leaves precision to the implementation;
 * V8's JSON.rawJSON makes it exact).
 */
import { compareDecimals } from './decimal.ts';

type RawJson = { rawJSON: string };
type ExactJson = {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): RawJson;
  isRawJSON(value: unknown): value is RawJson;
};
// TypeScript's library does not know JSON.rawJSON and the reviver's context yet; V8 has both since
// 11.4.
const exact = JSON as unknown as ExactJson;

/**
 * Numbers that do not come back as the same text are RawJSON objects. Throws SyntaxError, or
 * RangeError on absurd nesting.
 */
export function parseExact(text: string): unknown {
  return exact.parse(text, (_key, value, context) =>
    typeof value === 'number' && context.source !== undefined && String(value) !== context.source
      ? exact.rawJSON(context.source)
      : value,
  );
}

/** One number as it is written. */
export function exactNumberOf(written: string): unknown {
  const number = Number(written);
  return String(number) === written ? number : exact.rawJSON(written);
}

/** For the fields that are ours to read: the number that JavaScript would have read. */
export function plainNumber(value: unknown): unknown {
  return exact.isRawJSON(value) ? Number(value.rawJSON) : value;
}

export function isRawJson(value: unknown): value is RawJson {
  return exact.isRawJSON(value);
}

const SAFE_CHARS = 15;

/**
 * A number that a double holds, however it was written, as that double; any other stays RawJSON.
 * All else as it is.
 */
export function exactNumber(value: unknown): unknown {
  if (!exact.isRawJSON(value)) return value;
  const number = Number(value.rawJSON);
  const size = Math.abs(number);
  // Any 15 digits come back from a double, far from its ends.
  if (value.rawJSON.length <= SAFE_CHARS && size > 1e-290 && size < 1e290) return number;
  return compareDecimals(String(number), value.rawJSON) === 0 ? number : value;
}
