/**
 * The consumer of the LOG queue: messages of Records become rows in D1, then the Records are told. A message that is lost costs
 * nothing: the Record sends what is not confirmed again. So nothing here waits for a person, and nothing is dropped in silence.
 *
 *   batch ─ parse ─▶ one transaction ─ fails ─▶ message by message ─ fails ─▶ retry, later the dead-letter queue
 *                          └─▶ confirm to each Record ─▶ ack
 */
import type { Bindings } from '../env.ts';
import { attemptNotSent, type Fault } from '../core/fault.ts';
import { SHOWN_VALUE_CHARS_MAX } from '../core/limits.ts';
import type { Confirmation, LogMessage } from '../core/log.ts';
import { recordName } from '../core/ids.ts';
import { logDatabase } from '../store/database.ts';
import { recordStub } from '../stubs.ts';
import { writeFaults } from '../store/faults.ts';
import { writeLog } from '../store/log-write.ts';
import type { Written } from '../store/log-write.ts';
import { logMessageSchema } from './log-message.ts';
import { retryLater } from './retry-later.ts';

export type LogDeps = {
  /** One transaction: all of the messages or a throw. */
  write(messages: LogMessage[]): Promise<Written>;
  /** False when the database takes nothing from anyone. */
  isUp(): Promise<boolean>;
  confirm(record: string, confirmations: Confirmation[]): Promise<void>;
  /** For an alert. Rejects where they were not written. */
  tell(faults: Fault[]): Promise<void>;
  /** One structured line. */
  report: (line: Record<string, unknown>) => void;
};

export function logDeps(env: Pick<Bindings, 'CONFIG' | 'LOG_DB' | 'RECORD' | 'LOCAL_MODE'>): LogDeps {
  const database = logDatabase(null, env);
  return {
    write: (messages) => writeLog(database, messages),
    isUp: () =>
      database
        .prepare('SELECT 1')
        .first()
        .then(
          () => true,
          () => false,
        ),
    confirm: async (record, confirmations) => {
      await recordStub(env, record).confirm(confirmations);
    },
    tell: (faults) => writeFaults(env.CONFIG, faults, Date.now()),
    report: (line) => console.log(JSON.stringify(line)),
  };
}

type Parsed = { message: Message; body: LogMessage };

/** Decides about each message of the batch by itself: acked exactly if its rows are in D1. Does not throw. */
export async function consumeLog(batch: Pick<MessageBatch, 'messages'>, deps: LogDeps): Promise<void> {
  const parsed = batch.messages.flatMap((message) => parse(message, deps));
  if (parsed.length === 0) return;
  const written = await writeAllOrEach(parsed, deps);
  await Promise.all([
    ...[...merge(written)].map(([record, list]) => confirm(record, list, deps)),
    tellFaults(
      parsed.map(({ body }) => body),
      deps,
    ),
  ]);
}

/** Here, because every attempt comes by: what a fault of ours kept from leaving, once for each endpoint. */
async function tellFaults(messages: LogMessage[], deps: LogDeps): Promise<void> {
  const faults = new Map<string, Fault>();
  for (const { delivery, attempts } of messages.flatMap(({ entries }) => entries)) {
    const error = attempts.find((attempt) => attempt.error?.kind === 'not-sent')?.error ?? null;
    if (delivery !== null && error !== null) {
      faults.set(delivery.endpoint, attemptNotSent(delivery.endpoint, error.message));
    }
  }
  if (faults.size === 0) return;
  try {
    await deps.tell([...faults.values()]);
  } catch (error) {
    // The log has the attempts, and the next ones come by as well.
    deps.report({ level: 'error', message: 'fault not told', error: shown(error) });
  }
}

/**
 * A body that does not parse is retried, not acked: during a deploy it may come from a newer release than ours. One that is truly bad
 * ends in the dead-letter queue. It is never logged: it may hold a receiver's answer.
 */
function parse(message: Message, deps: LogDeps): Parsed[] {
  const result = logMessageSchema.safeParse(message.body);
  if (result.success) return [{ message, body: result.data }];
  const issue = result.error.issues[0];
  deps.report({
    level: 'error',
    message: 'log unreadable',
    queueMessage: message.id,
    tries: message.attempts,
    field: issue?.path.join('.'),
    rule: issue?.code,
  });
  retryLater(message);
  return [];
}

async function writeAllOrEach(parsed: Parsed[], deps: LogDeps): Promise<Written[]> {
  try {
    const written = await deps.write(parsed.map(({ body }) => body));
    for (const { message } of parsed) message.ack();
    return [written];
  } catch (error) {
    // One bad row undoes all: the others must not wait for it. A database that is down fails them all: then ask it nothing more.
    deps.report({ level: 'error', message: 'log batch failed', messages: parsed.length, error: shown(error) });
    if (await deps.isUp()) return writeEach(parsed, deps);
    for (const { message } of parsed) retryLater(message);
    return [];
  }
}

async function writeEach(parsed: Parsed[], deps: LogDeps): Promise<Written[]> {
  const done: Written[] = [];
  for (const { message, body } of parsed) {
    try {
      done.push(await deps.write([body]));
      message.ack();
    } catch (error) {
      // Poison, or a database that went down meanwhile: either way this one comes back by itself.
      deps.report({
        level: 'error',
        message: 'log write failed',
        queueMessage: message.id,
        tries: message.attempts,
        record: recordName(body),
        error: shown(error),
      });
      retryLater(message);
    }
  }
  return done;
}

function merge(written: Written[]): Map<string, Confirmation[]> {
  const all = new Map<string, Confirmation[]>();
  for (const { confirmations } of written) {
    for (const [record, list] of confirmations) all.set(record, [...(all.get(record) ?? []), ...list]);
  }
  return all;
}

async function confirm(record: string, confirmations: Confirmation[], deps: LogDeps): Promise<void> {
  try {
    await deps.confirm(record, confirmations);
  } catch (error) {
    // The rows are there. The Record sends them again, they write nothing, and that message confirms.
    deps.report({ level: 'warn', message: 'log confirm failed', record, error: shown(error) });
  }
}

/** D1's message names the rule and the column; capped, because it may quote. */
function shown(error: unknown): string {
  return String(error).slice(0, 4 * SHOWN_VALUE_CHARS_MAX);
}
