/**
 * An even pace for starts, as a virtual clock (the generic cell rate algorithm, ITU-T I.371):
 * `freeAtMs` is when the next start is due at exactly that pace. A start is a reservation: it moves
 * the clock, whether it is used or not. Pure.
 */
import { PACE_BURST_SHARE } from './limits.ts';

/** Starts that may come at once after a rest: a part of a second's worth, and at least one. */
export function burstOf(perSecond: number): number {
  return Math.max(1, Math.ceil(perSecond * PACE_BURST_SHARE));
}

function intervalMs(perSecond: number): number {
  return 1_000 / perSecond;
}

/** When the next start may happen: now or later. */
export function nextStartMs(freeAtMs: number, nowMs: number, perSecond: number): number {
  return Math.max(nowMs, freeAtMs - (burstOf(perSecond) - 1) * intervalMs(perSecond));
}

/** The clock after one more start was reserved. */
export function reserved(freeAtMs: number, nowMs: number, perSecond: number): number {
  return Math.max(freeAtMs, nowMs) + intervalMs(perSecond);
}

/**
 * As many starts as may happen now, `most` at most. `sinceMs`: since when somebody has been waiting
 * for them; what could not be taken in between is caught up with, or a backlog that is looked at
 * four times a second would not keep its pace.
 */
export function takeStarts(
  freeAtMs: number,
  nowMs: number,
  perSecond: number,
  most: number,
  sinceMs = nowMs,
): { count: number; freeAtMs: number } {
  let count = 0;
  let clock = freeAtMs;
  while (count < most && nextStartMs(clock, nowMs, perSecond) <= nowMs) {
    clock = reserved(clock, Math.min(sinceMs, nowMs), perSecond);
    count += 1;
  }
  return { count, freeAtMs: clock };
}
