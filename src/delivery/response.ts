/**
 * What is kept of a receiver's answer (C6): a little of the body, and of failures the headers.
 * Everything here is foreign text: capped, decoded without ever throwing, and the rest dropped
 * unread.
 */
import { RESPONSE_HEADER_BYTES_MAX, RESPONSE_HEADERS_BYTES_MAX, RESPONSE_HEADERS_MAX } from '../core/limits.ts';
import type { ReceiverDirective } from '../core/outcome.ts';
import { utf8Bytes } from '../core/text.ts';

/** Cookies are somebody's session: never stored. */
const DROPPED_HEADERS = new Set(['set-cookie', 'set-cookie2']);

/**
 * The first `bytesMax` bytes as text, or as much as came before `ended` resolved or the connection
 * broke; null if nothing did. Afterwards the stream is cancelled, so that the sender of an endless
 * body is cut off.
 */
export async function readStart(
  body: ReadableStream<Uint8Array> | null,
  bytesMax: number,
  ended: Promise<void>,
): Promise<string | null> {
  if (body === null) return null;
  const reader = body.getReader();
  const kept = new Uint8Array(bytesMax);
  let length = 0;
  let isWhole = false;
  try {
    // Ends: each turn adds bytes, or the body ends, or `ended` resolves.
    while (length < bytesMax) {
      const read = await Promise.race([reader.read(), ended]);
      if (read === undefined) break;
      if (read.done) {
        isWhole = true;
        break;
      }
      const part = read.value.subarray(0, bytesMax - length);
      kept.set(part, length);
      length += part.length;
    }
  } catch {
    // A reset, a timeout or a broken encoding after the headers: the status stands, and what was
    // read is kept.
  }
  // Not awaited: a stream that will not be cancelled must not hold the outcome.
  if (!isWhole) reader.cancel().catch(() => undefined);
  return length === 0 ? null : decode(kept.subarray(0, length), isWhole, bytesMax);
}

/**
 * By name, in lower case. A value too long is cut; what does not fit into the whole is left out.
 */
export function keptHeaders(headers: Headers): Record<string, string> {
  const kept: [string, string][] = [];
  let bytes = 0;
  for (const [name, value] of headers) {
    if (kept.length === RESPONSE_HEADERS_MAX) break;
    if (DROPPED_HEADERS.has(name) || name.length > RESPONSE_HEADER_BYTES_MAX) continue;
    const shown = cutToBytes(withoutNul(value), RESPONSE_HEADER_BYTES_MAX);
    const size = utf8Bytes(name) + utf8Bytes(shown);
    if (bytes + size > RESPONSE_HEADERS_BYTES_MAX) continue;
    bytes += size;
    kept.push([name, shown]);
  }
  // Not by assignment: a header may be called `__proto__`.
  return Object.fromEntries(kept);
}

/** Null for anything but the two words of the contract (C5). */
export function parseDirective(value: string | null): ReceiverDirective | null {
  const word = value?.trim().toLowerCase();
  return word === 'disable' || word === 'abort-message' ? word : null;
}

/** The longest start of `text` within `bytesMax` UTF-8 bytes that does not cut a character. */
export function cutToBytes(text: string, bytesMax: number): string {
  // encodeInto stops before a character that does not fit whole.
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytesMax));
  return text.slice(0, read);
}

/** Each byte that is no UTF-8 becomes U+FFFD, three bytes: hence the second cut. */
function decode(bytes: Uint8Array, isWhole: boolean, bytesMax: number): string {
  const text = new TextDecoder().decode(bytes, { stream: !isWhole });
  return cutToBytes(withoutNul(text), bytesMax);
}

/** SQLite's text functions and JSON stop at U+0000. */
function withoutNul(text: string): string {
  return text.replaceAll('\u0000', '\uFFFD');
}
