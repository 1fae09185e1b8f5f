/** The projection of accounts, for operators' lists. */
import { and, count, desc, gt, lte, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import type { AccountSettings } from '../../core/endpoint.ts';
import { ok } from '../../core/result.ts';
import type { FieldError, Result } from '../../core/result.ts';
import { accounts } from './schema.ts';
import type { AccountRow } from './schema.ts';
import { cutPage, parseCursor } from '../page.ts';
import type { Page, PageRequest } from '../page.ts';

/** Newest first. */
export async function listAccounts(
  database: D1Database,
  page: PageRequest,
): Promise<Result<Page<AccountRow>, FieldError>> {
  const after = parseCursor('accounts', page.cursor);
  if (!after.ok) return after;
  const rows = await drizzle(database)
    .select()
    .from(accounts)
    .where(sql`(${accounts.createdAtMs}, ${accounts.account}) < (${after.value.atMs}, ${after.value.id})`)
    .orderBy(desc(accounts.createdAtMs), desc(accounts.account))
    .limit(page.limit + 1);
  return ok(cutPage('accounts', rows, page.limit, (row) => ({ atMs: row.createdAtMs, id: row.account })));
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
