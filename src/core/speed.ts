/**
 * How quick an endpoint is, by the latency of its answers (C9): what decides where an attempt is
 * made. Pure.
 *
 *   quick      may use every slot of a Shard
 *   unproven   nobody has seen it answer: may use some of them
 *   slow       rides the SLOW queue, so that it takes no slot from others
 */
import { LATENCY_NEWEST_SHARE, QUICK_ANSWER_MS } from './limits.ts';
import type { AttemptOutcome } from './outcome.ts';

export type Speed = 'quick' | 'unproven' | 'slow';

/** `latencyMs`: smoothed, of answers and timeouts; null before the first. */
export function speedOf(latencyMs: number | null): Speed {
  if (latencyMs === null) return 'unproven';
  return latencyMs <= QUICK_ANSWER_MS ? 'quick' : 'slow';
}

/**
 * The smoothed latency after one more outcome. A timeout counts for as long as it took. A
 * connection that failed says nothing of how long answers take, and an answer that is known to be
 * quick now is not to be believed from before: then it is unproven again.
 */
export function smoothed(
  latencyMs: number | null,
  outcome: Pick<AttemptOutcome, 'statusCode' | 'error' | 'latencyMs'>,
): number | null {
  const isTimed = outcome.statusCode !== null || outcome.error?.kind === 'timeout';
  if (!isTimed) return speedOf(latencyMs) === 'quick' ? null : latencyMs;
  if (latencyMs === null) return outcome.latencyMs;
  return latencyMs + (outcome.latencyMs - latencyMs) * LATENCY_NEWEST_SHARE;
}
