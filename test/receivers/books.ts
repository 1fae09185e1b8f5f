/**
 * What a receiver has committed, read past it: its tables are the same in every language. Triggers
 * make its work fail, or take long, without a line in the receiver.
 */
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { until } from '../support/poll.ts';

export type Rows = Record<string, unknown>[];
export type Ask = (sql: string, ...values: string[]) => Promise<Rows>;

const BUSY_MS = 10_000;
const count = z.object({ n: z.number() });
const kept = z.object({ version: z.number().nullable(), event: z.string() });

export function fileAsk(path: string): Ask {
  return async (sql, ...values) => {
    const db = new DatabaseSync(path, { timeout: BUSY_MS });
    try {
      return db.prepare(sql).all(...values);
    } finally {
      db.close();
    }
  };
}

export function d1Ask(control: string): Ask {
  const body = (sql: string, values: string[]) => JSON.stringify({ sql, values });
  return async (sql, ...values) => {
    // The receiver may be up a moment earlier.
    const answer = await until('the database can be asked', BUSY_MS, () =>
      fetch(control, { method: 'POST', body: body(sql, values) }).catch(() => null),
    );
    if (!answer.ok) throw new Error(await answer.text());
    return z.array(z.record(z.string(), z.unknown())).parse(await answer.json());
  };
}

export class Books {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** How often the handler ran for this event, of what is committed. */
  async runsOf(event: string): Promise<number> {
    return this.#count(`SELECT count(*) AS n FROM jobs WHERE json_extract(event, '$.id') = ?`, event);
  }

  async runs(): Promise<number> {
    return this.#count('SELECT count(*) AS n FROM jobs');
  }

  async runsOfRecord(record: string): Promise<number> {
    return this.#count(`SELECT count(*) AS n FROM jobs WHERE json_extract(event, '$.record') = ?`, record);
  }

  async record(key: string): Promise<{ version: number | null; event: string } | null> {
    const [row] = await this.#ask('SELECT version, event FROM records WHERE record = ?', key);
    return row === undefined ? null : kept.parse(row);
  }

  async failWork(): Promise<void> {
    await this.#ask(`CREATE TRIGGER fails BEFORE INSERT ON jobs BEGIN SELECT RAISE(ABORT, 'the work fails'); END`);
  }

  async mendWork(): Promise<void> {
    await this.#ask('DROP TRIGGER IF EXISTS fails');
  }

  /** The work is done, and its transaction then takes longer than anybody waits. */
  async stallWork(): Promise<void> {
    await this.#ask('CREATE TABLE digits (n INTEGER)');
    await this.#ask(
      'WITH RECURSIVE d (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM d WHERE n < 2000) INSERT INTO digits SELECT n FROM d',
    );
    await this.#ask(
      'CREATE TRIGGER stalls AFTER INSERT ON jobs BEGIN SELECT max(a.n * b.n - c.n) FROM digits a, digits b, digits c; END',
    );
  }

  async resumeWork(): Promise<void> {
    await this.#ask('DROP TRIGGER IF EXISTS stalls');
    await this.#ask('DROP TABLE IF EXISTS digits');
  }

  async #count(sql: string, ...values: string[]): Promise<number> {
    return count.parse((await this.#ask(sql, ...values))[0]).n;
  }
}

/** Whether somebody is in the middle of a transaction that writes. */
export function isBeingWritten(path: string): boolean {
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    db.exec('BEGIN IMMEDIATE');
    db.exec('ROLLBACK');
    return false;
  } catch {
    // It is locked.
    return true;
  } finally {
    db.close();
  }
}
