/**
 * The audit log of one account (S3): rows are added in the same turn as the change that they
 * describe, and never changed. So nothing is done without its row, and where the row cannot be
 * written nothing is done. What happens outside this object, at a Shard or a Job, is written ahead
 * of it. A row goes by age, with a later one.
 */
import { z } from 'zod';
import type { AuditAct, AuditEntry, AuditFilter } from '../core/audit.ts';
import { AUDIT_DAYS, AUDIT_SWEEP_MAX, DAY_MS } from '../core/limits.ts';
import type { Sql } from '../core/sql.ts';
import { hasTables, migrate, tablesVersion } from './tables.ts';

const AUDIT_SINCE_TABLES = 2;
const CHANGES_SINCE_TABLES = 4;

const changes = z.array(z.object({ field: z.string(), from: z.string().nullable(), to: z.string().nullable() }));
/** The first rows have neither target nor changes. */
const row = z.object({
  number: z.number(),
  at_ms: z.number(),
  by: z.string(),
  action: z.string(),
  endpoint: z.string().nullable(),
  secret: z.string().nullable(),
  target: z.string().nullable().default(null),
  detail: z.string().nullable(),
  changes: z.string().nullable().default(null),
});

/**
 * Only inside the transaction of the change that it describes, and only where the account exists.
 */
export function audit(sql: Sql, act: AuditAct, by: string, atMs: number): void {
  if (tablesVersion(sql) < CHANGES_SINCE_TABLES) sql.exec('UPDATE account SET tables = ?', migrate(sql));
  sql.exec(
    'INSERT INTO audit (at_ms, by, action, endpoint, secret, target, detail, changes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    atMs,
    by,
    act.action,
    act.endpoint ?? null,
    act.secret ?? null,
    act.target ?? null,
    act.detail ?? null,
    act.changes === undefined || act.changes.length === 0 ? null : JSON.stringify(act.changes),
  );
  forgetOld(sql, atMs);
}

/** The oldest few at a time: more than are added, so that it keeps pace with any rate. */
function forgetOld(sql: Sql, nowMs: number): void {
  sql.exec(
    `DELETE FROM audit WHERE at_ms < ? AND number IN (SELECT number FROM audit ORDER BY number LIMIT ?)`,
    nowMs - AUDIT_DAYS * DAY_MS,
    AUDIT_SWEEP_MAX,
  );
}

/** Newest first, those before number `before`. Null for an account that does not exist. */
export function auditPage(sql: Sql, before: number, limit: number, filter: AuditFilter): AuditEntry[] | null {
  if (!hasTables(sql)) return null;
  if (tablesVersion(sql) < AUDIT_SINCE_TABLES) return [];
  const { action, fromMs, toMs } = filter;
  return sql
    .exec(
      `SELECT * FROM audit WHERE number < ?1 AND at_ms >= ?2 AND at_ms < ?3
       AND (?4 IS NULL OR action IN (SELECT value FROM json_each(?4))) ORDER BY number DESC LIMIT ?5`,
      before,
      fromMs ?? 0,
      toMs ?? Number.MAX_SAFE_INTEGER,
      action === undefined ? null : JSON.stringify(action),
      limit,
    )
    .toArray()
    .map((stored) => entryOf(row.parse(stored)));
}

function entryOf({ at_ms: atMs, changes: json, ...entry }: z.output<typeof row>): AuditEntry {
  return { ...entry, atMs, changes: json === null ? [] : changes.parse(JSON.parse(json)) };
}
