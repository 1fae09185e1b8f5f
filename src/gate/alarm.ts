/** When a Gate's alarm is set anew. Pure. */
import { ALARM_LOST_MS } from '../core/limits.ts';

/**
 * What to arm, for a Gate that wants to wake then and knows of an alarm; null: that one will do. An
 * alarm long past was lost by the platform and would never be set again; a time that has come is
 * the next ms, because one set to now within `alarm()` may not fire.
 */
export function toArm(armedAtMs: number | null, wakeAtMs: number, nowMs: number): number | null {
  const isLost = armedAtMs !== null && armedAtMs < nowMs - ALARM_LOST_MS;
  const isNeeded = armedAtMs === null || isLost || wakeAtMs < armedAtMs;
  return isNeeded ? notBefore(wakeAtMs, nowMs) : null;
}

export function notBefore(wakeAtMs: number, nowMs: number): number {
  return Math.max(Math.ceil(wakeAtMs), Math.floor(nowMs) + 1);
}
