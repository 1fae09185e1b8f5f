/**
 * Text as a limit counts it and as a message shows it. Knows no field: event-rules.ts and
 * endpoint-rules.ts do.
 */
import { SHOWN_VALUE_CHARS_MAX } from './limits.ts';

/**
 * What is invisible or moves the text around it when printed: controls, format characters, line
 * separators.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
/** C0, DEL and C1. */
const CONTROL = /\p{Cc}/u;

/**
 * Bytes of the text in UTF-8; a lone surrogate counts as the three bytes of the replacement
 * character it becomes.
 */
export function utf8Bytes(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else if (isPairAt(text, i)) {
      bytes += 4;
      i++;
    } else bytes += 3;
  }
  return bytes;
}

function isPairAt(text: string, i: number): boolean {
  return (text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00;
}

/** `U+0007`. */
function codePoint(char: string): string {
  return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

function printable(char: string): string {
  return UNPRINTABLE.test(char) ? `\\u{${codePoint(char).slice(2)}}` : JSON.stringify(char).slice(1, -1);
}

/**
 * A refused value for an error message: quoted, harmless to print, and cut to SHOWN_VALUE_CHARS_MAX
 * characters between the quotes. Never for secrets and header values: their rules say what is wrong
 * without showing it.
 */
export function shown(value: string | number): string {
  if (typeof value === 'number') return String(value);
  let text = '';
  for (const char of value) {
    const piece = printable(char);
    if (text.length + piece.length > SHOWN_VALUE_CHARS_MAX) return `"${text}"… (${value.length} characters)`;
    text += piece;
  }
  return `"${text}"`;
}

/** A number as it was written, which may be longer than anyone reads. */
export function shownNumber(written: string): string {
  if (written.length <= SHOWN_VALUE_CHARS_MAX) return written;
  return `${written.slice(0, SHOWN_VALUE_CHARS_MAX)}… (${written.length} characters)`;
}

/**
 * Null, or a sentence on what keeps the text from being a clean line of `bytesMin` to `bytesMax`
 * bytes.
 */
export function checkText(value: string, bytesMin: number, bytesMax: number): string | null {
  const bytes = utf8Bytes(value);
  if (bytes < bytesMin || bytes > bytesMax) {
    return `must have ${bytesMin} to ${bytesMax} bytes of UTF-8; ${shown(value)} has ${bytes}`;
  }
  if (!value.isWellFormed()) return `must be well-formed Unicode; ${shown(value)} has half of a surrogate pair`;
  const control = CONTROL.exec(value);
  if (control !== null) {
    return `must have no control characters; ${shown(value)} has ${codePoint(control[0])} at position ${control.index}`;
  }
  return null;
}

/** The text with its first letter in upper case. */
export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
