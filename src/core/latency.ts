/**
 * Latencies as counts in fixed buckets. Fixed, so that counts of two windows, accounts or databases
 * add up to those of both, and so that the log counts them without sorting. A percentile from them
 * is off by at most LATENCY_ERROR: each bucket ends at most a fifth above where it begins, and its
 * geometric middle is answered; up to 8 ms each millisecond has a bucket, so there it is exact.
 */
import { TIMEOUT_MS_MAX } from './limits.ts';

const STEP = 1.2;
/** Relative; what lies beyond the last bound is shown as that bound. */
export const LATENCY_ERROR = 0.1;

/** Inclusive upper ends, in ms. One more bucket holds what is above the last. */
export const LATENCY_BOUNDS_MS: readonly number[] = bounds();

function bounds(): number[] {
  const ends = [0];
  // An attempt ends with its timeout, and is measured a little after it.
  while ((ends.at(-1) ?? 0) < TIMEOUT_MS_MAX * 2) {
    const last = ends.at(-1) ?? 0;
    ends.push(Math.max(last + 1, Math.floor(last * STEP)));
  }
  return ends;
}

/** Index of the bucket. The log counts by the same rule (store/log/tried.ts). */
export function bucketOf(latencyMs: number): number {
  const index = LATENCY_BOUNDS_MS.findIndex((end) => latencyMs <= end);
  return index === -1 ? LATENCY_BOUNDS_MS.length : index;
}

/**
 * The nearest rank: the smallest value that at least the share `q` (above 0, at most 1) of all is
 * not above. Null where there is none.
 */
export function percentile(counts: ReadonlyMap<number, number>, q: number): number | null {
  const total = [...counts.values()].reduce((sum, n) => sum + n, 0);
  if (total === 0) return null;
  let rank = Math.ceil(q * total);
  for (const [index, n] of [...counts].sort(([a], [b]) => a - b)) {
    rank -= n;
    if (rank <= 0) return middle(index);
  }
  return null;
}

function middle(index: number): number {
  const end = LATENCY_BOUNDS_MS[index] ?? LATENCY_BOUNDS_MS.at(-1) ?? 0;
  const start = index === 0 || index >= LATENCY_BOUNDS_MS.length ? end : (LATENCY_BOUNDS_MS[index - 1] ?? 0) + 1;
  return Math.round(Math.sqrt(start * end));
}
