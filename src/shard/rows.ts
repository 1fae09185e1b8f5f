/** The rows of one record (tables.ts). Reads and writes; knows no rule of delivery. */
import { DELIVERIES_PER_ROW, LANES_PER_ROW, LOAD_ROWS, MADE_ID_EARLY_MS, MADE_ID_LATE_MS } from '../core/limits.ts';
import type { Sql } from '../core/sql.ts';
import { packedAttempt, packedDeliveries, packedFacts } from './packed.ts';
import {
  parseFacts,
  keptAttempt,
  type KeptAttempt,
  type KeptEvent,
  type KeptFacts,
  keptList,
  type LanesKept,
  type PackedLane,
  packedLanes,
  lanesKept,
} from './stored.ts';
import { EVENT_TABLES, type Tables } from './tables.ts';

/** How a new event is stored beside its facts. */
export type Stored = {
  /** Of an event that its publisher named. */
  chosenId: string | null;
  endedMs: number | null;
  loggedThrough: number;
  lanes: LanesKept | null;
};

export type LoadedRow = { event: KeptEvent; loggedThrough: number; lanes: LanesKept | null };

type Row = ReturnType<ReturnType<Sql['exec']>['toArray']>[number];

export class Rows {
  readonly #tables: Tables;
  readonly #sql: Sql;
  readonly record: string;

  constructor(tables: Tables, record: string) {
    this.#tables = tables;
    this.#sql = tables.sql;
    this.record = record;
  }

