/**
 * The consumer of the LOG queue: messages of Shards become rows in D1, which are then confirmed to
 * the Shards. A message that is lost costs nothing: the Shard sends what is not confirmed again. So
 * nothing here waits for a person, and nothing is dropped in silence.
 *
 *   batch ─ parse ─▶ one transaction ─ fails ─▶ message by message ─ fails ─▶ retry, later the dead-letter queue
 *                          └─▶ confirm to each Shard ─▶ ack
 */
import type { Bindings } from '../env.ts';
import { attemptNotSent, type Fault } from '../core/fault.ts';
import { SHOWN_VALUE_CHARS_MAX } from '../core/limits.ts';
import type { Confirmation, LoggedRecord, LogMessage } from '../core/log.ts';
import { parseShardName, splitRecordName } from '../core/ids.ts';
import { logDatabase } from '../store/database.ts';
import { shardStub } from '../lookup/stubs.ts';
import { writeFaults } from '../store/config/faults.ts';
import { writeLog } from '../store/log/log-write.ts';
import type { Written } from '../store/log/log-write.ts';
import { logMessageSchema } from './log-message.ts';
import { retryLater } from './retry-later.ts';
import { logLine } from '../log-line.ts';

export type LogDeps = {
  /** One transaction: all of the records or a throw. */
  write(records: LoggedRecord[]): Promise<Written>;
  /** False when the database takes nothing from anyone. */
  isUp(): Promise<boolean>;
  confirm(shard: string, confirmed: { record: string; confirmations: Confirmation[] }[]): Promise<void>;
  /** For an alert. Rejects where they were not written. */
  recordFaults(faults: Fault[]): Promise<void>;
  /** Spans of what was written. Returns at once, and fails nothing here. */
  exportSpans(records: LoggedRecord[]): void;
  /** One structured line. */
  report: (line: { message: string; [fact: string]: unknown }) => void;
};

/** `exportSpans`: of this isolate; see span-export.ts. */
export function logDeps(
  env: Pick<Bindings, 'CONFIG' | 'LOG_DB' | 'SHARD' | 'LOCAL_MODE'>,
  exportSpans: LogDeps['exportSpans'],
): LogDeps {
  const database = logDatabase(null, env);
  return {
    write: (records) => writeLog(database, records),
    isUp: () =>
      database
        .prepare('SELECT 1')
        .first()
        .then(
          () => true,
          () => false,
        ),
    confirm: async (shard, confirmed) => {
      await shardStub(env, shard).confirm(confirmed);
    },
    recordFaults: (faults) => writeFaults(env.CONFIG, faults, Date.now()),
    exportSpans,
    report: ({ message, ...facts }) => logLine('error', message, facts),
  };
}

type Parsed = { message: Message; shard: string; records: LoggedRecord[] };

/**
 * Decides about each message of the batch by itself: acked exactly if its rows are in D1. Does not
 * throw.
 */
export async function consumeLog(batch: Pick<MessageBatch, 'messages'>, deps: LogDeps): Promise<void> {
  const parsed = batch.messages.flatMap((message) => parse(message, deps));
  if (parsed.length === 0) return;
  const done = await writeAllOrEach(parsed, deps);
  deps.exportSpans(done.flatMap(({ records }) => records));
  await Promise.all([
    ...[...merge(done.map(({ written }) => written))].map(([shard, confirmed]) => confirm(shard, confirmed, deps)),
    recordFaults(
      parsed.flatMap(({ records }) => records),
      deps,
    ),
  ]);
}

/**
 * Here, because every attempt comes by: what a fault of ours kept from leaving, once for each
 * endpoint.
 */
