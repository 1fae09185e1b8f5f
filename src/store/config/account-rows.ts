/**
 * Everything that the databases hold of one account, for its removal: counted, read and deleted a
 * chunk at a time. A table that is added with rows of accounts is added here too.
 */
import { and, count, eq, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { accounts, endpoints } from './schema.ts';
import { attempts, deliveries, events, hours } from '../log/schema.ts';

export type LogRow = { atMs: number; id: string };

export async function countRows(config: D1Database, log: D1Database, account: string): Promise<number> {
  const counts = await Promise.all([
    countIn(log, deliveries, account),
    countIn(log, events, account),
    countIn(log, attempts, account),
    countIn(log, hours, account),
    countIn(config, endpoints, account),
    countIn(config, accounts, account),
  ]);
  return counts.reduce((sum, one) => sum + one, 0);
}

type Counted = typeof deliveries | typeof events | typeof attempts | typeof hours | typeof endpoints | typeof accounts;

async function countIn(database: D1Database, table: Counted, account: string): Promise<number> {
  const rows = await drizzle(database).select({ n: count() }).from(table).where(eq(table.account, account));
  return rows[0]?.n ?? 0;
}

/** The oldest. Both tables name the record in the id. */
export function oldestRows(
  database: D1Database,
  table: 'deliveries' | 'events',
  account: string,
  limit: number,
): Promise<LogRow[]> {
  const of = table === 'deliveries' ? deliveries : events;
  return drizzle(database)
    .select({ atMs: of.acceptedAtMs, id: of.id })
    .from(of)
    .where(eq(of.account, account))
    .orderBy(of.acceptedAtMs, of.id)
    .limit(limit);
}

/**
 * These and no others: what came after they were read belongs to a record that was not looked at.
 */
export async function deleteRows(
  database: D1Database,
  table: 'deliveries' | 'events',
  account: string,
  rows: readonly LogRow[],
): Promise<void> {
  const of = table === 'deliveries' ? deliveries : events;
  const times = rows.map(({ atMs }) => atMs);
  await drizzle(database)
    .delete(of)
    .where(
      and(
        eq(of.account, account),
        sql`${of.acceptedAtMs} BETWEEN ${Math.min(...times)} AND ${Math.max(...times)}`,
        sql`${of.id} IN (SELECT value FROM json_each(${JSON.stringify(rows.map(({ id }) => id))}))`,
      ),
    );
}

/** Those of tests too. Returns how many there were. */
export async function deleteAttempts(database: D1Database, account: string, limit: number): Promise<number> {
  const { meta } = await drizzle(database).run(sql`DELETE FROM attempts WHERE account = ${account} AND (at_ms, id) IN (
    SELECT at_ms, id FROM attempts WHERE account = ${account} ORDER BY at_ms, id LIMIT ${limit})`);
  return meta.changes;
}

/** Returns how many there were. */
export async function deleteHours(database: D1Database, account: string, limit: number): Promise<number> {
  const { meta } = await drizzle(database)
    .run(sql`DELETE FROM hours WHERE account = ${account} AND (hour_ms, endpoint) IN (
    SELECT hour_ms, endpoint FROM hours WHERE account = ${account} ORDER BY hour_ms, endpoint LIMIT ${limit})`);
  return meta.changes;
}

/** Also those of endpoints that were removed before. */
export async function endpointRows(database: D1Database, account: string, limit: number): Promise<string[]> {
  const rows = await drizzle(database)
    .select({ id: endpoints.id })
    .from(endpoints)
    .where(eq(endpoints.account, account))
    .orderBy(endpoints.id)
    .limit(limit);
  return rows.map(({ id }) => id);
}

export async function deleteEndpointRows(database: D1Database, account: string, ids: readonly string[]): Promise<void> {
  await drizzle(database)
    .delete(endpoints)
    .where(
      and(
        eq(endpoints.account, account),
        sql`${endpoints.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`,
      ),
    );
}

/** True if it was there. */
export async function deleteAccountRow(database: D1Database, account: string): Promise<boolean> {
  const { meta } = await drizzle(database).delete(accounts).where(eq(accounts.account, account));
  return meta.changes > 0;
}
