/**
 * A verified request as an event. It is read permissively, because senders add fields: what is
 * unknown is passed over, what is absent or of another kind is null. Only an event without a type
 * is none.
 */
import { HEADER_ATTEMPT, HEADER_PREVIOUS, HEADER_REPLAY, PREVIOUS_NONE } from '../signature.ts';
import { headerOf, type Incoming } from './verify.ts';

export type WebhookEvent = {
  /** `webhook-id`: the same for every attempt and every replay. */
  id: string;
  type: string;
  /** When it happened, as the sender wrote it. */
  timestamp: string | null;
  record: string | null;
  /** Its place among the events of its record, from 1. */
  sequence: number | null;
  version: number | null;
  schemaVersion: string | null;
  data: unknown;
  /**
   * The signed text. It has the digits of numbers that `JSON.parse` rounds in `data`. Null for an
   * event of a filled gap.
   */
  body: string | null;
  /** Not signed, as the two below: what only a header says. Null for an event of a filled gap. */
  attempt: number | null;
  /** The sequence that was sent before this one, or `none`; null where the sender does not say. */
  previous: number | 'none' | null;
  /** The id of the replaying delivery; null unless this is a replay. */
  replay: string | null;
};

export type EventFault =
  { reason: 'not-utf-8' } | { reason: 'not-json' } | { reason: 'not-an-object' } | { reason: 'no-type' };

/** Ids of deliveries have some 80 characters; what is longer was not made by the sender. */
const REPLAY_CHARS_MAX = 256;

export function parseEvent(
  id: string,
  { headers, body }: Incoming,
): { ok: true; value: WebhookEvent } | { ok: false; error: EventFault } {
  const text = textOf(body);
  if (text === null) return { ok: false, error: { reason: 'not-utf-8' } };
  const parsed = jsonOf(text);
  if (!parsed.ok) return { ok: false, error: { reason: 'not-json' } };
  const fields = parsed.value;
  if (!isObject(fields)) return { ok: false, error: { reason: 'not-an-object' } };
  if (typeof fields['type'] !== 'string') return { ok: false, error: { reason: 'no-type' } };

  const previous = headerOf(headers, HEADER_PREVIOUS);
  const value = {
    id,
    type: fields['type'],
    timestamp: textField(fields['timestamp']),
    record: textField(fields['record']),
    sequence: integerField(fields['sequence']),
    version: integerField(fields['version']),
    schemaVersion: textField(fields['schemaVersion']),
    data: fields['data'] ?? null,
    body: text,
    attempt: digits(headerOf(headers, HEADER_ATTEMPT)),
    previous: previous === PREVIOUS_NONE ? ('none' as const) : digits(previous),
    replay: headerOf(headers, HEADER_REPLAY)?.slice(0, REPLAY_CHARS_MAX) ?? null,
  };
  return { ok: true, value };
}

function textOf(body: Incoming['body']): string | null {
  if (typeof body === 'string') return body;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return null;
  }
}

function jsonOf(text: string): { ok: true; value: unknown } | { ok: false } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false };
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textField(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** Beyond 2^53 two numbers may have become one: then there is nothing to compare. */
function integerField(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}

function digits(text: string | null): number | null {
  return text !== null && /^[0-9]{1,15}$/.test(text) ? Number(text) : null;
}
