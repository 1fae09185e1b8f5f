/**
 * The audit log for operators (S3): what concerns no single account, and the removal of accounts,
 * which takes an account's own log along. Rows are inserted before the change that they describe,
 * never changed, and deleted by age. Ids sort by time.
 */
import { and, desc, gte, inArray, lt } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import type { AuditFilter } from '../../core/audit.ts';
import { type FieldError, ok, type Result } from '../../core/result.ts';
import { audit, type AuditRow } from './schema.ts';
import { isOneOf } from '../filter.ts';
import { cutPage, type Page, type PageRequest, parseCursor } from '../page.ts';

export type { AuditRow } from './schema.ts';

export async function insertAudit(database: D1Database, row: AuditRow): Promise<void> {
  await drizzle(database).insert(audit).values(row);
}

/** Newest first. */
export async function listAudit(
  database: D1Database,
  { action, account, fromMs, toMs }: AuditFilter & { account?: readonly string[] | undefined },
  page: PageRequest,
): Promise<Result<Page<AuditRow>, FieldError>> {
  const after = parseCursor('audit-of-operators', page.cursor);
  if (!after.ok) return after;
  const rows = await drizzle(database)
    .select()
    .from(audit)
    .where(
      and(
        lt(audit.id, after.value.id),
        isOneOf(audit.action, action),
        isOneOf(audit.account, account),
        fromMs === undefined ? undefined : gte(audit.atMs, fromMs),
        toMs === undefined ? undefined : lt(audit.atMs, toMs),
      ),
    )
    .orderBy(desc(audit.id))
    .limit(page.limit + 1);
  return ok(cutPage('audit-of-operators', rows, page.limit, ({ atMs, id }) => ({ atMs, id })));
}

/** The oldest, with an id below `beforeId`. Returns how many there were. */
export async function deleteAudit(database: D1Database, beforeId: string, limit: number): Promise<number> {
  const db = drizzle(database);
  const oldest = db.select({ id: audit.id }).from(audit).where(lt(audit.id, beforeId)).orderBy(audit.id).limit(limit);
  const { meta } = await db.delete(audit).where(inArray(audit.id, oldest));
  return meta.changes;
}
