/**
 * Packs log entries into LOG messages: as many as fit in what is billed as one operation.
 */
import type { RecordAddress } from '../core/ids.ts';
import { LOG_MESSAGE_BYTES_MAX } from '../core/limits.ts';
import type { LogEntry, LogMessage } from '../core/log.ts';

const encoder = new TextEncoder();

/** An entry that alone is larger gets a message of its own. */
export function packLog(
  { account, jurisdiction, kind, hash }: RecordAddress,
  record: string | null,
  entries: LogEntry[],
): LogMessage[] {
  const messages: LogMessage[] = [];
  const bound = jurisdiction === null ? {} : { jurisdiction };
  let room = 0;
  for (const entry of entries) {
    const bytes = encoder.encode(JSON.stringify(entry)).length + 1;
    const last = messages.at(-1);
    if (last === undefined || bytes > room) {
      messages.push({ v: 1, account, ...bound, kind, hash, record, entries: [entry] });
      room = LOG_MESSAGE_BYTES_MAX - bytes;
    } else {
      last.entries.push(entry);
      room -= bytes;
    }
  }
  return messages;
}
