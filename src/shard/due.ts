/**
 * The records that wait for a time: a retry, the end of a pause, another look. One row for each,
 * which says when to look at the latest, and which events were changed after they had ended (a
 * replay, a discard, an erasure) and are not through with that. Known to memory from the start, so
 * that no turn searches rows for what is due.
 */
import { reopenedList } from './stored.ts';
import type { Tables } from './tables.ts';

type DueRow = { atMs: number; reopened: readonly number[] };

export class Due {
  readonly #tables: Tables;
  readonly #rows = new Map<string, DueRow>();

  constructor(tables: Tables) {
    this.#tables = tables;
    if (!tables.exist) return;
    for (const { record, at_ms: atMs, reopened } of tables.sql
      .exec('SELECT record, at_ms, reopened FROM due')
      .toArray()) {
      this.#rows.set(String(record), {
        atMs: Number(atMs),
        reopened: reopenedList.parse(JSON.parse(String(reopened))),
      });
    }
  }

  get(record: string): DueRow | undefined {
    return this.#rows.get(record);
  }

  entries(): IterableIterator<[string, DueRow]> {
    return this.#rows.entries();
  }

  put(record: string, atMs: number, reopened: readonly number[]): void {
    this.#tables.need();
    this.#tables.sql.exec(
      `INSERT INTO due (record, at_ms, reopened) VALUES (?, ?, ?)
       ON CONFLICT (record) DO UPDATE SET at_ms = excluded.at_ms, reopened = excluded.reopened`,
      record,
      Math.floor(atMs),
      JSON.stringify(reopened),
    );
    this.#rows.set(record, { atMs: Math.floor(atMs), reopened });
  }

  delete(record: string): void {
    if (!this.#rows.delete(record)) return;
    this.#tables.sql.exec('DELETE FROM due WHERE record = ?', record);
  }
}