async function recordFaults(records: LoggedRecord[], deps: LogDeps): Promise<void> {
  const faults = new Map<string, Fault>();
  for (const { delivery, attempts } of records.flatMap(({ entries }) => entries)) {
    const error = attempts.find((attempt) => attempt.error?.kind === 'not-sent')?.error ?? null;
    if (delivery !== null && error !== null) {
      faults.set(delivery.endpoint, attemptNotSent(delivery.endpoint, error.message));
    }
  }
  if (faults.size === 0) return;
  try {
    await deps.recordFaults([...faults.values()]);
  } catch (error) {
    // The log has the attempts, and the next ones come by as well.
    deps.report({ message: 'fault not recorded', error: shown(error) });
  }
}

/**
 * A body that does not parse is retried, not acked: during a deploy it may come from a newer
 * release than ours. One that is truly bad ends in the dead-letter queue. It is never logged: it
 * may hold a receiver's answer.
 */
function parse(message: Message, deps: LogDeps): Parsed[] {
  const result = logMessageSchema.safeParse(message.body);
  if (result.success) return [{ message, shard: result.data.shard, records: recordsOf(result.data) }];
  const issue = result.error.issues[0];
  deps.report({
    message: 'log unreadable',
    queueMessage: message.id,
    tries: message.attempts,
    field: issue?.path.join('.'),
    rule: issue?.code,
  });
  retryLater(message);
  return [];
}

type Done = { written: Written; records: LoggedRecord[] };

async function writeAllOrEach(parsed: Parsed[], deps: LogDeps): Promise<Done[]> {
  const records = parsed.flatMap((one) => one.records);
  try {
    const written = await deps.write(records);
    for (const { message } of parsed) message.ack();
    return [{ written, records }];
  } catch (error) {
    // One bad row undoes all: the others must not wait for it. A database that is down fails them
    // all: then ask it nothing more.
    deps.report({ message: 'log batch failed', messages: parsed.length, error: shown(error) });
    if (await deps.isUp()) return writeEach(parsed, deps);
    for (const { message } of parsed) retryLater(message);
    return [];
  }
}

async function writeEach(parsed: Parsed[], deps: LogDeps): Promise<Done[]> {
  const done: Done[] = [];
  for (const { message, shard, records } of parsed) {
    try {
      done.push({ written: await deps.write(records), records });
      message.ack();
    } catch (error) {
      // Poison, or a database that went down meanwhile: either way this one comes back by itself.
      deps.report({
        message: 'log write failed',
        queueMessage: message.id,
        tries: message.attempts,
        shard,
        error: shown(error),
      });
      retryLater(message);
    }
  }
  return done;
}

/** Each record with its address, as the tables name it. */
function recordsOf({ shard, records }: LogMessage): LoggedRecord[] {
  const address = parseShardName(shard);
  return address === null ? [] : records.map((record) => ({ ...address, ...record }));
}

type Confirmed = { record: string; confirmations: Confirmation[] };

/** By the name of a Shard. */
function merge(written: Written[]): Map<string, Confirmed[]> {
  const byRecord = new Map<string, Confirmation[]>();
  for (const { confirmations } of written) {
    for (const [name, list] of confirmations) byRecord.set(name, [...(byRecord.get(name) ?? []), ...list]);
  }
  const byShard = new Map<string, Confirmed[]>();
  for (const [name, confirmations] of byRecord) {
    const parts = splitRecordName(name);
    if (parts === null) continue;
    byShard.set(parts.shard, [...(byShard.get(parts.shard) ?? []), { record: parts.record, confirmations }]);
  }
  return byShard;
}

async function confirm(shard: string, confirmed: Confirmed[], deps: LogDeps): Promise<void> {
  try {
    await deps.confirm(shard, confirmed);
  } catch (error) {
    // The rows are there. The Shard sends them again, they write nothing, and that message
    // confirms.
    deps.report({ level: 'warn', message: 'log confirm failed', shard, error: shown(error) });
  }
}

/** D1's message names the rule and the column; capped, because it may quote. */
function shown(error: unknown): string {
  return String(error).slice(0, 4 * SHOWN_VALUE_CHARS_MAX);
}
