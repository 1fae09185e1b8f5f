/**
 * Answers remembered under an Idempotency-Key, so that a POST sent twice is done once.
 *
 *   (none) ─begin─▶ running, locked ─end(answer)─▶ answered, for 7 days ─▶ (none)
 *                        │ end(null): nothing was done ─▶ (none)
 *                        └ lock runs out (we crashed): the next begin runs it again
 *
 * Expired rows go when later keys arrive; those of an account that falls silent stay, which costs a
 * few kilobytes.
 */
import { IDEMPOTENCY_LOCK_MS, IDEMPOTENCY_MS, IDEMPOTENCY_SWEEP_MAX } from '../core/limits.ts';
import type { AccountRpc } from '../core/rpc.ts';
import type { Sql } from '../core/sql.ts';
import { hasTables } from './tables.ts';

export type Begun = Awaited<ReturnType<AccountRpc['idempotencyBegin']>>;

/**
 * For an account that does not exist it answers `run` and writes nothing: the request itself will
 * answer 404.
 */
export function begin(sql: Sql, key: string, request: string, nowMs: number): Begun {
  if (!hasTables(sql)) return { kind: 'run' };
  const row = sql
    .exec(
      'SELECT request, locked_until_ms, status, sealed FROM idempotency WHERE key = ? AND expires_ms > ?',
      key,
      nowMs,
    )
    .toArray()[0];
  if (row !== undefined) {
    if (row['request'] !== request) return { kind: 'conflict' };
    if (row['status'] !== null) return { kind: 'answer', status: Number(row['status']), sealed: String(row['sealed']) };
    if (Number(row['locked_until_ms']) > nowMs) return { kind: 'in-progress' };
  }
  sql.transaction(() => {
    sql.exec(
      'DELETE FROM idempotency WHERE key IN (SELECT key FROM idempotency WHERE expires_ms <= ? LIMIT ?)',
      nowMs,
      IDEMPOTENCY_SWEEP_MAX,
    );
    sql.exec(
      `INSERT OR REPLACE INTO idempotency (key, request, locked_until_ms, expires_ms, status, sealed)
       VALUES (?, ?, ?, ?, NULL, NULL)`,
      key,
      request,
      nowMs + IDEMPOTENCY_LOCK_MS,
      nowMs + IDEMPOTENCY_MS,
    );
  });
  return { kind: 'run' };
}

/** `null` forgets the key: nothing was done, and the same key may be tried again. */
export function end(sql: Sql, key: string, answer: { status: number; sealed: string } | null): void {
  if (!hasTables(sql)) return;
  if (answer === null) sql.exec('DELETE FROM idempotency WHERE key = ? AND status IS NULL', key);
  else sql.exec('UPDATE idempotency SET status = ?, sealed = ? WHERE key = ?', answer.status, answer.sealed, key);
}
