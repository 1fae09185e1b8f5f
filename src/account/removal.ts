/**
 * What is left of an account from its removal until a job has erased everything: the job to start,
 * and nothing else that answers. `hasTables` of tables.ts says no from now on, so that every read
 * and change finds no account. The table is made by the removal.
 *
 *   (account) ─remove─▶ removed, job owed ─started─▶ removed ─erase(job)─▶ (nothing: the id is free again)
 */
import { z } from 'zod';
import type { JobStart } from '../core/job.ts';
import { OUTBOX_FIRST_WAIT_MS } from '../core/limits.ts';
import type { Sql } from '../core/sql.ts';
import { stored } from '../core/stored.ts';
import { storedPlace } from './jobs.ts';
import { hasTable } from './tables.ts';

type RemovalStart = JobStart & { spec: { kind: 'account-removal' } };

const storedStart = stored<RemovalStart>()(
  z.object({
    id: z.string(),
    by: z.string(),
    reason: z.string().nullable(),
    spec: z.object({ kind: z.literal('account-removal'), ...storedPlace }),
  }),
);

export type Removal = {
  start: JobStart;
  /** When to start the job (again); null once it has started. */
  dueMs: number | null;
};

export function removalOf(sql: Sql): Removal | null {
  if (!hasTable(sql, 'removal')) return null;
  const [row] = sql.exec('SELECT start, due_ms FROM removal').toArray();
  if (row === undefined) return null;
  const due = row['due_ms'];
  return { start: storedStart.parse(JSON.parse(String(row['start']))), dueMs: typeof due === 'number' ? due : null };
}

/** Only where the account exists. */
export function beginRemoval(sql: Sql, start: JobStart, nowMs: number): void {
  sql.transaction(() => {
    sql.exec('CREATE TABLE removal (one INTEGER PRIMARY KEY CHECK (one = 1), start TEXT NOT NULL, due_ms INTEGER)');
    const dueMs = nowMs + OUTBOX_FIRST_WAIT_MS;
    sql.exec('INSERT INTO removal (one, start, due_ms) VALUES (1, ?, ?)', JSON.stringify(start), dueMs);
  });
}

/** Null: it has started. */
export function setRemovalDue(sql: Sql, dueMs: number | null): void {
  sql.exec('UPDATE removal SET due_ms = ?', dueMs);
}

/**
 * In order, after `after`: the endpoints of the account that was, and those that it had removed
 * just before and whose Gates were not notified. Nobody else knows of these.
 */
export function endpointsOfRemoved(sql: Sql, after: string, limit: number): string[] {
  return sql
    .exec(
      `SELECT id FROM (SELECT id FROM endpoint UNION SELECT substr(topic, 6) FROM outbox WHERE topic GLOB 'gate:*')
       WHERE id > ? ORDER BY id LIMIT ?`,
      after,
      limit,
    )
    .toArray()
    .map((row) => String(row['id']));
}
