/**
 * Cuts a record's log entries into parts that each fit into a LOG message (log-sender.ts puts parts
 * of many records together).
 */
import type { RecordRef } from '../core/ids.ts';
import { LOG_MESSAGE_BYTES_MAX } from '../core/limits.ts';
import type { LogEntry, RecordLog } from '../core/log.ts';

const encoder = new TextEncoder();

/** An entry that alone is larger gets a part of its own. */
export function cutLog({ kind, hash }: RecordRef, record: string | null, entries: LogEntry[]): RecordLog[] {
  const parts: RecordLog[] = [];
  let room = 0;
  for (const entry of entries) {
    const bytes = encoder.encode(JSON.stringify(entry)).length + 1;
    const last = parts.at(-1);
    if (last === undefined || bytes > room) {
      parts.push({ kind, hash, record, entries: [entry] });
      room = LOG_MESSAGE_BYTES_MAX - bytes;
    } else {
      last.entries.push(entry);
      room -= bytes;
    }
  }
  return parts;
}
