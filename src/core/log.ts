/**
 * What a Shard sends the log (D1): the shape of a LOG message, carried by the queue, and of one
 * logged attempt. Every entry is a whole picture of one delivery at one revision: losing, doubling
 * or reordering messages does no harm.
 */
import type { DeliveryStatus, EventFacts, LastAttempt, Trigger } from './delivery.ts';
import type { RecordAddress, RecordRef } from './ids.ts';
import type { AttemptOutcome } from './outcome.ts';

export type LoggedAttempt = Pick<
  AttemptOutcome,
  'atMs' | 'latencyMs' | 'statusCode' | 'error' | 'responseHeaders' | 'responseBody' | 'sent'
> & {
  number: number;
  trigger: Trigger;
  willRetry: boolean;
  nextAttemptAtMs: number | null;
};

/** The facts of an event that the log keeps; how it may be sent is its Shard's affair. */
export type LoggedEvent = Pick<
  EventFacts,
  | 'sequence'
  | 'id'
  | 'type'
  | 'version'
  | 'schemaVersion'
  | 'occurredAt'
  | 'acceptedAtMs'
  | 'contentHash'
  | 'erasedAtMs'
  | 'traceparent'
> & { deliveryCount: number };

/**
 * In the log's place for what a replay repeats, so that one of what was missing counts as a replay
 * there too.
 */
export const REPLAYS_NOTHING = '';

export type LoggedDelivery = {
  endpoint: string;
  replay: number;
  revision: number;
  status: DeliveryStatus;
  attempts: number;
  last: LastAttempt | null;
  nextAttemptAtMs: number | null;
  /** Delivery ids. */
  blockedBy: string | null;
  supersededBy: string | null;
  /** Null: no replay. REPLAYS_NOTHING: one of what was missing. */
  replayOf: string | null;
  replayedBy: string | null;
  /** Of a replay: the job that asked for it. Absent: none. */
  replayJob?: string | undefined;
  /** Of a replay: something newer of its lane was attempted before it. Absent: no. */
  isOutOfOrder?: boolean | undefined;
  reason: string | null;
  endedAtMs: number | null;
};

export type LogEntry = {
  event: LoggedEvent;
  /** Null for an event that no endpoint wanted. */
  delivery: LoggedDelivery | null;
  /** Those the log may not have yet. Rows are guarded, so sending one twice changes nothing. */
  attempts: LoggedAttempt[];
};

/** Entries of one record. `record` is its key; null for events without one. */
export type RecordLog = RecordRef & { record: string | null; entries: LogEntry[] };

/** What a LOG message carries: entries of many records of one Shard, addressed by its name. */
export type LogMessage = { v: 2; shard: string; records: RecordLog[] };

/** The same for the log's tables: each record with its whole address. */
export type LoggedRecord = RecordAddress & Pick<RecordLog, 'record' | 'entries'>;

/**
 * What the log consumer confirms to a record once D1 has the rows. `endpoint` is null for an event
 * without deliveries.
 */
export type Confirmation = { sequence: number; endpoint: string | null; replay: number; revision: number };
