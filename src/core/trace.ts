/**
 * W3C Trace Context (https://www.w3.org/TR/trace-context/): the trace of a publish, kept with its
 * event, and the spans of its attempts. A span's id is made from what it is of, so the header that
 * a receiver got and the span that a collector gets name the same, with nothing stored for it.
 * Pure.
 */

/** The header, of a publish and of an attempt. */
export const HEADER_TRACEPARENT = 'traceparent';

export type Trace = { traceId: string; spanId: string; flags: string };

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/**
 * Null for what is no traceparent: the standard has it ignored, not refused. A newer version may
 * have more at its end.
 */
export function parseTraceparent(header: string | null | undefined): Trace | null {
  const match = TRACEPARENT.exec(header?.trim() ?? '');
  if (match === null) return null;
  const [, version = '', traceId = '', spanId = '', flags = '', more] = match;
  if (version === 'ff' || (version === '00' && more !== undefined)) return null;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  return { traceId, spanId, flags };
}

export function traceparentOf({ traceId, spanId, flags }: Trace): string {
  return `00-${traceId}-${spanId}-${flags}`;
}

/** 16 hex digits, never all zero. The same for the same id. */
export function spanIdOf(id: string): string {
  return nonZero(hash64(id, 0n));
}

/** 32 hex digits: the trace of an event whose publish had none. */
export function traceIdOf(id: string): string {
  return nonZero(hash64(id, 1n)) + nonZero(hash64(id, 2n));
}

/**
 * What an attempt sends for a publish's traceparent: the same trace, with the attempt's own span.
 * Null: the publish had none.
 */
export function traceparentOfAttempt(ofPublish: string | undefined, attempt: string): string | null {
  const trace = parseTraceparent(ofPublish);
  return trace === null ? null : traceparentOf({ ...trace, spanId: spanIdOf(attempt) });
}

const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;

/** FNV-1a over UTF-16 units (https://www.rfc-editor.org/rfc/rfc9923): spread, and not secret. */
function hash64(text: string, seed: bigint): bigint {
  let hash = FNV_OFFSET ^ seed;
  for (let at = 0; at < text.length; at += 1) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(at))) * FNV_PRIME);
  }
  return hash;
}

function nonZero(hash: bigint): string {
  return (hash === 0n ? 1n : hash).toString(16).padStart(16, '0');
}
