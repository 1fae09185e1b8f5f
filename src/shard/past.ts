/**
 * What stays of a record once its rows have gone (I2, C3, R4): the next sequence, and what its
 * lanes had learned. Hundreds of records share a row; a row that has grown too large is cut in two.
 * `first` is the lowest record that a row may hold.
 */
import { PAST_ROW_CHARS_MAX } from '../core/limits.ts';
import { type LanesKept, lanesKept, pastRecords } from './stored.ts';
import type { Tables } from './tables.ts';

export class Past {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  get(record: string): LanesKept | null {
    if (!this.#tables.exist) return null;
    const [row] = this.#tables.sql
      .exec(
        `SELECT records->('$."' || ? || '"') AS kept FROM past WHERE first <= ? ORDER BY first DESC LIMIT 1`,
        record,
        record,
      )
      .toArray();
    return typeof row?.['kept'] === 'string' ? lanesKept.parse(JSON.parse(row['kept'])) : null;
  }

  put(record: string, kept: LanesKept): void {
    const [row] = this.#tables.sql
      .exec('SELECT first, records FROM past WHERE first <= ? ORDER BY first DESC LIMIT 1', record)
      .toArray();
    const known = row === undefined ? {} : pastRecords.parse(JSON.parse(String(row['records'])));
    this.#write(row === undefined ? '' : String(row['first']), { ...known, [record]: kept });
  }

  #write(first: string, records: Record<string, LanesKept>): void {
    const text = JSON.stringify(records);
    const names = Object.keys(records).sort();
    const middle = names[Math.floor(names.length / 2)];
    if (text.length <= PAST_ROW_CHARS_MAX || middle === undefined || names.length < 2) {
      this.#tables.sql.exec(
        'INSERT INTO past (first, records) VALUES (?, ?) ON CONFLICT (first) DO UPDATE SET records = excluded.records',
        first,
        text,
      );
      return;
    }
    const half = (isLow: boolean) =>
      Object.fromEntries(Object.entries(records).filter(([record]) => record < middle === isLow));
    this.#write(first, half(true));
    this.#write(middle, half(false));
  }
}
