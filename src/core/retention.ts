/**
 * How long a Record keeps what has ended (O4), and when it is to look: payloads for the account's `payloadDays`, rows for its
 * `logDays`, both from the end of the event's last delivery, and at most a tenth longer. Pure.
 */
import type { AccountSettings } from './endpoint.ts';
import { DAY_MS, QUIET_RING_MS, RETENTION_DAYS_MIN, RETENTION_SLACK_SHARE } from './limits.ts';

/** From the end of an event. */
export type KeptMs = { payload: number; rows: number };

/** When the longest ended events ended, or before: of those with a payload, and of all. Infinity: there are none. */
export type OldestEnds = { payloadMs: number; rowsMs: number };

/** What every account keeps: for as long as its own days are not known. */
export const KEPT_AT_LEAST: KeptMs = { payload: RETENTION_DAYS_MIN * DAY_MS, rows: RETENTION_DAYS_MIN * DAY_MS };

/** Ids are remembered for 7 days, whatever the log keeps (P2). */
export function keptFor({ retention: { payloadDays, logDays } }: Pick<AccountSettings, 'retention'>): KeptMs {
  return { payload: payloadDays * DAY_MS, rows: Math.max(logDays, RETENTION_DAYS_MIN) * DAY_MS };
}

/**
 * At which millisecond of an hour a quiet Record rings (record/alarm.ts): its own, drawn from its `hash`, or those of an account would
 * all ask it for its settings in one moment. It never changes: alarms that are armed are told apart by it.
 */
export function quietPhaseMs(hash: string): number {
  const [digits, base] = [6, 36];
  return Number.parseInt(hash.slice(0, digits), base) % QUIET_RING_MS;
}

/** The last moment to look: what ended before then may go a little later than its days, together with what ended after it. */
export function lookDueMs(oldest: OldestEnds, kept: KeptMs): number {
  const withSlack = 1 + RETENTION_SLACK_SHARE;
  return Math.min(oldest.payloadMs + kept.payload * withSlack, oldest.rowsMs + kept.rows * withSlack);
}
