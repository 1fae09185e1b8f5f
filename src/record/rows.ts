/**
 * The Record's tables, and the stored JSON in them. An event and its first 16 deliveries are one row, body included: a first-try
 * success is one insert and one update. Tables beyond the first are made when first needed, because each is billed in each object.
 *
 *   event    sequence, id, facts, deliveries 1..16 (packed), the exact body
 *   wide     further deliveries of a wide event, 16 to a row
 *   attempt  attempts that failed (the last success is packed with its delivery)
 *   form     bodies of other forms of an event, each once (older versions, an alert for Slack); the newest is the event's own
 */
import { z } from 'zod';
import { ENDED_STATUSES, TRIGGERS, WAITING_STATUSES } from '../core/delivery.ts';
import { DELIVERIES_PER_ROW } from '../core/limits.ts';
import { ERROR_KINDS } from '../core/outcome.ts';
import type { Sql } from '../core/sql.ts';

const attemptError = z.object({ kind: z.enum(ERROR_KINDS), message: z.string() }).nullable();
const trigger = z.enum(TRIGGERS);
const ordering = z.enum(['ordered', 'latest', 'unordered']);
const retryPolicy = z.object({
  scheduleSeconds: z.array(z.number()),
  windowSeconds: z.number(),
  alsoRetry: z.array(z.number()),
});

const loggedAttempt = z.object({
  atMs: z.number(),
  latencyMs: z.number(),
  statusCode: z.number().nullable(),
  error: attemptError,
  responseHeaders: z.record(z.string(), z.string()).nullable(),
  responseBody: z.string().nullable(),
  number: z.number(),
  trigger,
  willRetry: z.boolean(),
  nextAttemptAtMs: z.number().nullable(),
});

const delivery = z.object({
  endpoint: z.string(),
  replay: z.number(),
  form: z.string().optional(),
  replayFacts: z
    .object({
      of: z.number(),
      by: z.string(),
      reason: z.string().nullable(),
      atMs: z.number(),
      force: z.boolean(),
      job: z.string().optional(),
      isMissing: z.boolean().optional(),
      isOutOfOrder: z.boolean().optional(),
    })
    .nullable(),
  ordering,
  state: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('waiting'),
      as: z.enum(WAITING_STATUSES),
      dueMs: z.number(),
      parked: z.enum(['circuit', 'pace']).optional(),
    }),
    z.object({
      kind: z.literal('ended'),
      as: z.enum(ENDED_STATUSES),
      atMs: z.number(),
      reason: z.string().nullable(),
      supersededBy: z.number().nullable(),
    }),
  ]),
  claim: z
    .object({
      number: z.number(),
      attempt: z.number(),
      via: z.enum(['self', 'fanout', 'slow']),
      trigger,
      begunAtMs: z.number().nullable(),
      untilMs: z.number(),
      under: z.object({ revision: z.number(), retry: retryPolicy, isWatched: z.boolean().optional() }).nullable(),
    })
    .nullable(),
  claims: z.number(),
  attempts: z.number(),
  retries: z.number(),
  firstAttemptAtMs: z.number().nullable(),
  heldMs: z.number(),
  heldSinceMs: z.number().nullable(),
  last: z
    .object({ atMs: z.number(), statusCode: z.number().nullable(), error: attemptError, latencyMs: z.number() })
    .nullable(),
  previous: z.object({ sequence: z.number().nullable() }).nullable(),
  revision: z.number(),
});

/** A delivery as stored: with its successful attempt, and how much of it the log is known to have. */
const kept = z.object({
  delivery,
  success: loggedAttempt.nullable(),
  acked: z.number(),
  ackedAttempts: z.number(),
});

