/**
 * Erasing the payload of one event (O4) at a person's wish: its body, its older forms, and what
 * receivers answered, which may echo it. What the event was, and its content hash, stay: published
 * again it is still a duplicate. Part of a Ledger turn.
 *
 * What waits ends as `cancelled`, since nothing is left to send. A request that may be under way is
 * left alone: it may still deliver; what its failure leaves ends in the turn that learns of it, and
 * its answer is not kept. The log hears of every delivery and attempt again, until it confirms: an
 * entry with `erasedAtMs` takes answers out of the log and keeps those that come late out of it.
 */
import type { AttemptOutcome } from '../core/outcome.ts';
import { PAYLOAD_ERASED } from '../core/reasons.ts';
import { ended, isUnderWay, released } from '../core/status.ts';
import { forgetAnswer, type Slot } from './lanes.ts';
import type { Memory } from './memory.ts';
import { logChanged } from './outbox.ts';

/** False: there is no such event. Erasing again changes nothing. */
export function eraseEvent(memory: Memory, id: string, nowMs: number): boolean {
  const sequence = memory.sequenceOf(id, false);
  const event = sequence === null ? null : memory.load(sequence);
  if (event === null) return false;
  if (event.facts.erasedAtMs !== undefined) return true;
  event.facts = { ...event.facts, erasedAtMs: nowMs };
  memory.rows.erase(event.facts);
  for (const slot of event.slots) {
    forgetAnswer(slot);
    memory.put(slot, { ...slot.delivery, revision: slot.delivery.revision + 1 });
    slot.ackedAttempts = 0;
    logChanged(memory, slot, nowMs);
  }
  return true;
}

/** Before anything of this turn is planned: nothing of an erased event may start. */
export function endErased(memory: Memory, nowMs: number): void {
  for (const slot of [...memory.erased]) {
    if (isUnderWay(slot.delivery)) continue;
    memory.put(slot, ended(released(slot.delivery, nowMs), 'cancelled', nowMs, { reason: PAYLOAD_ERASED }));
    logChanged(memory, slot, nowMs);
  }
}

/** Of an answer that comes after the payload has gone nothing is kept that may echo it. */
export function answerToKeep(
  slot: Slot,
  { responseHeaders, responseBody }: AttemptOutcome,
): Pick<AttemptOutcome, 'responseHeaders' | 'responseBody'> {
  const { erasedAtMs, payloadExpiredAtMs } = slot.event.facts;
  const isGone = erasedAtMs !== undefined || payloadExpiredAtMs !== undefined;
  return isGone ? { responseHeaders: null, responseBody: null } : { responseHeaders, responseBody };
}
