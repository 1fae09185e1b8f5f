/**
 * The audit log of one account (S3): rows are added in the same turn as what they tell of, and never changed or deleted. So
 * nothing is done without its row, and where the row cannot be written nothing is done.
 *
 * Known weaknesses: the table grows for ever (a row is some 150 bytes), and it is not projected to D1 yet, so it is read
 * account by account.
 */
import { z } from 'zod';
import type { AuditEntry } from '../core/audit.ts';
import type { Sql } from '../core/sql.ts';
import { hasTables, migrate, tablesVersion } from './tables.ts';

const AUDIT_SINCE_TABLES = 2;

const row = z.object({
  number: z.number(),
  at_ms: z.number(),
  by: z.string(),
  action: z.enum([
    'secret.created',
    'secret.rotated',
    'secret.read',
    'secret.removed',
    'secrets.resealed',
    'payload.erased',
  ]),
  endpoint: z.string().nullable(),
  secret: z.string().nullable(),
  detail: z.string().nullable(),
});

/** Only inside the transaction of what it tells of, and only where the account exists. */
export function audit(sql: Sql, { atMs, by, action, endpoint, secret, detail }: Omit<AuditEntry, 'number'>): void {
  if (tablesVersion(sql) < AUDIT_SINCE_TABLES) sql.exec('UPDATE account SET tables = ?', migrate(sql));
  sql.exec(
    'INSERT INTO audit (at_ms, by, action, endpoint, secret, detail) VALUES (?, ?, ?, ?, ?, ?)',
    atMs,
    by,
    action,
    endpoint,
    secret,
    detail,
  );
}

/** Newest first, those before number `before`. Null for an account that does not exist. */
export function auditPage(sql: Sql, before: number, limit: number): AuditEntry[] | null {
  if (!hasTables(sql)) return null;
  if (tablesVersion(sql) < AUDIT_SINCE_TABLES) return [];
  return sql
    .exec('SELECT * FROM audit WHERE number < ? ORDER BY number DESC LIMIT ?', before, limit)
    .toArray()
    .map((stored) => row.parse(stored))
    .map(({ at_ms: atMs, ...entry }) => ({ ...entry, atMs }));
}