const facts = z.object({
  sequence: z.number(),
  id: z.string(),
  type: z.string(),
  version: z.number().nullable(),
  schemaVersion: z.string().nullable(),
  occurredAt: z.string().nullable(),
  acceptedAtMs: z.number(),
  contentHash: z.string(),
  forms: z.array(z.string()).optional(),
  expiresAtMs: z.number().optional(),
  retryWindowSeconds: z.number().optional(),
  latestGroup: z.string().optional(),
  latestOnly: z.boolean().optional(),
  erasedAtMs: z.number().optional(),
  /** Live deliveries: those that matched at acceptance. */
  deliveryCount: z.number(),
  record: z.string().nullable(),
});

/** A failed attempt, with the claim that made it: a late outcome finds its number by that. */
const keptAttempt = loggedAttempt.extend({ claim: z.number() });

export type Kept = z.infer<typeof kept>;
export type KeptFacts = z.infer<typeof facts>;
export type KeptAttempt = z.infer<typeof keptAttempt>;
export type KeptEvent = { facts: KeptFacts; kept: Kept[] };

const keptList = z.array(kept);

const EVENT_TABLE = `CREATE TABLE event (
  sequence INTEGER PRIMARY KEY, logged_through INTEGER NOT NULL, facts TEXT NOT NULL, deliveries TEXT NOT NULL, body TEXT
)`;
const WIDE_TABLE = `CREATE TABLE wide (
  sequence INTEGER NOT NULL, chunk INTEGER NOT NULL, deliveries TEXT NOT NULL, PRIMARY KEY (sequence, chunk)
) WITHOUT ROWID`;
const ATTEMPT_TABLE = `CREATE TABLE attempt (
  sequence INTEGER NOT NULL, slot INTEGER NOT NULL, number INTEGER NOT NULL, facts TEXT NOT NULL,
  PRIMARY KEY (sequence, slot, number)
) WITHOUT ROWID`;

const FORM_TABLE = `CREATE TABLE form (
  sequence INTEGER NOT NULL, version TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (sequence, version)
) WITHOUT ROWID`;

type Table = 'event' | 'wide' | 'attempt' | 'form';
const DEFINITIONS: Record<Table, string> = {
  event: EVENT_TABLE,
  wide: WIDE_TABLE,
  attempt: ATTEMPT_TABLE,
  form: FORM_TABLE,
};

/** Reads and writes rows. Knows no rule of delivery. */
export class Rows {
  readonly #sql: Sql;
  readonly #tables: Set<string>;

  constructor(sql: Sql) {
    this.#sql = sql;
    const names = sql.exec(`SELECT name FROM sqlite_master WHERE type = 'table'`).toArray();
    this.#tables = new Set(names.map((row) => String(row['name'])));
  }

  /** False for an object that never accepted anything. */
  exists(): boolean {
    return this.#tables.has('event');
  }

  /** Every event in order of sequence, without bodies. */
  *events(): Generator<KeptEvent> {
    if (!this.exists()) return;
    const sequences = this.#sql.exec('SELECT sequence FROM event ORDER BY sequence').toArray();
    for (const { sequence } of sequences) {
      const event = this.event(Number(sequence));
      if (event !== null) yield event;
    }
  }

  loggedThrough(): number {
    if (!this.exists()) return 0;
    const [row] = this.#sql.exec('SELECT MAX(logged_through) AS through FROM event').toArray();
    return Number(row?.['through'] ?? 0);
  }

  event(sequence: number): KeptEvent | null {
    if (!this.exists()) return null;
    const [row] = this.#sql.exec('SELECT facts, deliveries FROM event WHERE sequence = ?', sequence).toArray();
    if (row === undefined) return null;
    const parsed = facts.parse(JSON.parse(String(row['facts'])));
    const list = keptList.parse(JSON.parse(String(row['deliveries'])));
    if (list.length === DELIVERIES_PER_ROW && this.#tables.has('wide')) {
      const chunks = this.#sql
        .exec('SELECT deliveries FROM wide WHERE sequence = ? ORDER BY chunk', sequence)
        .toArray();
      for (const chunk of chunks) list.push(...keptList.parse(JSON.parse(String(chunk['deliveries']))));
    }
    return { facts: parsed, kept: list };
  }

