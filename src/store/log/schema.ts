/**
 * The LOG database: what was delivered, for search and history. A projection: the Shards hold the
 * truth and send it again until it is confirmed. Rows written cost more than all else here, so a
 * delivery whose first attempt comes quickly is one row and one index entry, and no table has an
 * index that is not named below.
 *
 * WITHOUT ROWID is added by hand in migrations/log, because drizzle-kit cannot say it; the test of
 * rows written fails without it.
 */
import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { DeliveryStatus, Trigger } from '../../core/delivery.ts';
import type { ErrorKind } from '../../core/outcome.ts';

/** As in the index `deliveries_open`: a query that is to use it says it in the same words. */
export const OPEN_STATUSES = `status IN ('queued', 'retrying', 'held', 'delivering')`;

/**
 * As in the index `deliveries_troubled`: all but a first try that succeeded. So a filter for
 * whatever went wrong, waits, or was tried or sent again reads a few rows of a healthy log.
 */
export const TROUBLED = `NOT (status = 'delivered' AND attempts <= 1 AND replay_of IS NULL AND ifnull(last_status_code, 200) / 100 = 2)`;

/** As in the index `deliveries_dead`. */
export const DEAD = `status = 'dead'`;

/**
 * One delivery with the facts of its event. In key order the deliveries of one event are neighbours
 * (ids.ts: record, sequence, endpoint).
 */
export const deliveries = sqliteTable(
  'deliveries',
  {
    account: text('account').notNull(),
    /** Of the event, also for replays. */
    acceptedAtMs: integer('accepted_at_ms').notNull(),
    id: text('id').notNull(),
    endpoint: text('endpoint').notNull(),
    eventId: text('event_id').notNull(),
    eventType: text('event_type').notNull(),
    record: text('record'),
    sequence: integer('sequence').notNull(),
    version: integer('version'),
    occurredAt: text('occurred_at'),
    deliveryCount: integer('delivery_count').notNull(),
    revision: integer('revision').notNull(),
    status: text('status').$type<DeliveryStatus>().notNull(),
    attempts: integer('attempts').notNull(),
    lastAtMs: integer('last_at_ms'),
    lastStatusCode: integer('last_status_code'),
    lastErrorKind: text('last_error_kind').$type<ErrorKind>(),
    lastErrorMessage: text('last_error_message'),
    lastLatencyMs: integer('last_latency_ms'),
    nextAttemptAtMs: integer('next_attempt_at_ms'),
    blockedBy: text('blocked_by'),
    supersededBy: text('superseded_by'),
    /** Null: no replay. Empty (REPLAYS_NOTHING): one of what was missing. */
    replayOf: text('replay_of'),
    replayedBy: text('replayed_by'),
    /** Of a replay that a job asked for. */
    replayJob: text('replay_job'),
    /** True, or null. */
    outOfOrder: integer('out_of_order', { mode: 'boolean' }),
    reason: text('reason'),
    endedAtMs: integer('ended_at_ms'),
    /** Attempt 1, if it started within LOG_EMBED_WITHIN_MS of the acceptance; null together. */
    firstAtMs: integer('first_at_ms'),
    /** JSON of a StoredAttempt. */
    firstAttempt: text('first_attempt'),
    /**
     * Of its event's payload; null: it was not. Keeps late messages from bringing back what
     * receivers answered.
     */
    erasedAtMs: integer('erased_at_ms'),
  },
  (t) => [
    primaryKey({ columns: [t.account, t.acceptedAtMs, t.id] }),
    index('deliveries_by_event').on(t.account, t.eventId),
    // What waits, by endpoint. A delivery whose first try succeeds never has an entry.
    index('deliveries_open').on(t.account, t.endpoint, t.id).where(sql.raw(OPEN_STATUSES)),
    // Both in the order of lists, and written only for what is rare.
    index('deliveries_troubled').on(t.account, t.acceptedAtMs, t.id).where(sql.raw(TROUBLED)),
    // What a replay job sent. Nothing else has an entry.
    index('deliveries_by_job')
      .on(t.account, t.replayJob, t.acceptedAtMs, t.id)
      .where(sql`replay_job IS NOT NULL`),
    // With the endpoint, so that counting them reads nothing else.
    index('deliveries_dead').on(t.account, t.acceptedAtMs, t.id, t.endpoint).where(sql.raw(DEAD)),
  ],
);

/** Attempts that are not embedded in their delivery's row: all but quick first ones. */
export const attempts = sqliteTable(
  'attempts',
  {
    account: text('account').notNull(),
    /**
     * Part of the key: whoever reports an attempt twice (lost, then its true outcome) must give the
     * same time.
     */
    atMs: integer('at_ms').notNull(),
    id: text('id').notNull(),
    delivery: text('delivery').notNull(),
    /** With account and delivery the key of the delivery's row, for the filter by status. */
    acceptedAtMs: integer('accepted_at_ms').notNull(),
    endpoint: text('endpoint').notNull(),
    eventId: text('event_id').notNull(),
    eventType: text('event_type').notNull(),
    record: text('record'),
    number: integer('number').notNull(),
    trigger: text('trigger').$type<Trigger>().notNull(),
    statusCode: integer('status_code'),
    errorKind: text('error_kind').$type<ErrorKind>(),
    errorMessage: text('error_message'),
    latencyMs: integer('latency_ms').notNull(),
    /** JSON object, or null. */
    responseHeaders: text('response_headers'),
    responseBody: text('response_body'),
    /** JSON of a PackedSent, or null. */
    sent: text('sent'),
    willRetry: integer('will_retry', { mode: 'boolean' }).notNull(),
    nextAttemptAtMs: integer('next_attempt_at_ms'),
  },
  (t) => [
    primaryKey({ columns: [t.account, t.atMs, t.id] }),
    // Paid by retries and slow first attempts only.
    index('attempts_by_event').on(t.account, t.eventId),
  ],
);

/**
 * Events that no endpoint wanted when they were accepted. A later replay of what was missing may
 * add deliveries beside such a row.
 */
export const events = sqliteTable(
  'events',
  {
    account: text('account').notNull(),
    acceptedAtMs: integer('accepted_at_ms').notNull(),
    /**
     * What the ids of its deliveries would start with (`dlv_{kind}{hash}_{sequence}_`): sorts with
     * them, and event ids may repeat in other records.
     */
    id: text('id').notNull(),
    eventId: text('event_id').notNull(),
    eventType: text('event_type').notNull(),
    record: text('record'),
    sequence: integer('sequence').notNull(),
    version: integer('version'),
    occurredAt: text('occurred_at'),
  },
  (t) => [
    primaryKey({ columns: [t.account, t.acceptedAtMs, t.id] }),
    index('events_by_event').on(t.account, t.eventId),
  ],
);

/**
 * The roll-up: the attempts of one endpoint in one hour of UTC, counted, so that a day is 24 rows.
 * Made by schedule/roll-up.ts of hours that are over, and replaced as a whole. It keeps no account
 * of its own rows and so may be made again at any time.
 */
export const hours = sqliteTable(
  'hours',
  {
    account: text('account').notNull(),
    hourMs: integer('hour_ms').notNull(),
    endpoint: text('endpoint').notNull(),
    /**
     * JSON: a list of [code, kind of error, bucket of latency, hours since the acceptance, how
     * many, the last in ms of the hour].
     */
    counts: text('counts').notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.hourMs, t.endpoint] })],
);

export type DeliveryRow = typeof deliveries.$inferSelect;
export type AttemptRow = typeof attempts.$inferSelect;
export type EventRow = typeof events.$inferSelect;
