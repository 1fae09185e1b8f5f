/**
 * Deliveries whose event type says that they are worth nothing after a while (`expireAfterSeconds`,
 * C4): when the next one expires, and what becomes of it. Part of a Ledger turn.
 *
 * What waits ends as `dead`, reason `expired`, whether it is queued, held, parked or retrying. A
 * request that may be under way is left alone: it may still deliver, and what its failure leaves
 * expires in the turn that learns of it. A replay does not expire: a person asked for it.
 */
import type { RetryPolicy } from '../core/endpoint.ts';
import { EXPIRED, PAYLOAD_ERASED } from '../core/reasons.ts';
import { ended, isUnderWay, released, retrying } from '../core/status.ts';
import type { Delivery, EventFacts } from '../core/delivery.ts';
import type { Slot } from './lanes.ts';
import type { Memory } from './memory.ts';
import { logChanged } from './outbox.ts';

/** Infinity: never. */
export function expiresAtMs(slot: Slot): number {
  return slot.delivery.replay > 0 ? Infinity : (slot.event.facts.expiresAtMs ?? Infinity);
}

/** Before anything of this turn is planned. */
export function endExpired(memory: Memory, nowMs: number): void {
  for (const slot of [...memory.expiring]) {
    if (isUnderWay(slot.delivery) || expiresAtMs(slot) > nowMs) continue;
    memory.put(slot, ended(released(slot.delivery, nowMs), 'dead', nowMs, { reason: EXPIRED }));
    logChanged(memory, slot, nowMs);
  }
}

/** I5: no alarm is later than what expires next; a request under way has its claim's own end. */
export function nextExpiryMs(memory: Memory): number {
  let next = Infinity;
  for (const slot of memory.expiring) if (!isUnderWay(slot.delivery)) next = Math.min(next, expiresAtMs(slot));
  return next;
}

/** A retry that would come too late, or have nothing to send, is not waited for. */
export function retryOrExpire(slot: Slot, after: Delivery, dueMs: number, usesRetry: boolean, nowMs: number): Delivery {
  if (slot.event.facts.erasedAtMs !== undefined) return ended(after, 'cancelled', nowMs, { reason: PAYLOAD_ERASED });
  if (dueMs < expiresAtMs(slot)) return retrying(after, dueMs, usesRetry);
  return ended(after, 'dead', nowMs, { reason: EXPIRED });
}

/** The shorter of the two windows is in force. */
export function withinWindow(policy: RetryPolicy, { retryWindowSeconds }: EventFacts): RetryPolicy {
  if (retryWindowSeconds === undefined || retryWindowSeconds >= policy.windowSeconds) return policy;
  return { ...policy, windowSeconds: retryWindowSeconds };
}
