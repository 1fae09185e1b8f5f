/**
 * What a window of attempts says of an endpoint (V4). Pure: the log counts groups, this adds them
 * up. An attempt that was lost or not sent says something of us and nothing of the endpoint, so it
 * counts in no rate and no latency.
 */
import { percentile } from './latency.ts';
import { type ErrorKind, isOurs } from './outcome.ts';

/** Attempts that are alike. `bucket` is one of latency.ts. */
export type AttemptGroup = {
  statusCode: number | null;
  errorKind: ErrorKind | null;
  bucket: number;
  count: number;
  lastAtMs: number;
};

export type WindowHealth = {
  attempts: number;
  succeeded: number;
  failed: number;
  lost: number;
  notSent: number;
  /** Of those whose outcome is known, from 0 to 1; null where there are none. */
  successRate: number | null;
  latencyMs: { p50: number | null; p95: number | null; p99: number | null };
  /** By code, as text. */
  statusCodes: Record<string, number>;
  /** By the kind of error. */
  errors: Partial<Record<ErrorKind, number>>;
};

export function windowHealth(groups: readonly AttemptGroup[]): WindowHealth {
  const statusCodes: Record<string, number> = {};
  const errors: Partial<Record<ErrorKind, number>> = {};
  const buckets = new Map<number, number>();
  let [succeeded, failed, lost, notSent] = [0, 0, 0, 0];
  for (const { statusCode, errorKind, bucket, count } of groups) {
    if (errorKind !== null) errors[errorKind] = (errors[errorKind] ?? 0) + count;
    if (statusCode !== null) statusCodes[statusCode] = (statusCodes[statusCode] ?? 0) + count;
    if (errorKind === 'lost') lost += count;
    if (errorKind === 'not-sent') notSent += count;
    if (isOurs(errorKind)) continue;
    if (errorKind === null) succeeded += count;
    else failed += count;
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + count);
  }
  const known = succeeded + failed;
  return {
    attempts: known + lost + notSent,
    succeeded,
    failed,
    lost,
    notSent,
    successRate: known === 0 ? null : succeeded / known,
    latencyMs: { p50: percentile(buckets, 0.5), p95: percentile(buckets, 0.95), p99: percentile(buckets, 0.99) },
    statusCodes,
    errors,
  };
}

/** When an attempt last succeeded, and when one last failed. */
export function lastOutcomes(groups: readonly AttemptGroup[]): { successMs: number | null; failureMs: number | null } {
  const newest = (of: readonly AttemptGroup[]) =>
    of.reduce<number | null>((last, { lastAtMs }) => Math.max(last ?? 0, lastAtMs), null);
  return {
    successMs: newest(groups.filter(({ errorKind }) => errorKind === null)),
    failureMs: newest(groups.filter(({ errorKind }) => errorKind !== null && !isOurs(errorKind))),
  };
}
