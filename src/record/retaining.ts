/**
 * Retention inside a Record (O4): what ended long enough ago goes, a bounded number of events in a turn. Payloads first, leaving a
 * fact that says when; then rows, leaving the summary. What is open, under way or not known to the log is never touched. Part of a
 * Ledger turn; `RetentionClock` says when one is due.
 */
import type { AccountSettings } from '../core/endpoint.ts';
import {
  DELIVERIES_PER_ROW,
  RETENTION_EMPTIED_LOOK_MS,
  RETENTION_EVENTS_PER_TURN,
  RETENTION_LOOK_AGAIN_MS,
  RETENTION_LOOK_MS_MAX,
} from '../core/limits.ts';
import { KEPT_AT_LEAST, type KeptMs, keptFor, lookDueMs } from '../core/retention.ts';
import type { FinishedEvent } from './finished.ts';
import { forgetAnswer, keptEvent } from './lanes.ts';
import type { Memory } from './memory.ts';
import { summaryOf } from './summary.ts';

export type Look = {
  /** When to look at the account's retention next; null: there is nothing to let go of. */
  atMs: number | null;
  /** The account's days are not known: this is the earliest that they may say. A ring that is too early does no harm. */
  isGuess: boolean;
  /** Now: its settings are to be read, and handed to `Ledger.retain`. */
  isDue: boolean;
};

export class RetentionClock {
  #kept: KeptMs | null = null;
  #askFromMs = 0;

  /** Whatever brings settings brings the days. */
  learn(account: Pick<AccountSettings, 'retention'>): void {
    this.#kept = keptFor(account);
  }

  /** `isRung`: the alarm of a quiet Record rang, which is for this. */
  look({ finished, lastSequence }: Pick<Memory, 'finished' | 'lastSequence'>, nowMs: number, isRung: boolean): Look {
    if (lastSequence === 0) return { atMs: null, isGuess: false, isDue: false };
    if (finished.isEmpty) {
      return { atMs: nowMs + RETENTION_EMPTIED_LOOK_MS, isGuess: this.#kept === null, isDue: isRung };
    }
    const dueMs = lookDueMs(finished.oldest, this.#kept ?? KEPT_AT_LEAST);
    const isDue = isRung || (dueMs <= nowMs && nowMs >= this.#askFromMs);
    if (isDue) this.#askFromMs = nowMs + RETENTION_LOOK_AGAIN_MS;
    const atMs = Math.max(nowMs + 1, Math.min(dueMs, nowMs + RETENTION_LOOK_MS_MAX));
    return { atMs, isGuess: this.#kept === null, isDue };
  }
}

/** True: there is more to let go of. `settings` as they are now. */
export function letGo(memory: Memory, settings: AccountSettings, nowMs: number): boolean {
  const kept = keptFor(settings);
  const isOver = (event: FinishedEvent, ms: number) =>
    event.endedAtMs + ms <= nowMs && !memory.events.has(event.sequence);
  const rows = memory.finished.find((event) => isOver(event, kept.rows), RETENTION_EVENTS_PER_TURN);
  if (rows.length > 0) deleteRows(memory, rows, settings);
  else if (isEmptied(memory)) forgetLanes(memory, settings);
  const left = RETENTION_EVENTS_PER_TURN - rows.length;
  const payloads = memory.finished.find((event) => event.hasPayload && isOver(event, kept.payload), left);
  for (const event of payloads) expirePayload(memory, event, nowMs);
  memory.finished.measure();
  return rows.length + payloads.length === RETENTION_EVENTS_PER_TURN;
}

function expirePayload(memory: Memory, finished: FinishedEvent, nowMs: number): void {
  const event = memory.load(finished.sequence);
  if (event === null) throw new Error(`the row of event ${finished.sequence} is missing`);
  event.facts = { ...event.facts, payloadExpiredAtMs: nowMs };
  const answered = event.slots.filter(forgetAnswer);
  const kept = keptEvent(event);
  memory.rows.expirePayload(kept);
  const chunks = new Set(answered.map(({ index }) => Math.floor(index / DELIVERIES_PER_ROW)));
  for (const chunk of chunks) if (chunk > 0) memory.rows.updateChunk(kept, chunk);
  memory.finished.emptied(finished);
}

function deleteRows(memory: Memory, gone: FinishedEvent[], settings: AccountSettings): void {
  for (const event of gone) {
    memory.finished.remove(event);
    memory.ids.delete(event.id);
    memory.goneThrough = Math.max(memory.goneThrough, event.sequence);
  }
  if (isEmptied(memory)) {
    memory.rows.dropEvents();
    // Its key may name a person. The next publish brings it again.
    memory.record = null;
  } else memory.rows.deleteEvents(gone.map(({ sequence }) => sequence));
  const [oldest = Infinity] = memory.rows.sequencesAfter(0, 1);
  memory.rows.writeSummary(summaryOf(memory, settings, oldest));
}

/** Of an emptied Record nothing but endpoints that are still there is known. */
function forgetLanes(memory: Memory, settings: AccountSettings): void {
  const summary = summaryOf(memory, settings, Infinity);
  if (summary.lanes.length === memory.lanes.size) return;
  memory.rows.writeSummary(summary);
  const kept = new Set(summary.lanes.map(({ endpoint }) => endpoint));
  for (const endpoint of memory.lanes.keys()) if (!kept.has(endpoint)) memory.lanes.delete(endpoint);
}

function isEmptied({ finished, events, lastSequence }: Memory): boolean {
  return lastSequence > 0 && finished.isEmpty && events.size === 0;
}
