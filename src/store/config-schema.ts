/**
 * The CONFIG database: a projection of accounts and endpoints for lists across accounts. The Account objects hold the truth; no
 * delivery and no publish reads this. Holds no secret and no header. Every row is guarded by the Account's revision.
 *
 * WITHOUT ROWID is added by hand in migrations/config, because drizzle-kit cannot say it.
 */
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { EndpointStatus, Ordering } from '../core/endpoint.ts';
import type { JobKind, JobStatus } from '../core/job.ts';

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
    /** A removed endpoint stays as an empty row, so that an older change that arrives late cannot bring it back. */
    removed: integer('removed', { mode: 'boolean' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.account, t.id] }), index('endpoints_by_id').on(t.id)],
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

export type JobRow = typeof jobs.$inferSelect;
export type AccountRow = typeof accounts.$inferSelect;
export type EndpointRow = typeof endpoints.$inferSelect;
