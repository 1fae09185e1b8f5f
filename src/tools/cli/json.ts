/**
 * JSON that keeps every digit: a number that JavaScript would round (9007199254740993, 1.0) is
 * carried as it was written. Publishers' data passes through the command line in both directions,
 * and an id of 20 digits must come out as it went in.
 */
import { parseExact } from '../../client/exact-json.ts';
import { EXIT, Failure } from './exit.ts';

/** What a person gave as `what`. */
export function readJson(text: string, what: string): unknown {
  try {
    return parseExact(text);
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
