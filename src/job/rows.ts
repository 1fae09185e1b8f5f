/**
 * A job's tables, and the stored JSON in them. What it is to do is written once; its state is one
 * small row, rewritten with each step; items are rows of their own. Made by the first start, never
 * by a read.
 *
 *   start  what it is to do, who asked and why
 *   state  status, cursor, counters, history
 *   item   what was listed and is not done with; done ones too, where the kind remembers them
 */
import { z } from 'zod';
import { ENDED_STATUSES } from '../core/delivery.ts';
import { JURISDICTIONS } from '../core/ids.ts';
import type { JobStart } from '../core/job.ts';
import type { Sql } from '../core/sql.ts';
import { stored } from '../core/stored.ts';
import type { Item } from './work.ts';

const act = z.object({
  atMs: z.number(),
  by: z.string(),
  action: z.enum(['started', 'paused', 'resumed', 'cancelled', 'finished']),
  reason: z.string().nullable(),
});

const state = z.object({
  status: z.enum(['running', 'paused', 'finished', 'cancelled']),
  /** Grows with every write: of two pictures of the job the higher one is newer. */
  revision: z.number(),
  /** The revision that the lists have; 0 before the first. */
  told: z.number(),
  toldAtMs: z.number(),
  tellFailures: z.number(),
  phase: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('listing'), cursor: z.string().nullable() }),
    /** The pass has listed everything; its last items are under way. */
    z.object({ kind: z.literal('listed') }),
    z.object({ kind: z.literal('resting'), untilMs: z.number() }),
    z.object({ kind: z.literal('closing') }),
  ]),
  pass: z.number(),
  passBeganMs: z.number(),
  passFound: z.number(),
  /** No further pass is needed. */
  isComplete: z.boolean(),
  progress: z.object({ total: z.number(), done: z.number(), failed: z.number(), skipped: z.number() }),
  failures: z.array(z.object({ item: z.string(), reason: z.string() })),
  /** The first skipped ones by name. Absent as earlier releases saved it. */
  skips: z.array(z.object({ item: z.string(), reason: z.string() })).default([]),
  /** Absent as releases before replays of a range saved it. */
  skippedBy: z.record(z.string(), z.number()).optional(),
  history: z.array(act),
  /**
   * The next step comes no earlier: the rest after the last one, or the wait after a failed one.
   */
  nextMs: z.number(),
  /**
   * Nor does new work, for the pace; nor another look at what it waits for. Absent as earlier
   * releases saved it.
   */
  paceMs: z.number().default(0),
  looksMs: z.number().default(0),
  /** Steps that failed in a row. */
  stepFailures: z.number(),
  /** Why the last step did not work, as a whole or for each of its items; null: it did. */
  lastError: z.string().nullable(),
  createdAtMs: z.number(),
  updatedAtMs: z.number(),
  endedAtMs: z.number().nullable(),
});

/** By which an account's Shards and Gates are found. */
const place = {
  account: z.string(),
  jurisdiction: z.enum(JURISDICTIONS).nullable().default(null),
  incarnation: z.string(),
  shards: z.number(),
};

const range = z.object({
  endpoint: z.string(),
  statuses: z.array(z.enum(ENDED_STATUSES)),
  missing: z.boolean(),
  subscribed: z.array(z.string()).optional(),
  eventTypes: z.array(z.string()).optional(),
  statusCodes: z.array(z.string()).optional(),
  records: z.array(z.string()).optional(),
  fromMs: z.number(),
  toMs: z.number(),
});

const start = stored<JobStart>()(
  z.object({
    id: z.string(),
    by: z.string(),
    reason: z.string().nullable(),
    spec: z.discriminatedUnion('kind', [
      z.object({
        kind: z.literal('broadcast'),
        event: z.object({
          id: z.string(),
          type: z.string(),
          record: z.string().nullable(),
          version: z.number().nullable(),
          occurredAt: z.string().nullable(),
          contentHash: z.string(),
          dataJson: z.string(),
          schemaVersion: z.string().optional(),
          retryWindowSeconds: z.number().optional(),
          expireAfterSeconds: z.number().optional(),
          latestGroup: z.string().optional(),
          latestOnly: z.boolean().optional(),
        }),
        accounts: z.array(z.string()).nullable(),
      }),
      z.object({
        kind: z.literal('sweep'),
        ...place,
        endpoint: z.string(),
        revision: z.number(),
        because: z.enum(['removed', 'disabled']),
      }),
      z.object({ kind: z.literal('account-removal'), ...place }),
      z.object({
        kind: z.literal('replay'),
        ...place,
        range,
        force: z.boolean(),
        pacePerSecond: z.number(),
      }),
      z.object({ kind: z.literal('discard'), ...place, range }),
    ]),
  }),
);

export type State = z.infer<typeof state>;

