/**
 * The Record's tables. An event and its first 16 deliveries are one row, body included: a first-try success is one insert and one
 * update. Tables beyond the first are made when first needed, because each is billed in each object; dropping them costs nothing.
 *
 *   event    sequence, id, facts, deliveries 1..16 (packed), the exact body
 *   wide     further deliveries of a wide event, 16 to a row
 *   attempt  attempts that failed (the last success is packed with its delivery)
 *   form     bodies of other forms of an event, each once (older versions, an alert for Slack); the newest is the event's own
 *   summary  what must be known of events whose rows are gone; one row, and another for each thousand lanes
 */
import { DELIVERIES_PER_ROW, SUMMARY_LANES_PER_ROW } from '../core/limits.ts';
import type { Sql } from '../core/sql.ts';
import {
  facts,
  keptAttempt,
  type KeptAttempt,
  type KeptEvent,
  type KeptFacts,
  keptList,
  laneSummaries,
  type Summary,
  summaryFacts,
} from './stored.ts';

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

const SUMMARY_TABLE = `CREATE TABLE summary (part INTEGER PRIMARY KEY, facts TEXT NOT NULL, lanes TEXT NOT NULL)`;

/** All that hold rows of events, by their sequence. */
const EVENT_TABLES = ['event', 'wide', 'attempt', 'form'] as const;
type Table = (typeof EVENT_TABLES)[number] | 'summary';
const DEFINITIONS: Record<Table, string> = {
  event: EVENT_TABLE,
  wide: WIDE_TABLE,
  attempt: ATTEMPT_TABLE,
  form: FORM_TABLE,
  summary: SUMMARY_TABLE,
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

  /** Every event in order of sequence, without bodies. */
  *events(): Generator<KeptEvent> {
    for (const sequence of this.sequencesAfter(0, Infinity)) {
      const event = this.event(sequence);
      if (event !== null) yield event;
    }
  }

  sequencesAfter(after: number, limit: number): number[] {
    if (!this.#tables.has('event')) return [];
    const most = Number.isFinite(limit) ? limit : -1;
    const rows = this.#sql
      .exec('SELECT sequence FROM event WHERE sequence > ? ORDER BY sequence LIMIT ?', after, most)
      .toArray();
    return rows.map(({ sequence }) => Number(sequence));
  }

  loggedThrough(): number {
    if (!this.#tables.has('event')) return 0;
    const [row] = this.#sql.exec('SELECT MAX(logged_through) AS through FROM event').toArray();
    return Number(row?.['through'] ?? 0);
  }

  event(sequence: number): KeptEvent | null {
    if (!this.#tables.has('event')) return null;
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
    this.#eraseAside(facts.sequence);
  }

  /** Likewise, with the event's first deliveries in the same row: its answers are taken out of them already. */
  expirePayload({ facts, kept }: KeptEvent): void {
    this.#sql.exec(
      'UPDATE event SET facts = ?, deliveries = ?, body = NULL WHERE sequence = ?',
      JSON.stringify(facts),
      JSON.stringify(kept.slice(0, DELIVERIES_PER_ROW)),
      facts.sequence,
    );
    this.#eraseAside(facts.sequence);
  }

  #eraseAside(sequence: number): void {
    if (this.#tables.has('form')) this.#sql.exec('DELETE FROM form WHERE sequence = ?', sequence);
    if (!this.#tables.has('attempt')) return;
    this.#sql.exec(
      `UPDATE attempt SET facts = json_set(facts, '$.responseHeaders', NULL, '$.responseBody', NULL) WHERE sequence = ?`,
      sequence,
    );
  }

  deleteEvents(sequences: readonly number[]): void {
    const list = JSON.stringify(sequences);
    for (const table of EVENT_TABLES) {
      if (!this.#tables.has(table)) continue;
      this.#sql.exec(`DELETE FROM ${table} WHERE sequence IN (SELECT value FROM json_each(?))`, list);
    }
  }

  /** For a Record without events: what deleting each row would cost, dropping the tables does not. */
  dropEvents(): void {
    for (const table of EVENT_TABLES) this.#drop(table);
  }

  summary(): Summary | null {
    if (!this.#tables.has('summary')) return null;
    const rows = this.#sql.exec('SELECT facts, lanes FROM summary ORDER BY part').toArray();
    const [first] = rows;
    if (first === undefined) return null;
    const lanes = rows.flatMap((row) => laneSummaries.parse(JSON.parse(String(row['lanes']))));
    return { ...summaryFacts.parse(JSON.parse(String(first['facts']))), lanes };
  }

  writeSummary({ lanes, ...known }: Summary): void {
    this.#need('summary');
    // A release that kept the key here still asks for it.
    const kept = JSON.stringify({ record: null, ...known });
    const parts = Math.max(1, Math.ceil(lanes.length / SUMMARY_LANES_PER_ROW));
    this.#sql.exec('DELETE FROM summary WHERE part >= ?', parts);
    for (let part = 0; part < parts; part += 1) {
      const of = lanes.slice(part * SUMMARY_LANES_PER_ROW, (part + 1) * SUMMARY_LANES_PER_ROW);
      this.#sql.exec(
        `INSERT INTO summary (part, facts, lanes) VALUES (?, ?, ?)
         ON CONFLICT (part) DO UPDATE SET facts = excluded.facts, lanes = excluded.lanes`,
        part,
        kept,
        JSON.stringify(of),
      );
    }
  }

  /** Nothing is left, and none of it is billed. */
  dropAll(): void {
    this.dropEvents();
    this.#drop('summary');
  }

  #drop(table: Table): void {
    if (this.#tables.delete(table)) this.#sql.exec(`DROP TABLE ${table}`);
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
