/** S1: keys, by hash for who asks and by creation for lists. A revoked key stays as a row. */
import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { ok, type FieldError, type Result } from '../../core/result.ts';
import { keys, type KeyRow } from './schema.ts';
import { cutPage, parseCursor, type Page, type PageRequest } from '../page.ts';

export type { KeyRow } from './schema.ts';

/** False where its id is taken. */
export async function insertKey(database: D1Database, row: KeyRow): Promise<boolean> {
  const { meta } = await drizzle(database).insert(keys).values(row).onConflictDoNothing({ target: keys.id });
  return meta.changes > 0;
}

export async function changeKey(
  database: D1Database,
  id: string,
  change: Partial<Pick<KeyRow, 'name' | 'rateLimitPerSecond'>>,
): Promise<void> {
  await drizzle(database).update(keys).set(change).where(eq(keys.id, id));
}

export async function keyByHash(database: D1Database, hash: string): Promise<KeyRow | null> {
  const [row] = await drizzle(database).select().from(keys).where(eq(keys.hash, hash));
  return row ?? null;
}

export async function findKey(database: D1Database, id: string): Promise<KeyRow | null> {
  const [row] = await drizzle(database).select().from(keys).where(eq(keys.id, id));
  return row ?? null;
}

/** Newest first. */
export async function listKeys(database: D1Database, page: PageRequest): Promise<Result<Page<KeyRow>, FieldError>> {
  const after = parseCursor('keys', page.cursor);
  if (!after.ok) return after;
  const rows = await drizzle(database)
    .select()
    .from(keys)
    .where(sql`(${keys.createdAtMs}, ${keys.id}) < (${after.value.atMs}, ${after.value.id})`)
    .orderBy(desc(keys.createdAtMs), desc(keys.id))
    .limit(page.limit + 1);
  return ok(cutPage('keys', rows, page.limit, (row) => ({ atMs: row.createdAtMs, id: row.id })));
}

/** The first revocation stands. */
export async function revokeKey(database: D1Database, id: string, nowMs: number): Promise<void> {
  await drizzle(database)
    .update(keys)
    .set({ revokedAtMs: nowMs })
    .where(and(eq(keys.id, id), isNull(keys.revokedAtMs)));
}

/**
 * Of an account that is removed: they must not open a later account of the same id. Reads all keys:
 * removals are rare, keys few.
 */
export async function deleteKeys(database: D1Database, account: string): Promise<void> {
  await drizzle(database).delete(keys).where(eq(keys.account, account));
}

export async function markKeyUsed(database: D1Database, id: string, nowMs: number): Promise<void> {
  await drizzle(database).update(keys).set({ lastUsedAtMs: nowMs }).where(eq(keys.id, id));
}
