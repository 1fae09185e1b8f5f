/**
 * How long a Shard keeps what has ended (O4): payloads for the account's `payloadDays`, rows for
 * its `logDays`, both from the end of the event's last delivery, and at most a tenth longer. Pure.
 */
import type { AccountSettings } from './endpoint.ts';
import { DAY_MS, RETENTION_DAYS_MIN, RETENTION_SLACK_SHARE } from './limits.ts';

/** From the end of an event. */
export type KeptMs = { payload: number; rows: number };

/** Ids are remembered for 7 days, whatever the log keeps (P2). */
export function keptFor({ retention: { payloadDays, logDays } }: Pick<AccountSettings, 'retention'>): KeptMs {
  return { payload: payloadDays * DAY_MS, rows: Math.max(logDays, RETENTION_DAYS_MIN) * DAY_MS };
}

/**
 * From one pass over what is stored to the next: what a pass has just missed goes with the next
 * one, within the slack.
 */
export function passEveryMs(account: Pick<AccountSettings, 'retention'>): number {
  const { payload, rows } = keptFor(account);
  return Math.min(payload, rows) * RETENTION_SLACK_SHARE;
}