  body(sequence: number): string | null {
    const [row] = this.#sql.exec('SELECT body FROM event WHERE sequence = ?', sequence).toArray();
    return typeof row?.['body'] === 'string' ? row['body'] : null;
  }

  /** One that is not the event's own. */
  form(sequence: number, version: string): string | null {
    if (!this.#tables.has('form')) return null;
    const [row] = this.#sql
      .exec('SELECT body FROM form WHERE sequence = ? AND version = ?', sequence, version)
      .toArray();
    return typeof row?.['body'] === 'string' ? row['body'] : null;
  }

  insertForm(sequence: number, version: string, body: string): void {
    this.#need('form');
    this.#sql.exec('INSERT INTO form (sequence, version, body) VALUES (?, ?, ?)', sequence, version, body);
  }

  attempts(sequence: number, slot: number): KeptAttempt[] {
    if (!this.#tables.has('attempt')) return [];
    const rows = this.#sql
      .exec('SELECT facts FROM attempt WHERE sequence = ? AND slot = ? ORDER BY number', sequence, slot)
      .toArray();
    return rows.map((row) => keptAttempt.parse(JSON.parse(String(row['facts']))));
  }

  insertEvent(event: KeptEvent, loggedThrough: number, body: string): void {
    this.#need('event');
    this.#sql.exec(
      'INSERT INTO event (sequence, logged_through, facts, deliveries, body) VALUES (?, ?, ?, ?, ?)',
      event.facts.sequence,
      loggedThrough,
      JSON.stringify(event.facts),
      JSON.stringify(event.kept.slice(0, DELIVERIES_PER_ROW)),
      body,
    );
    for (let chunk = 1; chunk * DELIVERIES_PER_ROW < event.kept.length; chunk += 1) this.#writeWide(event, chunk);
  }

  /** Rewrites the row that holds the deliveries of one chunk (0 = the event's own row). */
  updateChunk(event: KeptEvent, chunk: number): void {
    if (chunk > 0) {
      this.#writeWide(event, chunk);
      return;
    }
    const packed = JSON.stringify(event.kept.slice(0, DELIVERIES_PER_ROW));
    this.#sql.exec('UPDATE event SET deliveries = ? WHERE sequence = ?', packed, event.facts.sequence);
  }

  writeAttempt(sequence: number, slot: number, attempt: KeptAttempt): void {
    this.#need('attempt');
    this.#sql.exec(
      `INSERT INTO attempt (sequence, slot, number, facts) VALUES (?, ?, ?, ?)
       ON CONFLICT (sequence, slot, number) DO UPDATE SET facts = excluded.facts`,
      sequence,
      slot,
      attempt.number,
      JSON.stringify(attempt),
    );
  }

  /** The facts that say so take the payload's place; answers of receivers, which may echo it, go too. */
  erase(facts: KeptFacts): void {
    this.#sql.exec('UPDATE event SET facts = ?, body = NULL WHERE sequence = ?', JSON.stringify(facts), facts.sequence);
    if (this.#tables.has('form')) this.#sql.exec('DELETE FROM form WHERE sequence = ?', facts.sequence);
    if (!this.#tables.has('attempt')) return;
    this.#sql.exec(
      `UPDATE attempt SET facts = json_set(facts, '$.responseHeaders', NULL, '$.responseBody', NULL) WHERE sequence = ?`,
      facts.sequence,
    );
  }

  #writeWide(event: KeptEvent, chunk: number): void {
    this.#need('wide');
    const from = chunk * DELIVERIES_PER_ROW;
    this.#sql.exec(
      `INSERT INTO wide (sequence, chunk, deliveries) VALUES (?, ?, ?)
       ON CONFLICT (sequence, chunk) DO UPDATE SET deliveries = excluded.deliveries`,
      event.facts.sequence,
      chunk,
      JSON.stringify(event.kept.slice(from, from + DELIVERIES_PER_ROW)),
    );
  }

  #need(table: Table): void {
    if (this.#tables.has(table)) return;
    this.#sql.exec(DEFINITIONS[table]);
    this.#tables.add(table);
  }
}
