/**
 * What the Durable Objects answer to one another and to the Worker. Types only: edges meet here and
 * in env.ts, never by import. Old and new code coexist during a deploy: fields are added, never
 * renamed or given another meaning.
 */
import type { Admission, GateSettings, GateView, ProbeOutcome, Woken } from './admission.ts';
import type { AuditAct, AuditEntry, AuditFilter } from './audit.ts';
import type { Report } from './report.ts';
import type { AccountFacts, AccountSettings, EndpointSecret, EndpointSettings, Sealed } from './endpoint.ts';
import type { RemovalRefusal } from './endpoint-secrets.ts';
import type { CatalogueIndex, EventType, EventTypeDetail, EventTypeFacts } from './event-type.ts';
import type { DeliveryRef } from './ids.ts';
import type { JobTurn, JobTurnRequest } from './job-turns.ts';
import type { JobRefusal, JobStart, JobView } from './job.ts';
import type { Confirmation } from './log.ts';
import type { QuotaExceeded } from './quota.ts';
import type { AttemptOutcome } from './outcome.ts';
import type { AcceptRequest, AcceptResult } from './publish.ts';
import type { Lease, LeaseRequest } from './rate-limit.ts';
import type { Result } from './result.ts';
import type { SchemaChange } from './schema-changes.ts';
import type { DeliveryDetail, DeliveryView, EventView, RecordView } from './view.ts';

/** `record`: within its Shard (`recordId`). */
export type ClaimRef = DeliveryRef & { record: string; claim: number };

/**
 * A claim on its way through FANOUT or SLOW, addressed by its Shard's name. May be lost, doubled
 * and late without harm.
 */
export type FanoutMessage = { v: 2; shard: string; claim: ClaimRef };

/**
 * Everything one attempt needs. Holds sealed secrets; the body is the exact text to sign and send.
 */
export type AttemptRequest = {
  account: string;
  claim: ClaimRef;
  /** The delivery's id, for logs. */
  delivery: string;
  endpoint: EndpointSettings;
  eventId: string;
  attempt: number;
  /** `webhook-previous`: a sequence, or null for `none`. */
  previous: number | null;
  /** `webhook-replay`: the replay's delivery id. */
  replay: string | null;
  body: string;
  /** Of the publish, where the endpoint is sent trace context and the publish had one. */
  traceparent?: string;
};

export type BeginResult = { kind: 'request'; request: AttemptRequest } | { kind: 'gone' };

export type ReplayRefusal =
  | { reason: 'not-found' }
  /** The delivery, or an earlier replay of it, has not ended yet. */
  | { reason: 'still-open'; delivery: string }
  | { reason: 'older-version'; version: number; attempted: number }
  /** A `latest` lane: a newer event of the type, without a version as this one, was attempted. */
  | { reason: 'overtaken'; by: string }
  /** Only to a job: another replay of it has arrived. */
  | { reason: 'already-replayed'; delivery: string }
  /**
   * Only to a job: it no longer has a status that the job was to repeat; discarded since it was
   * listed, say.
   */
  | { reason: 'status-changed'; status: string }
  /** Only to what asks for missing ones: the endpoint has, or had, a delivery of the event. */
  | { reason: 'not-missing'; delivery: string }
  /**
   * Likewise: the endpoint, as it is now, does not want the event, by its type or by its filter.
   */
  | { reason: 'not-subscribed' }
  | { reason: 'filtered' }
  | { reason: 'endpoint-removed' }
  | { reason: 'endpoint-disabled'; statusReason: string | null }
  | { reason: 'full'; open: number }
  /** The Shard's database holds SHARD_BYTES_MAX. */
  | { reason: 'storage-full'; bytes: number }
  /** Nothing is left to send. */
  | { reason: 'payload-erased'; erasedAtMs: number }
  /** Likewise: its retention is over. */
  | { reason: 'payload-expired'; expiredAtMs: number };

export type DiscardRefusal =
  { reason: 'not-found' } | { reason: 'already-ended'; status: string } | { reason: 'in-flight' };

