/** The headers of a request: as it is sent, and, for readers, as it was sent. */
import type { Sent } from '../core/sent.ts';
import { HEADER_TRACEPARENT } from '../core/trace.ts';
import * as wire from '../signature.ts';

export const USER_AGENT = 'Tubepost/1.0 (+https://tubepost.dev)';
/** In place of the value of an endpoint's own header. */
export const HIDDEN_VALUE = '(hidden)';

/** `replay`: the delivery's id where it is a replay. */
type Facts = { eventId: string; attempt: number; replay: string | null };

/** Those of the contract (docs/contract.md). */
export function contractHeaders(
  { eventId, attempt, replay }: Facts,
  { timestamp, signature, previous, traceparent }: Pick<Sent, 'timestamp' | 'signature' | 'previous' | 'traceparent'>,
): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'user-agent': USER_AGENT,
    [wire.HEADER_ID]: eventId,
    [wire.HEADER_TIMESTAMP]: String(timestamp),
    [wire.HEADER_SIGNATURE]: signature,
    [wire.HEADER_ATTEMPT]: String(attempt),
    [wire.HEADER_PREVIOUS]: previous === null ? wire.PREVIOUS_NONE : String(previous),
  };
  if (replay !== null) headers[wire.HEADER_REPLAY] = replay;
  if (traceparent !== undefined) headers[HEADER_TRACEPARENT] = traceparent;
  return headers;
}

/**
 * What was sent, but for the values of the endpoint's own headers, and what the platform adds on
 * the way (host, length).
 */
export function sentRequest(sent: Sent, facts: Facts): { url: string; headers: Record<string, string> } {
  // Not by assignment: a header may be called `__proto__`.
  const own = Object.fromEntries(sent.own.map((name) => [name, HIDDEN_VALUE]));
  return { url: sent.url, headers: { ...contractHeaders(facts, sent), ...own } };
}
