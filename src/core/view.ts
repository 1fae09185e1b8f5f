/**
 * The shapes in which the API, the pages and the Shard's answers show things (docs/requirements.md,
 * "Conventions of the API"). Times here are still milliseconds; http/ writes them as RFC 3339.
 */
import type { DeliveryStatus, LastAttempt, Parked, ReplayFacts } from './delivery.ts';
import type { LoggedAttempt } from './log.ts';

export type DeliveryView = {
  id: string;
  account: string;
  endpoint: string;
  event: string;
  eventType: string;
  record: string | null;
  /** Null on the wire for events without a record. */
  sequence: number | null;
  version: number | null;
  status: DeliveryStatus;
  attempts: number;
  last: LastAttempt | null;
  nextAttemptAtMs: number | null;
  /**
   * Why it waits at its endpoint's Gate although that is not paused. The log does not know: there
   * it is absent, or `watched` where it is overdue and the settings say that the endpoint is
   * failing or catching up.
   */
  parked?: Parked | 'watched' | null;
  /** Delivery ids. */
  blockedBy: string | null;
  supersededBy: string | null;
  replayOf: string | null;
  replayedBy: string | null;
  /**
   * Whether a replay after this one has arrived there; null: none, or it has not ended. Absent from
   * a release that does not tell.
   */
  replayResolved?: boolean | null;
  /** Of a replay: something newer of its lane was attempted before it. Absent: no. */
  isOutOfOrder?: boolean;
  reason: string | null;
  acceptedAtMs: number;
  endedAtMs: number | null;
};

export type EventView = {
  id: string;
  type: string;
  record: string | null;
  sequence: number | null;
  version: number | null;
  occurredAt: string | null;
  acceptedAtMs: number;
  deliveryCount: number;
  /**
   * The exact bytes of every request of this event, in its newest form; null once erased or past
   * its retention.
   */
  body: string | null;
  /** Older forms, newest first, as bodies too; absent where the event has one form. */
  forms?: { version: string; body: string | null }[];
  deliveries: DeliveryView[];
  /** Of its publish; absent where that had none, and in lists. */
  traceparent?: string;
  /** When `body` was erased; absent where it was not, and in lists. */
  erasedAtMs?: number;
  /** When `body` went because its retention was over; absent where it is there. */
  payloadExpiredAtMs?: number;
};

/** Each endpoint's newest delivery in a record, and how many wait there. */
export type RecordView = {
  /** Null once nothing of its events is left: its key has gone with them. */
  record: string | null;
  account: string;
  /** Of the newest event. */
  sequence: number;
  endpoints: { endpoint: string; delivery: DeliveryView; waiting: number }[];
  /** Where `endpoints` is only the worst of them: how many there are. */
  endpointCount?: number;
  /** From this sequence on every event is still here; absent from a release that purged none. */
  completeFrom?: number;
};

export type DeliveryDetail = {
  delivery: DeliveryView;
  event: EventView;
  /**
   * The exact bytes of its requests: of the event's form that it sends. Absent from a release
   * without forms.
   */
  body?: string | null;
  attempts: LoggedAttempt[];
  replay: ReplayFacts | null;
};