/** Who replays, and why. A job that asks again is answered the replay that it has. */
export type Replayer = {
  key: string;
  reason: string | null;
  force: boolean;
  job?: string | undefined;
  /** Only where it has one of these now: the job listed it some time ago. */
  statuses?: readonly string[] | undefined;
};

/** The Gate admits a parked lane: `passes` attempts need not ask again; null: the lane is free. */
export type Wakeup = { record: string; passes: number | null };

/**
 * Addressed by `shardName(address)`; `record` is `recordId(address)`. Reads of a record that never
 * accepted anything answer null and write nothing. A Shard whose account was removed takes nothing
 * and answers likewise.
 */
export type ShardRpc = {
  /**
   * Idempotent by event id; safe to repeat. One result per event, in order. All of it is one
   * commit.
   */
  accept(publishes: { record: string; request: AcceptRequest }[]): Promise<AcceptResult[][]>;
  begin(claims: ClaimRef[]): Promise<BeginResult[]>;
  settle(settled: { claim: ClaimRef; outcome: AttemptOutcome }[]): Promise<void>;
  confirm(confirmed: { record: string; confirmations: Confirmation[] }[]): Promise<void>;
  /** With settings at least as new as `revision`. What became of each, in order. */
  wake(endpoint: string, revision: number, wakes: Wakeup[]): Promise<Woken[]>;
  /**
   * Cancels what waits for an endpoint that takes it no longer, under settings read now and at
   * least as new as `revision`: some at a time. Safe to repeat.
   */
  sweep(endpoint: string, revision: number): Promise<Swept>;
  /**
   * Everything is gone, and nothing is taken any more. Only for an account that is removed. Safe to
   * repeat.
   */
  remove(): Promise<void>;
  readRecord(record: string): Promise<RecordView | null>;
  /**
   * The same of several, each with at most VIEWER_ENDPOINTS_SHOWN_MAX endpoints, the worst. From
   * now on the account's Live is told of each change of them, until it answers that nobody views
   * them. Safe to repeat.
   */
  view(records: string[]): Promise<(RecordView | null)[]>;
  readEvent(record: string, id: string): Promise<EventView | null>;
  /**
   * Events with a sequence above `after`, oldest first: `limit`, or fewer where they are large.
   * From `completeFrom` on none is missing.
   */
  readEvents(
    record: string,
    after: number,
    limit: number,
  ): Promise<{ events: EventView[]; lastSequence: number; completeFrom: number }>;
  /** The ids of all events of the record that are still stored; null: more than `most`. */
  readEventIds(record: string, most: number): Promise<EventIds | null>;
  readDelivery(record: string, ref: DeliveryRef): Promise<DeliveryDetail | null>;
  replay(record: string, ref: DeliveryRef, by: Replayer): Promise<Result<DeliveryView, ReplayRefusal>>;
  /**
   * R2: sends an event to an endpoint that never had a delivery of it, under the endpoint's
   * settings of now.
   */
  replayMissing(
    record: string,
    at: { sequence: number; endpoint: string },
    by: Replayer,
  ): Promise<Result<DeliveryView, ReplayRefusal>>;
  /**
   * Its payload and what receivers answered to it are gone; what waits of it is cancelled. Null: no
   * such event. Safe to repeat.
   */
  erasePayload(record: string, id: string): Promise<EventView | null>;
  /** A waiting delivery or a dead letter becomes `cancelled`, reason `discarded`. */
  discard(
    record: string,
    ref: DeliveryRef,
    by: { key: string; reason: string | null },
  ): Promise<Result<DeliveryView, DiscardRefusal>>;
};

/** `isWhole` false: some are gone, which had ended RETENTION_DAYS_MIN ago at the latest. */
export type EventIds = { ids: string[]; isWhole: boolean };

/**
 * `cancelled` now; `left`: still to be cancelled, or under way and to be looked at again; `kept`:
 * rightly waits.
 */
export type Swept = { cancelled: number; left: number; kept: number; isMore: boolean };

/**
 * Addressed by `liveName()`; viewers come by `fetch` (http/live/). It shows the present and stores
 * nothing: what it is told may be lost, doubled and reordered.
 */
