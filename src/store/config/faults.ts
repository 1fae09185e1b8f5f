/**
 * Faults: written where they happen, counted by the rules of alerts. One row for each subject, with
 * when it was seen last.
 */
import { eq, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import type { Fault, FaultCount } from '../../core/fault.ts';
import { ALERT_FAULTS_MAX, ALERT_WINDOW_MS, FAULT_AGAIN_MS } from '../../core/limits.ts';
import { faults } from './schema.ts';

/**
 * In one statement. What was seen within FAULT_AGAIN_MS writes nothing: a full record may refuse a
 * thousand events a second. Nor does what concerns the whole service where as many as are counted
 * stand there already: a queue of poison must not fill the database of keys.
 */
export async function writeFaults(
  config: D1Database,
  seen: readonly Fault[],
  nowMs: number,
  most = ALERT_FAULTS_MAX,
): Promise<void> {
  await drizzle(config).run(sql`
    INSERT INTO faults (kind, account, subject, detail, at_ms)
    SELECT value ->> 'kind', coalesce(value ->> 'account', ''), value ->> 'subject', value ->> 'detail', ${nowMs}
    FROM json_each(${JSON.stringify(seen)}) WHERE value ->> 'account' IS NOT NULL OR NOT EXISTS (
      SELECT 1 FROM faults INDEXED BY faults_by_time WHERE at_ms > ${nowMs - ALERT_WINDOW_MS} LIMIT 1 OFFSET ${most - 1})
    ON CONFLICT (kind, account, subject) DO UPDATE SET at_ms = excluded.at_ms, detail = excluded.detail
      WHERE excluded.at_ms - faults.at_ms >= ${FAULT_AGAIN_MS}`);
}

/** The newest ALERT_FAULTS_MAX since then, by the index of their time. */
export async function countFaults(config: D1Database, sinceMs: number): Promise<FaultCount[]> {
  const rows = await drizzle(config).all<FaultCount & { account: string }>(sql`
    SELECT kind, account, count(*) AS faults, max(detail) AS detail FROM (
      SELECT kind, account, detail FROM faults INDEXED BY faults_by_time
      WHERE at_ms >= ${sinceMs} ORDER BY at_ms DESC LIMIT ${ALERT_FAULTS_MAX}
    ) GROUP BY kind, account`);
  return rows.map((row) => ({ ...row, account: row.account || null }));
}

/** The oldest of those that no rule counts any more. Returns how many there were. */
export async function deleteOldFaults(config: D1Database, beforeMs: number, limit: number): Promise<number> {
  const { meta } = await drizzle(config).run(sql`
    DELETE FROM faults WHERE (kind, account, subject) IN (
      SELECT kind, account, subject FROM faults INDEXED BY faults_by_time WHERE at_ms < ${beforeMs} LIMIT ${limit})`);
  return meta.changes;
}

/** Of an account that is removed. */
export async function deleteFaults(config: D1Database, account: string): Promise<void> {
  await drizzle(config).delete(faults).where(eq(faults.account, account));
}
