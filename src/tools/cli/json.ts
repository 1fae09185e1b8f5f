/**
 * JSON that keeps every digit: a number that JavaScript would round (9007199254740993, 1.0) is
 * carried as it was written. Publishers' data passes through the command line in both directions,
 * and an id of 20 digits must come out as it went in.
 */
import { EXIT, Failure } from './exit.ts';

/**
 * ECMAScript's JSON.parse source text access, which the types of this TypeScript do not know yet.
 */
type RawJson = { rawJSON: (text: string) => unknown };
type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;
const raw = JSON as unknown as RawJson;
const parse = JSON.parse as (text: string, reviver: Reviver) => unknown;

/** Throws a SyntaxError. */
export function parseJson(text: string): unknown {
  return parse(text, (_, value, { source }) => {
    if (typeof value !== 'number' || source === undefined || String(value) === source) return value;
    return raw.rawJSON(source);
  });
}

/** What a person gave as `what`. */
export function readJson(text: string, what: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw new Failure(EXIT.usage, `${what} must be JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * One line, or indented. No control character reaches a terminal: JSON.stringify leaves those from
 * U+007F to U+009F as they are.
 */
export function formatJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replaceAll(
    // Between the quotes of a text, or nowhere: JSON itself is ASCII.
    /\p{Cc}/gu,
    (character) => (character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}