export type LiveRpc = {
  /** Records of a Shard have changed. Answers those that nobody views. */
  changed(records: string[]): Promise<string[]>;
  /** Settings, or what a Gate knows of an endpoint, have changed. */
  settingsChanged(): Promise<void>;
};

/** Addressed by `gateName()`. */
export type GateRpc = {
  /** May one attempt of this record leave, under the settings that it has seen? */
  admit(record: string, seen: GateSettings): Promise<Admission>;
  /**
   * What became of attempts: of each failure, and of all while the endpoint is watched. May be
   * lost.
   */
  report(record: string, reports: Report[]): Promise<void>;
  /** The Account sends a change. Idempotent; an older revision than the known one is ignored. */
  changed(news: GateSettings): Promise<void>;
  read(): Promise<GateView>;
  /**
   * Its endpoint is worth a probe now, whatever the pause. Undefined: from a release that says
   * nothing.
   */
  probe(): Promise<ProbeOutcome | undefined>;
  /** Everything of this Gate is gone. Only for an account that is removed. Safe to repeat. */
  erase(): Promise<void>;
};

/**
 * What a caller may set of an endpoint, checked and with secrets and headers already sealed.
 * Undefined = leave as it is.
 */
export type EndpointChange = Partial<
  Pick<
    EndpointSettings,
    | 'url'
    | 'description'
    | 'eventTypes'
    | 'filter'
    | 'schemaVersions'
    | 'payloadFormat'
    | 'headerNames'
    | 'headers'
    | 'externalId'
    | 'ordering'
    | 'timeoutMs'
    | 'retry'
    | 'rateLimitPerSecond'
    | 'traceContext'
    | 'status'
    | 'statusReason'
  >
>;

/** What only the Account sees: other endpoints, and what a change leaves as it was. */
export type EndpointRefusal =
  { reason: 'external-id-taken'; endpoint: string } | { reason: 'payload-format'; message: string };

/** A sealed text and what takes its place, unless another has taken it meanwhile. */
export type Resealing = { from: Sealed; to: Sealed };
/** What a reseal does to one endpoint. */
export type EndpointResealing = {
  endpoint: string;
  secrets: (Resealing & { id: string })[];
  headers: Resealing | null;
};

/** What a caller may set of an account. Undefined = leave as it is. */
export type AccountChange = Partial<
  Pick<AccountSettings, 'name' | 'shards' | 'jurisdiction' | 'targets' | 'retention' | 'quota'>
>;
export type FixedField = { reason: 'fixed'; field: 'shards' | 'jurisdiction' };

/**
 * `endpoints`: what of the first part fits. Where `next` is not null, the others come with
 * `settingsPart`.
 */
export type EndpointsPart = { endpoints: EndpointSettings[]; next: string | null };
/** `bytes`: what all of the account's endpoints take. */
export type SettingsChanges =
  | { kind: 'part'; facts: AccountFacts; bytes: number; part: EndpointsPart }
  | { kind: 'changes'; facts: AccountFacts; bytes: number; endpoints: EndpointSettings[]; removed: string[] };
/** All settings: from a release that knows no parts. Null: there is no such account. */
export type SettingsAnswer = SettingsChanges | AccountSettings | 'unchanged' | QuotaExceeded | null;
export type SettingsFull = { reason: 'settings-full'; bytes: number; most: number };

/**
 * Addressed by `v1:{account id}`. Reads of an account that does not exist answer null and write
 * nothing.
 */
