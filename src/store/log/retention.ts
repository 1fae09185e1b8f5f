/**
 * What the databases no longer need to hold (O4): rows of the log older than their account's
 * `logDays`, and jobs ended long ago.
 */
import { and, eq, lt, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { RETENTION_CHUNK_ROWS } from '../../core/limits.ts';
import { accounts, cursors, jobs } from '../config/schema.ts';
import { OPEN_STATUSES } from './schema.ts';

export type Expired = { deliveries: number; attempts: number; events: number; hours: number };

/**
 * Accounts that have rows in the log, in their own order: one seek in each table for each, however
 * many rows it has.
 */
export async function accountsInLog(database: D1Database, after: string, limit: number): Promise<string[]> {
  const { results } = await database.prepare(ACCOUNTS_IN_LOG).bind(after, limit).all<{ name: string }>();
  return results.map(({ name }) => name);
}

const nextAccount = (after: string) => `(SELECT min(account) FROM (
  SELECT min(account) AS account FROM deliveries WHERE account > ${after}
  UNION ALL SELECT min(account) FROM attempts WHERE account > ${after}
  UNION ALL SELECT min(account) FROM events WHERE account > ${after}
  UNION ALL SELECT min(account) FROM hours WHERE account > ${after}))`;
const ACCOUNTS_IN_LOG = `WITH RECURSIVE known(name, n) AS (
  SELECT ${nextAccount('?1')}, 1
  UNION ALL SELECT ${nextAccount('known.name')}, n + 1 FROM known WHERE name IS NOT NULL AND n < ?2
) SELECT name FROM known WHERE name IS NOT NULL`;

/** By account; one that is not there any more is not in it. */
export async function logDaysOf(config: D1Database, names: readonly string[]): Promise<Map<string, number>> {
  const rows = await drizzle(config)
    .select({ account: accounts.account, days: accounts.logDays })
    .from(accounts)
    .where(sql`${accounts.account} IN (SELECT value FROM json_each(${JSON.stringify(names)}))`);
  return new Map(rows.map(({ account, days }) => [account, days]));
}

/**
 * Deletes the oldest of an account, at most RETENTION_CHUNK_ROWS of each table, in one transaction.
 * A delivery counts from its end, so that a replay of something old is kept as long as any; what is
 * still open stays, and its attempts with it.
 */
export async function deleteExpired(
  database: D1Database,
  account: string,
  beforeMs: number,
  hoursBeforeMs: number,
): Promise<Expired> {
  const statements = [DELETE_DELIVERIES, DELETE_ATTEMPTS, DELETE_EVENTS];
  const bound = statements.map((text) => database.prepare(text).bind(account, beforeMs, RETENTION_CHUNK_ROWS));
  bound.push(database.prepare(DELETE_HOURS).bind(account, hoursBeforeMs, RETENTION_CHUNK_ROWS));
  const [deliveries, attempts, events, hours] = await database.batch(bound);
  const changes = (result: D1Result | undefined) => result?.meta.changes ?? 0;
  return {
    deliveries: changes(deliveries),
    attempts: changes(attempts),
    events: changes(events),
    hours: changes(hours),
  };
}

const deleteOldest = (table: string, at: string, condition: string) => `DELETE FROM ${table}
  WHERE account = ?1 AND (${at}, id) IN (SELECT ${at}, id FROM ${table} AS t
    WHERE t.account = ?1 AND t.${at} < ?2 AND ${condition} ORDER BY t.${at}, t.id LIMIT ?3)`;
const DELETE_DELIVERIES = deleteOldest(
  'deliveries',
  'accepted_at_ms',
  `coalesce(t.ended_at_ms, t.accepted_at_ms) < ?2 AND NOT (${OPEN_STATUSES})`,
);
const DELETE_ATTEMPTS = deleteOldest(
  'attempts',
  'at_ms',
  `NOT EXISTS (SELECT 1 FROM deliveries AS d WHERE d.account = t.account AND d.accepted_at_ms = t.accepted_at_ms
    AND d.id = t.delivery AND ${OPEN_STATUSES})`,
);
const DELETE_EVENTS = deleteOldest('events', 'accepted_at_ms', 'true');

const DELETE_HOURS = `DELETE FROM hours WHERE account = ?1 AND (hour_ms, endpoint) IN (
  SELECT hour_ms, endpoint FROM hours WHERE account = ?1 AND hour_ms < ?2 ORDER BY hour_ms, endpoint LIMIT ?3)`;

/** Ids of jobs that ended before then, oldest creation first. */
export async function endedJobs(config: D1Database, beforeMs: number, limit: number): Promise<string[]> {
  const rows = await drizzle(config)
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(lt(jobs.createdAtMs, beforeMs), lt(jobs.endedAtMs, beforeMs)))
    .orderBy(jobs.createdAtMs, jobs.id)
    .limit(limit);
  return rows.map(({ id }) => id);
}

export async function deleteJobs(config: D1Database, ids: readonly string[]): Promise<void> {
  await drizzle(config)
    .delete(jobs)
    .where(sql`${jobs.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`);
}

/** Where a task of the cron continues; empty: at the beginning. */
export async function readCursor(config: D1Database, task: string): Promise<string> {
  const rows = await drizzle(config).select().from(cursors).where(eq(cursors.task, task));
  return rows[0]?.cursor ?? '';
}

export async function writeCursor(config: D1Database, task: string, cursor: string): Promise<void> {
  await drizzle(config)
    .insert(cursors)
    .values({ task, cursor })
    .onConflictDoUpdate({ target: cursors.task, set: { cursor } });
}
