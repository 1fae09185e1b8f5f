/**
 * What an Account still owes others: D1 its projection, a Gate its endpoint's status. A row says
 * only that a topic changed and at which revision; the state is read when it is sent, so many
 * changes become one message and order cannot be lost. A row leaves once its own revision has been
 * sent, so a change in between stays owed.
 */
import { OUTBOX_BATCH, OUTBOX_FIRST_WAIT_MS, OUTBOX_WAIT_MS_CAP, OUTBOX_WAIT_MS_MIN } from '../core/limits.ts';
import type { JobStart } from '../core/job.ts';
import type { Sql } from '../core/sql.ts';
import { hasTables, migrate, tablesVersion } from './tables.ts';

/** `account`, `endpoint:{id}` (both to D1), `gate:{id}` and `job:{id}`. */
export type Topic = 'account' | `endpoint:${string}` | `gate:${string}` | `job:${string}`;
/**
 * Who is sent a topic. Each has rounds of its own: a change for a Gate must not wait for a D1 that
 * hangs.
 */
export type Receiver = 'database' | 'gates' | 'jobs';
export const RECEIVERS: readonly Receiver[] = ['database', 'gates', 'jobs'];
/** `detail`: the JSON of what a job is to do. */
export type Owed = { topic: string; revision: number; failures: number; detail?: string | null };

const DETAIL_SINCE_TABLES = 3;

/**
 * Only inside the transaction of the change itself. Due later, because the first try is made right
 * after the change.
 */
export function owe(sql: Sql, topic: Topic, revision: number, nowMs: number): void {
  sql.exec(
    `INSERT INTO outbox (topic, revision, failures, due_ms) VALUES (?, ?, 0, ?)
     ON CONFLICT (topic) DO UPDATE SET revision = excluded.revision, failures = 0, due_ms = excluded.due_ms`,
    topic,
    revision,
    nowMs + OUTBOX_FIRST_WAIT_MS,
  );
}

/** A job to start, in the same transaction as the change that asks for it. */
export function oweJob(sql: Sql, start: JobStart, revision: number, nowMs: number): void {
  if (tablesVersion(sql) < DETAIL_SINCE_TABLES) sql.exec('UPDATE account SET tables = ?', migrate(sql));
  owe(sql, `job:${start.id}`, revision, nowMs);
  sql.exec('UPDATE outbox SET detail = ? WHERE topic = ?', JSON.stringify(start), `job:${start.id}`);
}

/** What is due to one receiver, and what was never tried: oldest change first, a bounded number. */
export function owed(sql: Sql, receiver: Receiver, nowMs: number): Owed[] {
  if (!hasTables(sql)) return [];
  return sql
    .exec(
      `SELECT * FROM outbox
       WHERE CASE WHEN topic GLOB 'gate:*' THEN 'gates' WHEN topic GLOB 'job:*' THEN 'jobs' ELSE 'database' END = ?
         AND (due_ms <= ? OR failures = 0) ORDER BY revision LIMIT ?`,
      receiver,
      nowMs,
      OUTBOX_BATCH,
    )
    .toArray()
    .map((row) => ({
      topic: String(row['topic']),
      revision: Number(row['revision']),
      failures: Number(row['failures']),
      detail: typeof row['detail'] === 'string' ? row['detail'] : null,
    }));
}

export function settleSent(sql: Sql, { topic, revision }: Owed): void {
  sql.exec('DELETE FROM outbox WHERE topic = ? AND revision = ?', topic, revision);
}

/**
 * `random` in [0, 1): the wait is shortened by up to a quarter, so that accounts do not return to a
 * sick database as one.
 */
export function settleFailed(sql: Sql, { topic, revision, failures }: Owed, nowMs: number, random: number): void {
  const waitMs = Math.min(OUTBOX_WAIT_MS_MIN * 2 ** failures, OUTBOX_WAIT_MS_CAP) * (1 - random / 4);
  sql.exec(
    'UPDATE outbox SET failures = failures + 1, due_ms = ? WHERE topic = ? AND revision = ?',
    nowMs + Math.round(waitMs),
    topic,
    revision,
  );
}

/** When the alarm is due; null when nothing is owed. */
export function nextDueMs(sql: Sql): number | null {
  const due = hasTables(sql) ? sql.exec('SELECT MIN(due_ms) AS due FROM outbox').toArray()[0]?.['due'] : null;
  return typeof due === 'number' ? due : null;
}

/** Empty where the topic is not about one. */
export function endpointOf({ topic }: Pick<Owed, 'topic'>): string {
  return /^(?:endpoint|gate):(.*)$/.exec(topic)?.[1] ?? '';
}