export type AccountRpc = {
  /** `by`, here and below: the name of the key, for the audit log. */
  put(
    change: AccountChange,
    by?: string,
  ): Promise<
    Result<
      /** Without endpoints, but in a release before. */
      { created: boolean; settings: AccountSettings },
      /** `removing`: the account of this id is being erased. */
      FixedField | { reason: 'removing'; job: string }
    >
  >;
  /** With these endpoints only, where they are named; a release before answers all. */
  settings(endpoints?: string[]): Promise<AccountSettings | null>;
  /**
   * The same for a caller that has settings: `unchanged`, or what has changed, costs little
   * transfer also where there are ten thousand endpoints. A publish names its `events`, which are
   * counted against the account's quota: over it, none of them may be accepted. Without `inParts`
   * (a release before asks), all of them in one answer, which the platform refuses above 32 MiB.
   */
  settingsSince(
    known: Pick<AccountSettings, 'revision' | 'createdAtMs'>,
    events?: number,
    inParts?: boolean,
  ): Promise<SettingsAnswer>;
  /** The endpoints after that id; what changes meanwhile is asked for with `settingsSince`. */
  settingsPart(after: string): Promise<EndpointsPart | null>;
  /** With the endpoints only that asked for alerts by name (core/alert-event.ts). */
  settingsForAlerts(): Promise<AccountSettings | null>;
  /**
   * Creating again with the same id answers the endpoint as it is (idempotency).
   */
  createEndpoint(
    endpoint: EndpointSettings,
    by?: string,
  ): Promise<
    Result<
      EndpointSettings,
      { reason: 'no-account' } | { reason: 'full'; most: number } | SettingsFull | EndpointRefusal
    >
  >;
  changeEndpoint(
    id: string,
    change: EndpointChange,
    by?: string,
  ): Promise<
    Result<EndpointSettings, { reason: 'not-found' } | SettingsFull | EndpointRefusal> & {
      /** Of a change that disables it: the sweep that the Account starts, or has started. */
      job?: JobStart | undefined;
    }
  >;
  /** The sweep that the Account starts, or has started; false where there is no such endpoint. */
  removeEndpoint(id: string, by?: string): Promise<JobStart | false>;
  /**
   * E2. `fresh` is current from now on. Rotating again with its id answers the endpoint as it is
   * (idempotency).
   */
  rotateSecret(
    id: string,
    fresh: EndpointSecret,
    overlapSeconds: number,
    by: string,
  ): Promise<Result<EndpointSettings, { reason: 'not-found' } | { reason: 'full'; most: number } | SettingsFull>>;
  removeSecret(
    id: string,
    secret: string,
    by: string,
  ): Promise<Result<EndpointSettings, { reason: 'not-found' } | RemovalRefusal>>;
  /**
   * The sealed text of a live secret, for showing it: its audit row commits before the answer
   * leaves.
   */
  readSecret(
    id: string,
    secret: string,
    by: string,
  ): Promise<Result<EndpointSecret, { reason: 'not-found' } | { reason: 'unknown-secret' }>>;
  /** Same texts under another master key. Answers how many texts were replaced. Safe to repeat. */
  reseal(
    resealings: EndpointResealing[],
    key: string,
    by: string,
  ): Promise<{ endpoints: number; secrets: number; headers: number }>;
  /**
   * Before a payload is erased: says who asked for it. False: there is no such account, and nothing
   * may be erased.
   */
  auditErasure(by: string, detail: string): Promise<boolean>;
  /**
   * Before something happens at a Shard or a Job. False: there is no such account, and it may not
   * happen.
   */
  auditAhead(act: AuditAct, by: string): Promise<boolean>;
  /** Newest first, those before number `before`. */
  audit(before: number, limit: number, filter?: AuditFilter): Promise<AuditEntry[] | null>;
  /**
   * From the delivery path (410, `webhook-delivery: disable`). Ignored where the endpoint was
   * changed after `seenRevision`.
   */
  disableEndpoint(id: string, reason: string, seenRevision: number): Promise<void>;
  /**
   * From its Gate: whether Records must ask before each attempt. No change for people; answers what
   * the Gate must know.
   */
  watchEndpoint(id: string, isWatched: boolean): Promise<GateSettings>;
  /**
   * Called by the endpoint's Gate, which has had only failures since then. Disables the endpoint if
   * the log agrees; else answers when the log last saw a success, or when a person changed it
   * since.
   */
  disableFailing(id: string, sinceMs: number): Promise<number | null>;
  /**
   * From now on there is no such account; the job that it starts erases everything. Again: the same
   * job. Null: there was none.
   */
  remove(by: string, reason: string | null): Promise<JobStart | null>;
  /** For that job. */
  endpointsOfRemoved(job: string, after: string, limit: number): Promise<string[]>;
  /** The last act of that job; of any other it is ignored. */
  erase(job: string): Promise<void>;
  /**
   * Idempotency-Key of POSTs other than publishes. `request` is a hash of method, path and body.
   */
  idempotencyBegin(
    key: string,
    request: string,
  ): Promise<
    | { kind: 'run' }
    | { kind: 'answer'; status: number; sealed: string }
    | { kind: 'conflict' }
    | { kind: 'in-progress' }
  >;
  idempotencyEnd(key: string, answer: { status: number; sealed: string } | null): Promise<void>;
  /**
   * E4. Counts one test send: not to be repeated. `number` tells it from the account's other tests,
   * and is near the time.
   */
  beginTest(
    endpoint: string,
    by?: string,
  ): Promise<Result<{ endpoint: EndpointSettings; number: number }, TestRefusal>>;
};

