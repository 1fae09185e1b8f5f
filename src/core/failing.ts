/**
 * Since when an endpoint has done nothing but fail (C8), as far as its Gate has heard: about an
 * hour exact, because each correction is a row. The log has the last word before anything follows
 * from it. Pure.
 */
import type { Report } from './report.ts';
import { FAILING_DAY_MS, FAILING_DAYS_MIN, FAILING_EXACT_MS, FAILING_MS_MAX } from './limits.ts';

/** `days`: on how many of them it failed; `day`: the last. Null: it never did. */
export type Failing = { sinceMs: number; days: number; day: number } | null;

/** The same object where nothing changes that is worth a row. */
export function failingAfter(failing: Failing, { answer, successes }: Report, nowMs: number): Failing {
  const isFailure = answer !== 'delivered';
  const day = Math.floor(nowMs / FAILING_DAY_MS);
  if (!isFailure || successes > 0) {
    const isStale = failing !== null && nowMs - failing.sinceMs >= FAILING_EXACT_MS;
    return isStale ? { sinceMs: nowMs, days: Number(isFailure), day } : failing;
  }
  if (failing === null) return { sinceMs: nowMs, days: 1, day };
  return failing.day === day ? failing : { ...failing, days: failing.days + 1, day };
}

/** For long enough, and on enough days, to ask the log whether to disable it. */
export function isFailingForDays(failing: Failing, nowMs: number): failing is NonNullable<Failing> {
  return failing !== null && nowMs - failing.sinceMs >= FAILING_MS_MAX && failing.days >= FAILING_DAYS_MIN;
}