  /** Newest first, down to the newest that knows its lanes; all of them where none does. */
  sinceLanes(): LoadedRow[] {
    const loaded: LoadedRow[] = [];
    for (let before = Number.MAX_SAFE_INTEGER; this.#tables.exist;) {
      const rows = this.#sql
        .exec(
          `SELECT sequence, accepted_ms, logged_through, lanes, facts, deliveries FROM event
           WHERE record = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?`,
          this.record,
          before,
          LOAD_ROWS,
        )
        .toArray();
      for (const row of rows) {
        const lanes = typeof row['lanes'] === 'string' ? this.#lanes(Number(row['sequence']), row['lanes']) : null;
        loaded.push({ event: this.#kept(row), loggedThrough: Number(row['logged_through']), lanes });
        if (lanes !== null) return loaded;
      }
      if (rows.length < LOAD_ROWS) break;
      before = Number(rows.at(-1)?.['sequence']);
    }
    return loaded;
  }

  /** Oldest first, both ends included. */
  between(from: number, to: number): KeptEvent[] {
    if (!this.#tables.exist) return [];
    return this.#sql
      .exec(
        `SELECT sequence, accepted_ms, facts, deliveries FROM event WHERE record = ? AND sequence BETWEEN ? AND ? ORDER BY sequence`,
        this.record,
        from,
        to,
      )
      .toArray()
      .map((row) => this.#kept(row));
  }

  event(sequence: number): KeptEvent | null {
    return this.between(sequence, sequence)[0] ?? null;
  }

  /** Null where no event of the record was named so by its publisher. */
  sequenceOfChosen(id: string): number | null {
    if (!this.#tables.exist) return null;
    const [row] = this.#sql
      .exec('SELECT sequence FROM event WHERE chosen_id = ? AND record = ?', id, this.record)
      .toArray();
    return row === undefined ? null : Number(row['sequence']);
  }

  /**
   * An id that we made has no entry in the index: its event was accepted around the time in it, or
   * never.
   */
  sequenceOfMade(id: string, madeAtMs: number, newest: number): number | null {
    if (!this.#tables.exist) return null;
    const first = this.#firstSince(madeAtMs - MADE_ID_EARLY_MS, newest);
    const [row] = this.#sql
      .exec(
        `SELECT sequence FROM event WHERE record = ? AND sequence >= ? AND accepted_ms <= ? AND facts->>'$.id' = ?
         ORDER BY sequence LIMIT 1`,
        this.record,
        first,
        madeAtMs + MADE_ID_LATE_MS,
        id,
      )
      .toArray();
    return row === undefined ? null : Number(row['sequence']);
  }

  /** The lowest sequence accepted since then, by halving: sequences grow with time. */
  #firstSince(atMs: number, newest: number): number {
    let [low, high] = [1, newest];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const [row] = this.#sql
        .exec(
          'SELECT accepted_ms FROM event WHERE record = ? AND sequence >= ? ORDER BY sequence LIMIT 1',
          this.record,
          middle,
        )
        .toArray();
      if (row === undefined || Number(row['accepted_ms']) >= atMs) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  sequencesAfter(after: number, limit: number): number[] {
    if (!this.#tables.exist) return [];
    return this.#sql
      .exec(
        'SELECT sequence FROM event WHERE record = ? AND sequence > ? ORDER BY sequence LIMIT ?',
        this.record,
        after,
        limit,
      )
      .toArray()
      .map(({ sequence }) => Number(sequence));
  }

  newestSequence(): number | null {
    const [row] = this.#sql.exec('SELECT MAX(sequence) AS newest FROM event WHERE record = ?', this.record).toArray();
    return typeof row?.['newest'] === 'number' ? row['newest'] : null;
  }

  updateLanes(sequence: number, lanes: LanesKept): void {
    this.#sql.exec(
      'UPDATE event SET lanes = ? WHERE record = ? AND sequence = ?',
      this.#packLanes(sequence, lanes),
      this.record,
      sequence,
    );
  }

  /** Newest first: what the log needs to find the event's rows. */
  idsOf(limit: number): string[] {
    if (!this.#tables.exist) return [];
    return this.#sql
      .exec(
        `SELECT facts->>'$.id' AS id FROM event WHERE record = ? ORDER BY sequence DESC LIMIT ?`,
        this.record,
        limit,
      )
      .toArray()
      .map(({ id }) => String(id));
  }

  body(sequence: number): string | null {
    const [row] = this.#sql
      .exec('SELECT body FROM event WHERE record = ? AND sequence = ?', this.record, sequence)
      .toArray();
    return typeof row?.['body'] === 'string' ? row['body'] : null;
  }

  /** One that is not the event's own. */
  form(sequence: number, version: string): string | null {
    const [row] = this.#sql
      .exec('SELECT body FROM form WHERE record = ? AND sequence = ? AND version = ?', this.record, sequence, version)
      .toArray();
    return typeof row?.['body'] === 'string' ? row['body'] : null;
  }

  insertForm(sequence: number, version: string, body: string): void {
    this.#tables.need();
    this.#sql.exec(
      'INSERT INTO form (record, sequence, version, body) VALUES (?, ?, ?, ?)',
      this.record,
      sequence,
      version,
      body,
    );
  }

  attempts(sequence: number, slot: number): KeptAttempt[] {
    return this.#sql
      .exec(
        'SELECT facts FROM attempt WHERE record = ? AND sequence = ? AND slot = ? ORDER BY number',
        this.record,
        sequence,
        slot,
      )
      .toArray()
      .map((row) => keptAttempt.parse(JSON.parse(String(row['facts']))));
  }

  insertEvent(event: KeptEvent, { chosenId, endedMs, loggedThrough, lanes }: Stored, body: string): void {
    this.#tables.need();
    const { sequence, acceptedAtMs } = event.facts;
    this.#sql.exec(
      `INSERT INTO event (record, sequence, chosen_id, accepted_ms, ended_ms, logged_through, lanes, facts, deliveries, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      this.record,
      sequence,
      chosenId,
      acceptedAtMs,
      endedMs,
      loggedThrough,
      lanes === null ? null : this.#packLanes(sequence, lanes),
      packedFacts(event.facts),
      packedDeliveries(event.kept.slice(0, DELIVERIES_PER_ROW)),
      body,
    );
    for (let chunk = 1; chunk * DELIVERIES_PER_ROW < event.kept.length; chunk += 1) this.#writeWide(event, chunk);
  }

  /** Rewrites the row that holds the deliveries of one chunk (0 = the event's own row). */
  updateChunk(event: KeptEvent, chunk: number, endedMs: number | null): void {
    if (chunk > 0) {
      this.#writeWide(event, chunk);
      return;
    }
    this.#sql.exec(
      'UPDATE event SET deliveries = ?, ended_ms = ? WHERE record = ? AND sequence = ?',
      packedDeliveries(event.kept.slice(0, DELIVERIES_PER_ROW)),
      endedMs,
      this.record,
      event.facts.sequence,
    );
  }

  writeAttempt(sequence: number, slot: number, attempt: KeptAttempt): void {
    this.#sql.exec(
      `INSERT INTO attempt (record, sequence, slot, number, facts) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (record, sequence, slot, number) DO UPDATE SET facts = excluded.facts`,
      this.record,
      sequence,
      slot,
      attempt.number,
      packedAttempt(attempt),
    );
  }

  /**
   * The facts that say so take the payload's place; answers of receivers, which may echo it, go
   * too.
   */
  erase(of: KeptFacts): void {
    this.#sql.exec(
      'UPDATE event SET facts = ?, body = NULL WHERE record = ? AND sequence = ?',
      packedFacts(of),
      this.record,
      of.sequence,
    );
    this.#eraseAside(of.sequence);
  }

  /**
   * Likewise, with the event's first deliveries in the same row: its answers are taken out of them
   * already.
   */
  expirePayload({ facts: of, kept }: KeptEvent): void {
    this.#sql.exec(
      'UPDATE event SET facts = ?, deliveries = ?, body = NULL WHERE record = ? AND sequence = ?',
      packedFacts(of),
      packedDeliveries(kept.slice(0, DELIVERIES_PER_ROW)),
      this.record,
      of.sequence,
    );
    this.#eraseAside(of.sequence);
  }

  #eraseAside(sequence: number): void {
    this.#sql.exec('DELETE FROM form WHERE record = ? AND sequence = ?', this.record, sequence);
    this.#sql.exec(
      `UPDATE attempt SET facts = json_set(facts, '$.responseHeaders', NULL, '$.responseBody', NULL)
       WHERE record = ? AND sequence = ?`,
      this.record,
      sequence,
    );
  }

  deleteEvents(sequences: readonly number[]): void {
    const list = JSON.stringify(sequences);
    for (const table of EVENT_TABLES) {
      this.#sql.exec(
        `DELETE FROM ${table} WHERE record = ? AND sequence IN (SELECT value FROM json_each(?))`,
        this.record,
        list,
      );
    }
  }

  #kept(row: Row): KeptEvent {
    const list = keptList.parse(JSON.parse(String(row['deliveries'])));
    if (list.length === DELIVERIES_PER_ROW) {
      const chunks = this.#sql
        .exec(
          'SELECT packed FROM wide WHERE record = ? AND sequence = ? AND chunk > 0 ORDER BY chunk',
          this.record,
          Number(row['sequence']),
        )
        .toArray();
      for (const chunk of chunks) list.push(...keptList.parse(JSON.parse(String(chunk['packed']))));
    }
    const columns = { sequence: Number(row['sequence']), acceptedAtMs: Number(row['accepted_ms']) };
    return { facts: parseFacts(String(row['facts']), columns), kept: list };
  }

  #writeWide(event: KeptEvent, chunk: number): void {
    const from = chunk * DELIVERIES_PER_ROW;
    this.#writePart(event.facts.sequence, chunk, packedDeliveries(event.kept.slice(from, from + DELIVERIES_PER_ROW)));
  }

  #writePart(sequence: number, chunk: number, packed: string): void {
    this.#sql.exec(
      `INSERT INTO wide (record, sequence, chunk, packed) VALUES (?, ?, ?, ?)
       ON CONFLICT (record, sequence, chunk) DO UPDATE SET packed = excluded.packed`,
      this.record,
      sequence,
      chunk,
      packed,
    );
  }

  /** What does not fit into the event's row goes aside. */
  #packLanes(sequence: number, { goneThrough, open, lanes }: LanesKept): string {
    for (let part = 1; part * LANES_PER_ROW < lanes.length; part += 1) {
      const some = lanes.slice(part * LANES_PER_ROW, (part + 1) * LANES_PER_ROW);
      this.#writePart(sequence, -part, JSON.stringify(some));
    }
    return JSON.stringify({ goneThrough, open, lanes: lanes.slice(0, LANES_PER_ROW) });
  }

  #lanes(sequence: number, text: string): LanesKept {
    const kept = lanesKept.parse(JSON.parse(text));
    if (kept.lanes.length < LANES_PER_ROW) return kept;
    const parts = this.#sql
      .exec('SELECT packed FROM wide WHERE record = ? AND sequence = ? AND chunk < 0', this.record, sequence)
      .toArray();
    const more: PackedLane[] = parts.flatMap((row) => packedLanes.parse(JSON.parse(String(row['packed']))));
    return { ...kept, lanes: [...kept.lanes, ...more] };
  }
}