/**
 * Addressed by `jobName(id)`. Reads of one that was never started answer null and write nothing.
 */
export type JobRpc = {
  /** Idempotent: starting it again answers it as it is. */
  start(start: JobStart): Promise<Result<JobView, { reason: 'other-content' }>>;
  read(): Promise<JobView | null>;
  /** Null where it was never started. */
  act(
    action: 'pause' | 'resume' | 'cancel',
    by: { key: string; reason: string | null },
  ): Promise<Result<JobView, JobRefusal> | null>;
  /** Everything of this job is gone. Only for one whose account is removed. Safe to repeat. */
  erase(): Promise<void>;
};

/** Addressed by `limiterName()`. In memory only. */
export type LimiterRpc = {
  /** Counts what it lends: not to be repeated. */
  lease(request: LeaseRequest): Promise<Lease>;
  /** Of the one that is addressed by JOB_TURNS_NAME: may this job make its next step now? */
  jobTurn(request: JobTurnRequest): Promise<JobTurn>;
};

export type TestRefusal =
  | { reason: 'no-account' }
  | { reason: 'not-found' }
  | { reason: 'disabled'; statusReason: string | null }
  | { reason: 'too-many'; retryAfterMs: number };

/**
 * What a caller may set of an event type, checked. Undefined = leave as it is. `schemaJson`: of the
 * newest version.
 */
export type EventTypeChange = Partial<EventTypeFacts> & { schemaJson?: string };

export type EventTypeRefusal =
  | { reason: 'full'; most: number }
  | { reason: 'not-found' }
  /**
   * The schema would break readers or publishers of `version`; as version `next` it may be
   * published.
   */
  | { reason: 'breaking'; version: string; next: string; changes: SchemaChange[] }
  | { reason: 'not-next'; next: string }
  | { reason: 'versions-full'; most: number }
  /** `strict` without any schema. */
  | { reason: 'no-schema' }
  /** `dataVersion` names a version that is not there. */
  | { reason: 'unknown-version'; versionCount: number };

type EventTypePut = Result<{ created: boolean; detail: EventTypeDetail }, EventTypeRefusal>;

/** Addressed by `v1`: one catalogue for all accounts. Reads write nothing. */
export type CatalogueRpc = {
  /**
   * For `/health`: shows that an object writes, and answers the text that its master key must open;
   * null: none yet.
   */
  beat(): Promise<Sealed | null>;
  /** Takes the place of `from`, unless another has meanwhile. */
  setCanary(to: Sealed, from: Sealed | null): Promise<void>;
  /** The rules of all types, or `unchanged` where `revision` is the newest. */
  indexSince(revision: number | null): Promise<CatalogueIndex | 'unchanged'>;
  types(): Promise<EventType[]>;
  detail(name: string): Promise<EventTypeDetail | null>;
  put(name: string, change: EventTypeChange): Promise<EventTypePut>;
  putVersion(
    name: string,
    version: string,
    change: { schemaJson: string; exampleJson?: string | null },
  ): Promise<EventTypePut>;
};
