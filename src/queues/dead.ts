/**
 * The consumer of the dead-letter queues: what no consumer could take becomes a fault, so that an
 * alert opens, and a line. Never what it held, which may be a receiver's answer. Nothing is lost
 * with the message: a claim runs out and is tried again, and a Shard tells the log again what that
 * has not confirmed. So the message is a sign of a bug, or of a release that cannot read another's.
 */
import type { Fault } from '../core/fault.ts';
import type { Bindings } from '../env.ts';
import { writeFaults } from '../store/config/faults.ts';
import { retryLater } from './retry-later.ts';
import { logLine } from '../log-line.ts';

export type DeadDeps = {
  write(faults: Fault[]): Promise<void>;
  /** One structured line. */
  report: (line: { message: string; [fact: string]: unknown }) => void;
};

export function deadDeps(env: Pick<Bindings, 'CONFIG'>): DeadDeps {
  return {
    write: (faults) => writeFaults(env.CONFIG, faults, Date.now()),
    report: ({ message, ...facts }) => logLine('error', message, facts),
  };
}

/**
 * Acked exactly if the fault is stored: a database that is down keeps the messages in their queue.
 * Does not throw.
 */
export async function consumeDead(batch: Pick<MessageBatch, 'messages' | 'queue'>, deps: DeadDeps): Promise<void> {
  const { queue, messages } = batch;
  for (const { id, timestamp } of messages) {
    deps.report({
      message: 'queue dead',
      queue,
      queueMessage: id,
      sentAt: timestamp.toISOString(),
    });
  }
  try {
    await deps.write(
      messages.map(({ id }) => ({ kind: 'poison-message', account: null, subject: id, detail: `${id} of ${queue}` })),
    );
    for (const message of messages) message.ack();
  } catch (error) {
    deps.report({ message: 'queue dead not stored', queue, error: String(error) });
    for (const message of messages) retryLater(message);
  }
}
