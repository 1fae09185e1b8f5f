/** The projection of accounts, for operators' lists. */
import { and, count, desc, gt, gte, lt, lte, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import type { AccountSettings } from '../../core/endpoint.ts';
import { ACCOUNTS_SEARCHED_MAX } from '../../core/limits.ts';
import { ok } from '../../core/result.ts';
import type { FieldError, Result } from '../../core/result.ts';
import { accounts } from './schema.ts';
import type { AccountRow } from './schema.ts';
import { cutPage, cutWalk, KEY_END, parseCursor } from '../page.ts';
import type { Page, PageRequest, Position } from '../page.ts';
import { contains } from './search.ts';

/**
 * Newest first. With `search`: those with it in their id or name, among ACCOUNTS_SEARCHED_MAX a
 * page.
 */
export async function listAccounts(
  database: D1Database,
  page: PageRequest,
  search?: string,
): Promise<Result<Page<AccountRow>, FieldError>> {
  const after = parseCursor('accounts', page.cursor);
  if (!after.ok) return after;
  const db = drizzle(database);
  const walked = db
    .select()
    .from(accounts)
    .where(sql`(${accounts.createdAtMs}, ${accounts.account}) < (${after.value.atMs}, ${after.value.id})`)
    .orderBy(desc(accounts.createdAtMs), desc(accounts.account));
  if (search === undefined) return ok(cutPage('accounts', await walked.limit(page.limit + 1), page.limit, positionOf));
  const within = walked.limit(ACCOUNTS_SEARCHED_MAX).as('within');
  const [rows, ends] = await db.batch([
    db
      .select()
      .from(within)
      .where(contains([within.account, within.name], search))
      .limit(page.limit + 1),
    db
      .select()
      .from(within)
      .limit(1)
      .offset(ACCOUNTS_SEARCHED_MAX - 1),
  ]);
  return ok(cutWalk('accounts', rows, ends[0], page.limit, positionOf));
}

function positionOf({ createdAtMs, account }: AccountRow): Position {
  return { atMs: createdAtMs, id: account };
}

/** Those whose ids begin so, in their own order: by the primary key. */
export async function accountsBeginning(database: D1Database, text: string, limit: number): Promise<AccountRow[]> {
  return drizzle(database)
    .select()
    .from(accounts)
    .where(and(gte(accounts.account, text), lt(accounts.account, `${text}${KEY_END}`)))
    .orderBy(accounts.account)
    .limit(limit);
}

/** Of two writes the one with the higher revision stays, in whichever order they come. */
export async function upsertAccount(database: D1Database, settings: AccountSettings): Promise<void> {
  const row: AccountRow = {
    account: settings.account,
    revision: settings.revision,
    name: settings.name,
    payloadDays: settings.retention.payloadDays,
    logDays: settings.retention.logDays,
    createdAtMs: settings.createdAtMs,
  };
  await drizzle(database)
    .insert(accounts)
    .values(row)
    .onConflictDoUpdate({
      target: accounts.account,
      set: row,
      setWhere: sql`excluded.revision > ${accounts.revision}`,
    });
}

export async function countAccounts(database: D1Database, createdByMs: number): Promise<number> {
  const rows = await drizzle(database)
    .select({ n: count() })
    .from(accounts)
    .where(lte(accounts.createdAtMs, createdByMs));
  return rows[0]?.n ?? 0;
}

/** Ids of the accounts created until then, in their own order, after `after`. */
export async function accountsCreatedBy(
  database: D1Database,
  createdByMs: number,
  after: string,
  limit: number,
): Promise<string[]> {
  const rows = await drizzle(database)
    .select({ account: accounts.account })
    .from(accounts)
    .where(and(gt(accounts.account, after), lte(accounts.createdAtMs, createdByMs)))
    .orderBy(accounts.account)
    .limit(limit);
  return rows.map(({ account }) => account);
}
