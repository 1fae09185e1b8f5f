/**
 * A delivery as its Shard keeps it, and the words for its status: here once, for types and for the
 * schemas of what is stored. Transitions are in status.ts, the plan of a lane in lane.ts.
 */
import type { Ordering, RetryPolicy } from './endpoint.ts';
import type { ErrorKind } from './outcome.ts';

export const WAITING_STATUSES = ['queued', 'retrying', 'held'] as const;
export type WaitingStatus = (typeof WAITING_STATUSES)[number];

export const ENDED_STATUSES = ['delivered', 'dead', 'superseded', 'cancelled'] as const;
export type EndedStatus = (typeof ENDED_STATUSES)[number];

export const DELIVERY_STATUSES = [...WAITING_STATUSES, 'delivering', ...ENDED_STATUSES] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

export const TRIGGERS = ['first', 'retry', 'replay', 'test'] as const;
export type Trigger = (typeof TRIGGERS)[number];

/**
 * The right to make one attempt. `number` grows with every claim of the delivery and is what a
 * queue message carries; `attempt` is the attempt's own number, used up only if a request may have
 * left. `begunAtMs` is null while the claim is still in a queue.
 */
export type Claim = {
  number: number;
  attempt: number;
  via: 'self' | 'fanout' | 'slow';
  trigger: Trigger;
  begunAtMs: number | null;
  untilMs: number;
  /** What the request left under; null until settings were read, and after a crash in between. */
  under: {
    revision: number;
    retry: RetryPolicy;
    /** Its outcome is reported to the Gate, whatever it is. */ isWatched?: boolean | undefined;
  } | null;
};

export type LastAttempt = {
  atMs: number;
  statusCode: number | null;
  error: { kind: ErrorKind; message: string } | null;
  latencyMs: number;
};

/**
 * Why a delivery that is not paused waits at its endpoint's Gate: the endpoint fails, or has a pace
 * of its own.
 */
export type Parked = 'circuit' | 'pace';

/**
 * A due time exists only on what waits, an end only on what has ended. While parked, it is the
 * lane's own safety look.
 */
export type DeliveryState =
  | { kind: 'waiting'; as: WaitingStatus; dueMs: number; parked?: Parked | undefined }
  | { kind: 'ended'; as: EndedStatus; atMs: number; reason: string | null; supersededBy: number | null };

export type ReplayFacts = {
  /** The delivery this one repeats: its `replay` number (0 = the live one). */
  of: number;
  by: string;
  reason: string | null;
  atMs: number;
  /** Asked to go out even over a newer version. */
  force: boolean;
  /** The job that asked, which makes one replay of a delivery and no more. */
  job?: string | undefined;
  /**
   * R2: the endpoint never had a delivery of this event, so it repeats nothing; `of` is still 0.
   */
  isMissing?: boolean | undefined;
  /** R4: something newer of its lane was attempted before it. Once true, it stays so. */
  isOutOfOrder?: boolean | undefined;
};

export type Delivery = {
  endpoint: string;
  /** 0 for the live delivery; 1, 2, … for replays of it. */
  replay: number;
  /**
   * The schema version of the older form that it sends (P7); absent where it sends the event's
   * newest. Fixed at acceptance.
   */
  form?: string | undefined;
  replayFacts: ReplayFacts | null;
  ordering: Ordering;
  state: DeliveryState;
  /**
   * May outlive the state: an ended delivery whose last request may still be running blocks its
   * lane until that has ended.
   */
  claim: Claim | null;
  /** Claims ever made. */
  claims: number;
  /** Attempts whose outcome is known or given up as lost: numbers 1..attempts. */
  attempts: number;
  /** Retries of the schedule that are used up. */
  retries: number;
  firstAttemptAtMs: number | null;
  /** Time spent held or parked since the first attempt: the retry window stops for it. */
  heldMs: number;
  heldSinceMs: number | null;
  last: LastAttempt | null;
  /**
   * `webhook-previous`: the sequence sent before this in its lane (null inside = none). Fixed when
   * first sent; null until then.
   */
  previous: { sequence: number | null } | null;
  /** Grows with every change that the log must learn of. */
  revision: number;
};

/** What an event is, without its body. */
export type EventFacts = {
  sequence: number;
  id: string;
  type: string;
  version: number | null;
  schemaVersion: string | null;
  occurredAt: string | null;
  acceptedAtMs: number;
  /**
   * Hex SHA-256 of the canonical JSON of type, record, version, occurredAt and data or forms (P2).
   */
  contentHash: string;
  /** The schema versions of older forms, newest first; absent where the event has one form. */
  forms?: string[] | undefined;
  /** Of its type when it was accepted (P6); absent: nothing of that kind. */
  expiresAtMs?: number | undefined;
  retryWindowSeconds?: number | undefined;
  latestGroup?: string | undefined;
  latestOnly?: boolean | undefined;
  /** `traceparent` of its publish (trace.ts). Absent: it had none. */
  traceparent?: string | undefined;
  /** When its payload, and with it what receivers answered, was erased. Absent: it was not. */
  erasedAtMs?: number | undefined;
  /**
   * When its payload, and with it what receivers answered, went because its retention was over.
   * Absent: it is there, or was erased.
   */
  payloadExpiredAtMs?: number | undefined;
};
