/**
 * Retention of one record (O4): payloads of events that ended long enough ago go first and leave a
 * fact that says when; then rows go, and leave what they taught the lanes. What is open, under way
 * or not known to the log is never touched. Part of a Ledger turn; which events are past their days
 * is the Shard's to find (retention-pass.ts).
 */
import { DELIVERIES_PER_ROW } from '../core/limits.ts';
import { forgetAnswer, keptEvent } from './lanes.ts';
import type { Memory } from './memory.ts';
import type { Past } from './past.ts';

/** `isWhole`: the row goes; else its payload. */
export type Purged = { sequence: number; isWhole: boolean };

/**
 * `removed`: endpoints that the account has no more. Returns how many were not finished with after
 * all.
 */
export function purgeEvents(
  memory: Memory,
  past: Past,
  purged: readonly Purged[],
  removed: ReadonlySet<string>,
  nowMs: number,
): number {
  const over = purged.filter(({ sequence }) => !memory.events.has(sequence));
  for (const { sequence, isWhole } of over) if (!isWhole) expirePayload(memory, sequence, nowMs);
  const rows = over.flatMap(({ sequence, isWhole }) => (isWhole ? [sequence] : []));
  if (rows.length > 0) memory.forgetRows(rows, past, (endpoint) => !removed.has(endpoint));
  return purged.length - over.length;
}

function expirePayload(memory: Memory, sequence: number, nowMs: number): void {
  const event = memory.load(sequence);
  if (event === null) return;
  event.facts = { ...event.facts, payloadExpiredAtMs: nowMs };
  const answered = event.slots.filter(forgetAnswer);
  const kept = keptEvent(event);
  memory.rows.expirePayload(kept);
  const chunks = new Set(answered.map(({ index }) => Math.floor(index / DELIVERIES_PER_ROW)));
  for (const chunk of chunks) if (chunk > 0) memory.rows.updateChunk(kept, chunk, null);
}
