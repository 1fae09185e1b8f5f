/**
 * The records that a start has to look at: those with work under way, or with something that the
 * log may lack. A turn that accepts events lists the records that are not listed yet, all in one
 * row; nothing is written when a record is through. A row is written over once none of its records
 * is busy any more, but not soon: a record that is published to again is then still listed.
 */
import { WATCH_ROWS_KEPT, WATCH_RECORDS_PER_ROW } from '../core/limits.ts';
import { watchedList } from './stored.ts';
import type { Tables } from './tables.ts';

export class Watch {
  readonly #tables: Tables;
  /** What each row holds, the longest unwritten first. */
  readonly #rows = new Map<number, string[]>();
  readonly #rowOf = new Map<string, number>();
  readonly #busy = new Set<string>();
  #unlisted: string[] = [];

  constructor(tables: Tables) {
    this.#tables = tables;
    if (!tables.exist) return;
    for (const { slot, records } of tables.sql.exec('SELECT slot, records FROM watch ORDER BY slot').toArray()) {
      this.#keep(Number(slot), watchedList.parse(JSON.parse(String(records))));
    }
  }

  /** Everything that rows list, busy or not. */
  listed(): string[] {
    return [...this.#rowOf.keys()];
  }

  /** A row lists it, or this turn's will. */
  has(record: string): boolean {
    return this.#busy.has(record);
  }

  /** No record is busy: what rows list is over with. */
  get isIdle(): boolean {
    return this.#busy.size === 0;
  }

  add(record: string): void {
    if (this.#busy.has(record)) return;
    this.#busy.add(record);
    if (!this.#rowOf.has(record)) this.#unlisted.push(record);
  }

  /** Nothing is under way, and the log lacks nothing of it; or `due` lists it. */
  done(record: string): void {
    this.#busy.delete(record);
  }

  /** Ends a turn. */
  write(): void {
    for (let from = 0; from < this.#unlisted.length; from += WATCH_RECORDS_PER_ROW) {
      const records = this.#unlisted.slice(from, from + WATCH_RECORDS_PER_ROW);
      const slot = this.#freeRow();
      this.#tables.sql.exec(
        'INSERT INTO watch (slot, records) VALUES (?, ?) ON CONFLICT (slot) DO UPDATE SET records = excluded.records',
        slot,
        JSON.stringify(records),
      );
      this.#keep(slot, records);
    }
    this.#unlisted = [];
  }

  #freeRow(): number {
    if (this.#rows.size < WATCH_ROWS_KEPT) return this.#rows.size;
    for (const [slot, records] of this.#rows) {
      if (records.some((record) => this.#busy.has(record) && this.#rowOf.get(record) === slot)) continue;
      return slot;
    }
    return this.#rows.size;
  }

  #keep(slot: number, records: string[]): void {
    for (const record of this.#rows.get(slot) ?? []) {
      if (this.#rowOf.get(record) === slot) this.#rowOf.delete(record);
    }
    this.#rows.delete(slot);
    this.#rows.set(slot, records);
    for (const record of records) this.#rowOf.set(record, slot);
  }
}
