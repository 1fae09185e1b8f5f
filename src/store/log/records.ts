/**
 * Records by the beginning of their keys. The log has no index by record: each event would pay a
 * row for it. So this walks deliveries, and events that nobody wanted, newest first and no further
 * than a list does; a record whose events lie on both sides of a page's end comes again on the
 * next.
 */
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { LIST_WALK } from '../../core/limits.ts';
import { ok } from '../../core/result.ts';
import type { FieldError, Result } from '../../core/result.ts';
import { type Found, type LogPage, mergePage, type PageRequest, parseCursor, type Position } from '../page.ts';
import { deliveries, events } from './schema.ts';
import { matching, type Search, stop } from './walk.ts';

/** Of the part that was looked at: its newest event, and when that was accepted. */
export type ListedRecord = { account: string; record: string; eventType: string; acceptedAtMs: number };
type Row = ListedRecord & { id: string };

/** `account` null: across all accounts. */
export async function listRecords(
  database: D1Database,
  account: string | null,
  prefix: string,
  page: PageRequest,
): Promise<Result<LogPage<ListedRecord>, FieldError>> {
  const after = parseCursor('records', page.cursor);
  if (!after.ok) return after;
  const found = await Promise.all(
    [deliveries, events].map((table) => {
      const search = {
        source: { table, from: sql`${table}`, where: undefined, isOrdered: true },
        at: table.acceptedAtMs,
        filter: { account },
        isMatch: sql`substr(${table.record}, 1, length(${prefix})) = ${prefix}`,
        after: after.value,
      };
      return findRecords(database, search, page.limit + 1);
    }),
  );
  const merged = mergePage('records', found, page.limit, positionOf);
  const newest = new Map<string, ListedRecord>();
  for (const { id: _, ...row } of merged.data) {
    const name = JSON.stringify([row.account, row.record]);
    if (!newest.has(name)) newest.set(name, row);
  }
  return ok({ ...merged, data: [...newest.values()] });
}

async function findRecords(database: D1Database, search: Search, most: number): Promise<Found<Row>> {
  const db = drizzle(database);
  // SQLite takes the other columns from the row that has the maximum.
  const rows = await db.all<Row>(sql`SELECT account, record, "eventType", id, max("acceptedAtMs") AS "acceptedAtMs"
    FROM (${matching(search, LIST_WALK)}) GROUP BY account, record
    ORDER BY "acceptedAtMs" DESC, id DESC LIMIT ${most}`);
  // Asked second: what arrives between the two makes it stop too early, never too late.
  const [end] = await db.all<Row>(sql`SELECT * FROM (${stop(search, LIST_WALK)})`);
  return { rows, reached: end === undefined ? null : positionOf(end) };
}

function positionOf({ acceptedAtMs, id }: Row): Position {
  return { atMs: acceptedAtMs, id };
}
