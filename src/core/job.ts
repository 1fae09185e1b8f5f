/**
 * Long work with a cursor, as every part of the system passes it on. A kind is a member of JobSpec
 * and a file in src/job; what they share (progress, pace, pause, cancel, history, crashes) is
 * src/job/ledger.ts.
 */
import type { EndedStatus } from './delivery.ts';
import type { EventPolicy } from './event-type.ts';
import type { ShardsOf } from './ids.ts';

/**
 * `finished` and `cancelled` are final. A job never fails as a whole: what it cannot do yet it
 * tries again.
 */
export type JobStatus = 'running' | 'paused' | 'finished' | 'cancelled';

/** What every account is sent. `dataJson` is the exact text of `data`. */
export type BroadcastEvent = EventPolicy & {
  id: string;
  type: string;
  record: string | null;
  version: number | null;
  occurredAt: string | null;
  contentHash: string;
  dataJson: string;
  /** Of `dataJson`; absent where the type has no schema. */
  schemaVersion?: string | undefined;
};

/**
 * Which deliveries of the log a bulk act concerns: originals, accepted from `fromMs` to before
 * `toMs`. Absent lists: any.
 */
export type BulkRange = {
  endpoint: string;
  statuses: readonly EndedStatus[];
  /**
   * Only what the endpoint did not get: cancelled because it was disabled, or never made for it.
   */
  missing: boolean;
  /**
   * Of missing ones: the event types of the endpoint when it was asked; empty: all. Absent as
   * earlier releases saved it.
   */
  subscribed?: readonly string[] | undefined;
  eventTypes?: readonly string[] | undefined;
  statusCodes?: readonly string[] | undefined;
  records?: readonly string[] | undefined;
  fromMs: number;
  toMs: number;
};

export type JobSpec =
  /** `accounts` null: all that exist when it starts. */
  | { kind: 'broadcast'; event: BroadcastEvent; accounts: string[] | null }
  /** Reaches every record where something waits for an endpoint that takes it no longer. */
  | (ShardsOf & { kind: 'sweep'; endpoint: string; revision: number; because: 'removed' | 'disabled' })
  | (ShardsOf & { kind: 'account-removal' })
  | (ShardsOf & { kind: 'replay'; range: BulkRange; force: boolean; pacePerSecond: number })
  | (ShardsOf & { kind: 'discard'; range: BulkRange });

/** Typed by JobSpec: a kind that is missing here does not compile (`summaryOf`, job/view.ts). */
export const JOB_KINDS = ['broadcast', 'sweep', 'account-removal', 'replay', 'discard'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** Starting a job again with its id answers it as it is (idempotency). */
export type JobStart = {
  id: string;
  spec: JobSpec;
  by: string;
  reason: string | null;
};

/**
 * Counted in what the kind is about: accounts, deliveries, stored rows. `total` is exact once it
 * has ended.
 */
export type JobProgress = { total: number; done: number; failed: number; skipped: number };

export type JobAct = {
  atMs: number;
  by: string;
  action: 'started' | 'paused' | 'resumed' | 'cancelled' | 'finished';
  reason: string | null;
};

/** What lists know of a job. */
export type JobSummary = {
  id: string;
  kind: JobKind;
  account: string | null;
  /** Of a sweep, replay or discard. */
  endpoint: string | null;
  /** Of a broadcast. */
  event: string | null;
  status: JobStatus;
  progress: JobProgress;
  by: string;
  reason: string | null;
  createdAtMs: number;
  updatedAtMs: number;
  endedAtMs: number | null;
};

export type JobView = JobSummary & {
  pacePerSecond: number;
  /** The plain sentence. */
  note: string;
  history: JobAct[];
  /** The first of them; `progress.failed` counts all. */
  failures: { item: string; reason: string }[];
  /** The first of them likewise; `progress.skipped` counts all. */
  skips?: { item: string; reason: string }[];
  /** What was set going and has not ended, by what it waits for. */
  waitingFor?: { [what: string]: number };
  /** How many were skipped for which reason, where the kind says. */
  skippedBy?: { [reason: string]: number } | undefined;
};

export type JobRefusal =
  | { reason: 'ended'; status: JobStatus }
  /** What it has begun must not stay half done. */
  | { reason: 'not-cancellable' };
