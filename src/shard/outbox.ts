/**
 * What the log (D1) must hear of this Record, and when: at once after a change, after 10 s of
 * waiting, and again until it is confirmed. In memory only; after a crash the rows and the armed
 * alarm say what may be missing. Part of a Ledger turn.
 */
import { LOG_ENTRY_ATTEMPTS_CHARS_MAX, LOG_RESEND_MS } from '../core/limits.ts';
import {
  type Confirmation,
  type LogEntry,
  type LoggedAttempt,
  type LoggedDelivery,
  REPLAYS_NOTHING,
} from '../core/log.ts';
import type { LogClock, MemoryEvent, Slot } from './lanes.ts';
import type { Memory } from './memory.ts';
import { attemptsOf, viewDelivery } from './views.ts';

/** Sends this slot to the log in this turn. */
export function logChanged(memory: Memory, slot: Slot, nowMs: number): void {
  slot.log.sends = 0;
  memory.logAt(slot, nowMs);
}

export function nextLogMs(memory: Memory): number {
  return memory.unlogged.size === 0 && memory.unloggedEvents.size === 0 ? Infinity : memory.logFromMs;
}

function resendAtMs(log: LogClock, nowMs: number): number {
  const wait = LOG_RESEND_MS[Math.min(log.sends, LOG_RESEND_MS.length - 1)] ?? 0;
  return nowMs + wait;
}

/** Takes the entries that are due, and sets when each is sent again. */
export function collectLog(memory: Memory, nowMs: number): LogEntry[] {
  const entries: LogEntry[] = [];
  if (memory.logFromMs > nowMs) return entries;
  for (const slot of memory.unlogged) {
    if (slot.log.dueMs === null || slot.log.dueMs > nowMs) continue;
    const entry = entryOf(memory, slot);
    entries.push(entry);
    const { revision } = slot.delivery;
    const attempts = entry.attempts.at(-1)?.number ?? slot.ackedAttempts;
    slot.log = { dueMs: resendAtMs(slot.log, nowMs), sends: slot.log.sends + 1, sent: { revision, attempts } };
  }
  for (const event of memory.unloggedEvents) {
    if (event.log.dueMs === null || event.log.dueMs > nowMs) continue;
    entries.push({ event: event.facts, delivery: null, attempts: [] });
    event.log = { dueMs: resendAtMs(event.log, nowMs), sends: event.log.sends + 1, sent: null };
  }
  memory.logCollected();
  return entries;
}

function entryOf(memory: Memory, slot: Slot): LogEntry {
  const view = viewDelivery(memory, slot);
  return {
    event: slot.event.facts,
    delivery: {
      endpoint: slot.delivery.endpoint,
      replay: slot.delivery.replay,
      revision: slot.delivery.revision,
      status: view.status,
      attempts: view.attempts,
      last: view.last,
      nextAttemptAtMs: view.nextAttemptAtMs,
      blockedBy: view.blockedBy,
      supersededBy: view.supersededBy,
      replayOf: slot.delivery.replayFacts?.isMissing === true ? REPLAYS_NOTHING : view.replayOf,
      replayedBy: view.replayedBy,
      ...replayFields(slot),
      reason: view.reason,
      endedAtMs: view.endedAtMs,
    },
    attempts: attemptsToSend(memory, slot),
  };
}

/** What is absent stays absent: few deliveries are replays. */
function replayFields({ delivery: { replayFacts } }: Slot): Pick<LoggedDelivery, 'replayJob' | 'isOutOfOrder'> {
  const { job, isOutOfOrder } = replayFacts ?? {};
  return { ...(job === undefined ? {} : { replayJob: job }), ...(isOutOfOrder === true ? { isOutOfOrder } : {}) };
}

/** Those the log may not have, oldest first, as many as an entry carries. */
function attemptsToSend(memory: Memory, slot: Slot): LoggedAttempt[] {
  const unsent = attemptsOf(memory, slot).filter((attempt) => attempt.number > slot.ackedAttempts);
  let room = LOG_ENTRY_ATTEMPTS_CHARS_MAX;
  const end = unsent.findIndex((attempt, index) => {
    room -= JSON.stringify(attempt).length;
    return room < 0 && index > 0;
  });
  return end === -1 ? unsent : unsent.slice(0, end);
}

/**
 * The log has these. An entry that has changed since is sent again. No row remembers it: an
 * instance that starts sends again what `watch` lists, and one that finds its alarm armed for a
 * whole log sends nothing (alarm.ts).
 */
export function confirmLog(memory: Memory, confirmations: Confirmation[], nowMs: number): void {
  for (const { sequence, endpoint, replay, revision } of confirmations) {
    const event = memory.events.get(sequence);
    if (event === undefined) continue;
    if (endpoint === null) memory.markEventLogged(event);
    const slot = find(event, endpoint, replay);
    if (slot === undefined || slot.log.sent?.revision !== revision) continue;
    slot.ackedAttempts = Math.max(slot.ackedAttempts, slot.log.sent.attempts);
    slot.acked = Math.max(slot.acked, revision);
    const isWhole = slot.ackedAttempts >= slot.delivery.attempts;
    if (revision === slot.delivery.revision && isWhole) memory.markLogged(slot);
    else if (revision === slot.delivery.revision) logChanged(memory, slot, nowMs);
  }
}

function find(event: MemoryEvent, endpoint: string | null, replay: number): Slot | undefined {
  return event.slots.find((slot) => slot.delivery.endpoint === endpoint && slot.delivery.replay === replay);
}

/** The queue did not take these entries. */
export function logFailed(memory: Memory, entries: LogEntry[], dueMs: number): void {
  for (const { event: facts, delivery } of entries) {
    const event = memory.events.get(facts.sequence);
    if (event === undefined) continue;
    if (delivery === null) {
      if (event.log.dueMs !== null) memory.logEventAt(event, dueMs);
      continue;
    }
    const slot = find(event, delivery.endpoint, delivery.replay);
    if (slot !== undefined && slot.log.dueMs !== null) memory.logAt(slot, dueMs);
  }
}
