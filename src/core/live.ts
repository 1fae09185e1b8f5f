/**
 * Live status (L1): who views which records, when a viewer has read enough to be sent more, and why
 * one is closed. Pure.
 */
import type { AccountSettings } from './endpoint.ts';
import { VIEWER_READ_MS, VIEWER_UNREAD_BYTES_MAX } from './limits.ts';
import { isOwed } from './note.ts';
import type { RecordView } from './view.ts';

/** The protocol of our WebSockets, and what a token stands behind that comes beside it. */
export const LIVE_PROTOCOL = 'tubepost.live.v1';
export const TOKEN_PROTOCOL = 'tubepost.token.';
export const PING = 'ping';
export const PONG = 'pong';

/** Close codes are a promise to clients: 4000 and up are an application's own. */
export const CLOSE_CODES = {
  /** Connect again: nothing is wrong. */
  renew: 4000,
  'bad-message': 4400,
  'token-ended': 4401,
  'account-removed': 4404,
  /** Its messages were not read, or it sent no "ping". */
  'too-slow': 4408,
  unavailable: 4503,
} as const;
export type CloseReason = keyof typeof CLOSE_CODES;

/**
 * `key`: the id of the key that answers for it, also where a token of it asks; null: the
 * operator's.
 */
export type ViewerFacts = {
  records: string[];
  key: string | null;
  /** When its key or token ends, or its life as a connection, and which of them. */
  endsAtMs: number;
  endReason: 'token-ended' | 'renew';
  accountCreatedAtMs: number;
  /** It is shown what a customer may see. */
  isRecordToken: boolean;
};

/**
 * What a viewer was sent since it last said that it has read everything. Once that is much, the
 * next message asks; until it has answered it is sent nothing, and then the present.
 */
export type Reading = { unreadBytes: number; asked: { number: number; byMs: number } | null; count: number };

export const NOTHING_UNREAD: Reading = { unreadBytes: 0, asked: null, count: 0 };

/**
 * After a message of so many bytes. `ask`: the number that the message carries, to be sent back;
 * null: none.
 */
export function sent(reading: Reading, bytes: number, nowMs: number): { reading: Reading; ask: number | null } {
  const unreadBytes = reading.unreadBytes + bytes;
  if (unreadBytes < VIEWER_UNREAD_BYTES_MAX) return { reading: { ...reading, unreadBytes }, ask: null };
  const number = reading.count + 1;
  return { reading: { unreadBytes, count: number, asked: { number, byMs: nowMs + VIEWER_READ_MS } }, ask: number };
}

/** Null: that number was not asked for. */
export function acknowledged(reading: Reading, number: number): Reading | null {
  return reading.asked?.number === number ? { unreadBytes: 0, asked: null, count: reading.count } : null;
}

/**
 * When what is said of these deliveries changes though nothing happens: the next of them becomes
 * late, or later than that.
 */
export function nextLateMs(view: RecordView, targets: AccountSettings['targets'], nowMs: number): number | null {
  const times = view.endpoints.flatMap(({ delivery }) =>
    isOwed(delivery)
      ? [delivery.acceptedAtMs + targets.deliverWithinMs + 1, delivery.acceptedAtMs + targets.warnAfterMs + 1]
      : [],
  );
  const coming = times.filter((atMs) => atMs > nowMs);
  return coming.length === 0 ? null : Math.min(...coming);
}
