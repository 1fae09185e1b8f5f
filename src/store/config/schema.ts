/**
 * The CONFIG database: a projection of accounts and endpoints for lists across accounts. The
 * Account objects hold the truth; no delivery and no publish reads this. Holds no secret and no
 * header. Every row is guarded by the Account's revision.
 *
 * WITHOUT ROWID is added by hand in migrations/config, because drizzle-kit cannot say it.
 */
import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { AlertRule } from '../../core/alert.ts';
import type { EndpointStatus, Ordering } from '../../core/endpoint.ts';
import type { FaultKind } from '../../core/fault.ts';
import type { JobKind, JobStatus } from '../../core/job.ts';

export const accounts = sqliteTable(
  'accounts',
  {
    account: text('account').primaryKey(),
    revision: integer('revision').notNull(),
    name: text('name').notNull(),
    payloadDays: integer('payload_days').notNull(),
    logDays: integer('log_days').notNull(),
    createdAtMs: integer('created_at_ms').notNull(),
  },
  (t) => [index('accounts_by_creation').on(t.createdAtMs)],
);

export const endpoints = sqliteTable(
  'endpoints',
  {
    account: text('account').notNull(),
    /** Contains a ULID: sorts by creation. */
    id: text('id').notNull(),
    revision: integer('revision').notNull(),
    url: text('url').notNull(),
    description: text('description').notNull(),
    /** JSON array of names; empty = all. */
    eventTypes: text('event_types').notNull(),
    externalId: text('external_id'),
    ordering: text('ordering').$type<Ordering>().notNull(),
    status: text('status').$type<EndpointStatus>().notNull(),
    statusReason: text('status_reason'),
    createdAtMs: integer('created_at_ms').notNull(),
    updatedAtMs: integer('updated_at_ms').notNull(),
    /**
     * A removed endpoint stays as an empty row, so that an older change that arrives late cannot
     * bring it back.
     */
    removed: integer('removed', { mode: 'boolean' }).notNull(),
    /** When its oldest current secret was made; null in rows of releases before. */
    secretSinceMs: integer('secret_since_ms'),
  },
  (t) => [
    primaryKey({ columns: [t.account, t.id] }),
    index('endpoints_by_id').on(t.id),
    // For a search by URL or host: a row for each endpoint that is created or changed, none for an
    // event.
    index('endpoints_by_url')
      .on(t.url)
      .where(sql`removed = 0`),
  ],
);

/** Jobs for lists: each writes its own row. */
export const jobs = sqliteTable(
  'jobs',
  {
    id: text('id').primaryKey(),
    revision: integer('revision').notNull(),
    kind: text('kind').$type<JobKind>().notNull(),
    account: text('account'),
    endpoint: text('endpoint'),
    event: text('event'),
    status: text('status').$type<JobStatus>().notNull(),
    total: integer('total').notNull(),
    done: integer('done').notNull(),
    failed: integer('failed').notNull(),
    skipped: integer('skipped').notNull(),
    by: text('by').notNull(),
    reason: text('reason'),
    createdAtMs: integer('created_at_ms').notNull(),
    updatedAtMs: integer('updated_at_ms').notNull(),
    endedAtMs: integer('ended_at_ms'),
  },
  (t) => [index('jobs_by_creation').on(t.createdAtMs, t.id), index('jobs_by_account').on(t.account, t.id)],
);

/**
 * Alerts (A1), open and resolved. `account` and `endpoint` are empty where the alert is about all:
 * a unique index tells nulls apart.
 */
