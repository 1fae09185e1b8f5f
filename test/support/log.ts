/** Log messages for tests: whole and valid, with what a test cares about put in. */
import type { DeliveryStatus } from '../../src/core/delivery.ts';
import { endpointId } from '../../src/core/ids.ts';
import type { LogEntry, LoggedAttempt, LoggedDelivery, LoggedRecord, LogMessage } from '../../src/core/log.ts';
import { shardName } from '../../src/core/ids.ts';

/** A valid hash of a record's address: 32 characters of base32. */
export function hashOf(n: number): string {
  return String(n)
    .padStart(32, '0')
    .replaceAll(/[0-9]/g, (digit) => 'abcdefghij'.charAt(Number(digit)));
}

export function endpointOf(n: number): string {
  return endpointId(n.toString().padStart(26, '0'));
}

export const ACCEPTED_MS = Date.UTC(2026, 10, 1);

export function anAttempt(given: Partial<LoggedAttempt> = {}): LoggedAttempt {
  return {
    number: 1,
    trigger: (given.number ?? 1) > 1 ? 'retry' : 'first',
    atMs: ACCEPTED_MS + 20,
    latencyMs: 35,
    statusCode: 200,
    error: null,
    responseHeaders: null,
    responseBody: null,
    willRetry: false,
    nextAttemptAtMs: null,
    ...given,
  };
}

export function aDelivery(given: Partial<LoggedDelivery> = {}): LoggedDelivery {
  return {
    endpoint: endpointOf(1),
    replay: 0,
    revision: 1,
    status: 'delivered' satisfies DeliveryStatus,
    attempts: 1,
    last: null,
    nextAttemptAtMs: null,
    blockedBy: null,
    supersededBy: null,
    replayOf: null,
    replayedBy: null,
    reason: null,
    endedAtMs: null,
    ...given,
  };
}

export function anEntry(
  given: Partial<LogEntry['event']>,
  delivery: LoggedDelivery | null,
  attempts: LoggedAttempt[],
): LogEntry {
  const sequence = given.sequence ?? 1;
  return {
    event: {
      sequence,
      id: `evt-${sequence}`,
      type: 'subscription.updated',
      version: null,
      schemaVersion: null,
      occurredAt: null,
      acceptedAtMs: ACCEPTED_MS,
      contentHash: '00',
      deliveryCount: delivery === null ? 0 : 1,
      ...given,
    },
    delivery,
    attempts,
  };
}

/** Entries of one record, with its address. */
export function aMessage(account: string, entries: LogEntry[], given: Partial<LoggedRecord> = {}): LoggedRecord {
  const shard = { jurisdiction: null, incarnation: 'a'.repeat(12), generation: 0, shard: 0 };
  return { account, ...shard, kind: 'k', hash: hashOf(1), record: 'subscription/sub_81', entries, ...given };
}

/** As the queue carries it. */
export function queued(logged: LoggedRecord): LogMessage {
  const { kind, hash, record, entries } = logged;
  return { v: 2, shard: shardName(logged), records: [{ kind, hash, record, entries }] };
}
