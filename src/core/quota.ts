/**
 * How much an account may publish (E0): a bucket that fills at the quota's pace, up to a burst, and
 * that each event empties by one. Pure; the Account keeps the bucket in memory.
 *
 * A publish is judged as a whole: with at least one event in the bucket all of it goes through, and
 * what it takes beyond is waited for by those after it. So a batch is never half accepted, one
 * larger than the burst is never stuck, and the pace holds over time.
 */
import { SHARDS_MAX } from './ids.ts';
import {
  ENDPOINTS_PER_ACCOUNT_MAX,
  EVENTS_PER_SECOND_PER_SHARD,
  QUOTA_BURST_SECONDS,
  SHARDS_DEFAULT_MIN,
} from './limits.ts';

export type Quota = {
  /** Null: no limit. */
  eventsPerSecond: number | null;
  endpointsMax: number;
};

export const QUOTA_DEFAULT: Quota = { eventsPerSecond: null, endpointsMax: ENDPOINTS_PER_ACCOUNT_MAX };

export type QuotaExceeded = { reason: 'quota-exceeded'; eventsPerSecond: number; retryAfterMs: number };

/**
 * In thousandths of an event, so that whole numbers stay whole: one a second fills one in each
 * millisecond. Below 0: lent.
 */
export type Bucket = { thousandths: number; atMs: number };

const EVENT = 1_000;

/**
 * `bucket` is null for an account of which nothing is remembered: it has its burst. The bucket of
 * before stays where it is over.
 */
export function take(
  bucket: Bucket | null,
  eventsPerSecond: number,
  events: number,
  nowMs: number,
): { bucket: Bucket; exceeded: QuotaExceeded | null } {
  const full = eventsPerSecond * QUOTA_BURST_SECONDS * EVENT;
  // A clock that was set back fills nothing; a quota that was lowered takes from what was saved.
  const filled = bucket === null ? full : bucket.thousandths + Math.max(0, nowMs - bucket.atMs) * eventsPerSecond;
  const thousandths = Math.min(full, filled);
  if (events > 0 && thousandths < EVENT) {
    const retryAfterMs = Math.ceil((EVENT - thousandths) / eventsPerSecond);
    return {
      bucket: { thousandths, atMs: nowMs },
      exceeded: { reason: 'quota-exceeded', eventsPerSecond, retryAfterMs },
    };
  }
  return { bucket: { thousandths: thousandths - events * EVENT, atMs: nowMs }, exceeded: null };
}

/**
 * Shards of an account that does not say how many: an object takes a few hundred writes a second,
 * and an idle one costs nothing.
 */
export function shardsFor({ eventsPerSecond }: Quota): number {
  const wanted = Math.ceil((eventsPerSecond ?? 0) / EVENTS_PER_SECOND_PER_SHARD);
  return Math.min(SHARDS_MAX, Math.max(SHARDS_DEFAULT_MIN, wanted));
}