export const alerts = sqliteTable(
  'alerts',
  {
    /** Sorts by opening. */
    id: text('id').primaryKey(),
    rule: text('rule').$type<AlertRule>().notNull(),
    account: text('account').notNull(),
    endpoint: text('endpoint').notNull(),
    value: real('value').notNull(),
    threshold: real('threshold').notNull(),
    detail: text('detail').notNull(),
    openedAtMs: integer('opened_at_ms').notNull(),
    updatedAtMs: integer('updated_at_ms').notNull(),
    falseSinceMs: integer('false_since_ms'),
    resolvedAtMs: integer('resolved_at_ms'),
    revision: integer('revision').notNull(),
    /**
     * Sent to the operator, or there is none. After a failure: how many in a row, and not before
     * when.
     */
    toldRevision: integer('told_revision').notNull(),
    tellFailures: integer('tell_failures').notNull().default(0),
    tellAfterMs: integer('tell_after_ms').notNull().default(0),
    /** The same of who owns the account. */
    ownerRevision: integer('owner_revision').notNull().default(0),
    ownerFailures: integer('owner_failures').notNull().default(0),
    ownerAfterMs: integer('owner_after_ms').notNull().default(0),
    acknowledgedAtMs: integer('acknowledged_at_ms'),
    acknowledgedBy: text('acknowledged_by'),
    note: text('note'),
  },
  (t) => [
    // Two runs at once cannot open one condition twice.
    uniqueIndex('alerts_open')
      .on(t.account, t.endpoint, t.rule)
      .where(sql`resolved_at_ms IS NULL`),
    // By account, because accounts take turns.
    index('alerts_to_operator')
      .on(t.account, t.id)
      .where(sql`told_revision < revision`),
    index('alerts_to_owners')
      .on(t.account, t.id)
      .where(sql`owner_revision < revision AND account <> ''`),
    index('alerts_by_account').on(t.account, t.id),
  ],
);

/** For the rules of alerts. `account` is empty where a fault concerns the whole service. */
export const faults = sqliteTable(
  'faults',
  {
    kind: text('kind').$type<FaultKind>().notNull(),
    account: text('account').notNull(),
    subject: text('subject').notNull(),
    detail: text('detail').notNull(),
    /** Seen last. */
    atMs: integer('at_ms').notNull(),
  },
  (t) => [primaryKey({ columns: [t.kind, t.account, t.subject] }), index('faults_by_time').on(t.atMs)],
);

/** What an operator set of a rule; a rule without a row is as core/alert.ts has it. */
export const alertRules = sqliteTable('alert_rules', {
  rule: text('rule').$type<AlertRule>().primaryKey(),
  enabled: integer('enabled', { mode: 'boolean' }).notNull(),
  threshold: real('threshold').notNull(),
  minimum: real('minimum'),
});

/** One row: behind which account the next run of the alerts begins. */
export const alertProgress = sqliteTable('alert_progress', {
  id: integer('id').primaryKey(),
  after: text('after').notNull(),
});

/** Where each task of the cron continues. For fairness only: without it a task begins anew. */
export const cursors = sqliteTable('cursors', {
  task: text('task').primaryKey(),
  cursor: text('cursor').notNull(),
});

export type AlertRow = typeof alerts.$inferSelect;
/** S1: only the SHA-256 of a key. */
export const keys = sqliteTable(
  'keys',
  {
    id: text('id').primaryKey(),
    hash: text('hash').notNull(),
    name: text('name').notNull(),
    /** JSON array. */
    scopes: text('scopes').notNull(),
    account: text('account'),
    createdBy: text('created_by').notNull(),
    createdAtMs: integer('created_at_ms').notNull(),
    expiresAtMs: integer('expires_at_ms'),
    revokedAtMs: integer('revoked_at_ms'),
    lastUsedAtMs: integer('last_used_at_ms'),
    rateLimitPerSecond: integer('rate_limit_per_second'),
  },
  (t) => [uniqueIndex('keys_by_hash').on(t.hash)],
);

export type CounterName = 'spans-dropped';

/** What only grows, by name: counters of `/metrics`. */
export const counters = sqliteTable('counters', {
  name: text('name').$type<CounterName>().primaryKey(),
  value: integer('value').notNull(),
});

/** S3: what concerns all accounts. Not removed with an account: its removal is among it. */
export const audit = sqliteTable('audit', {
  /** Sorts by time. */
  id: text('id').primaryKey(),
  atMs: integer('at_ms').notNull(),
  by: text('by').notNull(),
  action: text('action').notNull(),
  account: text('account'),
  target: text('target'),
  detail: text('detail'),
  /** JSON, as core/audit.ts has it; null: none. */
  changes: text('changes'),
});

export type AuditRow = typeof audit.$inferSelect;
export type KeyRow = typeof keys.$inferSelect;
export type JobRow = typeof jobs.$inferSelect;
export type AccountRow = typeof accounts.$inferSelect;
export type EndpointRow = typeof endpoints.$inferSelect;