const TABLES = [
  'CREATE TABLE start (one INTEGER PRIMARY KEY CHECK (one = 1), start TEXT NOT NULL)',
  'CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1), state TEXT NOT NULL)',
  `CREATE TABLE item (
     key TEXT PRIMARY KEY, weight INTEGER NOT NULL, tries INTEGER NOT NULL, due_ms INTEGER, waits_for TEXT
   ) WITHOUT ROWID`,
  'CREATE INDEX item_due ON item (due_ms) WHERE due_ms IS NOT NULL',
];

export function hasTables(sql: Sql): boolean {
  return sql.exec(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'state'`).toArray().length > 0;
}

/** Items of jobs that an earlier release started wait for nothing that it would name. */
export function migrate(sql: Sql): void {
  const old = sql.exec(`SELECT 1 FROM sqlite_master WHERE name = 'item' AND sql NOT LIKE '%waits_for%'`).toArray();
  if (old.length > 0) sql.exec('ALTER TABLE item ADD COLUMN waits_for TEXT');
}

export function create(sql: Sql, job: JobStart, first: State): void {
  for (const table of TABLES) sql.exec(table);
  sql.exec('INSERT INTO start (one, start) VALUES (1, ?)', JSON.stringify(job));
  sql.exec('INSERT INTO state (one, state) VALUES (1, ?)', JSON.stringify(first));
}

export function readStart(sql: Sql): JobStart {
  return start.parse(JSON.parse(String(sql.exec('SELECT start FROM start').toArray()[0]?.['start'])));
}

export function readState(sql: Sql): State {
  return state.parse(JSON.parse(String(sql.exec('SELECT state FROM state').toArray()[0]?.['state'])));
}

export function writeState(sql: Sql, job: State): void {
  sql.exec('UPDATE state SET state = ?', JSON.stringify(job));
}

/** Those that are there already, done or not, stay as they are. */
export function addItems(sql: Sql, items: readonly Item[], dueMs: number): void {
  sql.exec(
    `INSERT INTO item (key, weight, tries, due_ms)
     SELECT value->>'key', value->>'weight', 0, ? FROM json_each(?) WHERE true ON CONFLICT (key) DO NOTHING`,
    dueMs,
    JSON.stringify(items),
  );
}

/** New work, or looks at what was set going. */
export type Kind = 'work' | 'look';

export function dueItems(sql: Sql, kind: Kind, nowMs: number, limit: number): Item[] {
  const waits = kind === 'work' ? 'IS NULL' : 'IS NOT NULL';
  return sql
    .exec(
      `SELECT key, weight FROM item WHERE due_ms <= ? AND waits_for ${waits} ORDER BY due_ms, key LIMIT ?`,
      nowMs,
      limit,
    )
    .toArray()
    .map((row) => ({ key: String(row['key']), weight: Number(row['weight']) }));
}

/**
 * What is not done with; `workMs` and `lookMs` are when the next of each is due, null where there
 * is none.
 */
export function openItems(sql: Sql): {
  count: number;
  workMs: number | null;
  lookMs: number | null;
  waitingFor: { [what: string]: number };
} {
  const rows = sql
    .exec('SELECT waits_for, count(*) AS n, min(due_ms) AS due FROM item WHERE due_ms IS NOT NULL GROUP BY waits_for')
    .toArray()
    .map((row) => ({ waitsFor: row['waits_for'], count: Number(row['n']), dueMs: Number(row['due']) }));
  const work = rows.find(({ waitsFor }) => waitsFor === null);
  const looks = rows.filter(({ waitsFor }) => waitsFor !== null);
  return {
    count: rows.reduce((sum, row) => sum + row.count, 0),
    workMs: work?.dueMs ?? null,
    lookMs: looks.length === 0 ? null : Math.min(...looks.map(({ dueMs }) => dueMs)),
    waitingFor: Object.fromEntries(looks.map(({ waitsFor, count }) => [String(waitsFor), count])),
  };
}

/** Null where it is not open (any more): then its outcome has been counted. */
export function openItem(sql: Sql, key: string): { tries: number; kind: Kind } | null {
  const [row] = sql.exec('SELECT tries, waits_for FROM item WHERE key = ? AND due_ms IS NOT NULL', key).toArray();
  if (row === undefined) return null;
  return { tries: Number(row['tries']), kind: row['waits_for'] === null ? 'work' : 'look' };
}

export function endItem(sql: Sql, key: string, isRemembered: boolean): void {
  if (isRemembered) sql.exec('UPDATE item SET due_ms = NULL WHERE key = ?', key);
  else sql.exec('DELETE FROM item WHERE key = ?', key);
}

/** What was counted of its weight so far is not counted again. */
export function putOff(
  sql: Sql,
  { key, weight }: Item,
  { tries, dueMs, waitsFor }: { tries: number; dueMs: number; waitsFor: string | null },
): void {
  sql.exec(
    'UPDATE item SET tries = ?, due_ms = ?, weight = ?, waits_for = coalesce(?, waits_for) WHERE key = ?',
    tries,
    dueMs,
    weight,
    waitsFor,
    key,
  );
}

export function forgetItems(sql: Sql): void {
  sql.exec('DELETE FROM item');
}
