/**
 * The storage of a Durable Object and of D1 on node:sqlite: the real SQL, with a place for faults
 * inside a turn.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Sql, SqlValue } from '../../src/core/sql.ts';
import type { Life } from './schedule.ts';

export type TurnFault = 'none' | 'throw' | 'crash';

export class ObjectStorage {
  readonly database = new DatabaseSync(':memory:');
  readonly #statements = new Map<string, StatementSync>();

  query(text: string, ...bindings: SqlValue[]): Record<string, unknown>[] {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = this.database.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement.all(...bindings);
  }

  /** As the platform's deleteAll(). */
  clear(): void {
    const tables = this.query(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`);
    for (const { name } of tables) this.database.exec(`DROP TABLE "${String(name)}"`);
  }

  /**
   * What one instance sees. After its death every access throws, as the platform's storage does.
   * `turn` is asked once for each turn: `throw` fails it before it commits, `crash` ends the
   * instance in it; `part` for each part of one, which alone is undone, and `parted` names the
   * record that it wrote. `committed` is called for each turn that committed, with the records that
   * it wrote and those of which it undid a part.
   */
  sqlFor(
    life: Life,
    faults: { turn: () => TurnFault; part?: () => boolean; parted?: (record: string | null) => void },
    crash: () => void,
    committed: (records: ReadonlySet<string>, undoneParts: ReadonlySet<string>) => void,
    undone: () => void = () => undefined,
  ): Sql {
    let depth = 0;
    let written = new Set<string>();
    let undoneParts = new Set<string>();
    /** By the part under way. */
    let record: string | null = null;
    const nested = <T>(work: () => T): T => {
      const name = `part_${depth}`;
      record = null;
      this.database.exec(`SAVEPOINT ${name}`);
      depth += 1;
      try {
        const result = work();
        // Only of the innermost: a part around it holds other records too.
        if (record !== null && faults.part?.() === true) throw new Error('a part of the turn failed');
        this.database.exec(`RELEASE ${name}`);
        return result;
      } catch (error) {
        if (this.database.isTransaction) this.database.exec(`ROLLBACK TO ${name}; RELEASE ${name}`);
        if (record !== null) undoneParts.add(record);
        faults.parted?.(record);
        throw error;
      } finally {
        record = null;
        depth -= 1;
      }
    };
    const check = () => {
      if (!life.isAlive) throw new Error(`${life.name} is dead: its storage does not answer`);
    };
    return {
      exec: (query, ...bindings) => {
        check();
        // Prepared statements hold one command; only migrations hold several.
        if (bindings.length === 0 && query.includes(';')) {
          this.database.exec(query);
          return { toArray: () => [] };
        }
        const rows = this.query(query, ...bindings);
        if (/^\s*(INSERT|UPDATE|DELETE)/.test(query)) {
          record = bindings.find(isRecord) ?? record;
          if (record !== null) written.add(record);
        }
        return { toArray: () => rows };
      },
      transaction: (work) => {
        check();
        if (depth > 0) return nested(work);
        depth += 1;
        record = null;
        written = new Set();
        undoneParts = new Set();
        this.database.exec('BEGIN');
        try {
          const result = work();
          const planned = faults.turn();
          if (planned === 'crash') crash();
          if (planned !== 'none') throw new Error(`the turn failed before it committed (${planned})`);
          this.database.exec('COMMIT');
          committed(written, undoneParts);
          return result;
        } catch (error) {
          if (this.database.isTransaction) this.database.exec('ROLLBACK');
          undone();
          throw error;
        } finally {
          depth -= 1;
        }
      },
    };
  }
}

/** A record within its Shard, among what a statement is given. */
function isRecord(value: SqlValue): value is string {
  return typeof value === 'string' && /^[ku][a-z2-7]{32}$/.test(value);
}

/**
 * The part of D1 that the log uses. `fault` is asked before each call and may reject before or
 * after the work.
 */
export class SqliteD1 {
  readonly storage = new ObjectStorage();
  readonly #call: <T>(what: string, work: () => T) => Promise<T>;

  constructor(call: <T>(what: string, work: () => T) => Promise<T>) {
    this.#call = call;
    const folder = path.join(import.meta.dirname, '../../migrations/log');
    for (const file of readdirSync(folder)
      .filter((name) => name.endsWith('.sql'))
      .sort()) {
      const migration = readFileSync(path.join(folder, file), 'utf8');
      this.storage.database.exec(migration.replaceAll('--> statement-breakpoint', ''));
    }
  }

  /** As the Workers' type. Only what the log's consumer and a replay's job call is there. */
  binding(): D1Database {
    const database: Pick<D1Database, 'prepare' | 'batch'> = {
      prepare: (text) => new Statement(this, text) as unknown as D1PreparedStatement,
      batch: (statements) => this.batch(statements as unknown as Statement[]) as Promise<never>,
    };
    return database as D1Database;
  }

  run(text: string, bindings: SqlValue[]) {
    const results = this.storage.query(text, ...bindings);
    return { results, success: true, meta: { rows_written: 0 } };
  }

  batch(statements: Statement[]) {
    return this.#call('D1 batch', () => {
      this.storage.database.exec('BEGIN');
      try {
        const results = statements.map((statement) => this.run(statement.text, statement.bindings));
        this.storage.database.exec('COMMIT');
        return results;
      } catch (error) {
        this.storage.database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  all(text: string, bindings: SqlValue[]) {
    return this.#call('D1 read', () => this.run(text, bindings));
  }

  first(text: string, bindings: SqlValue[]) {
    return this.#call('D1 read', () => this.run(text, bindings).results[0] ?? null);
  }
}

class Statement {
  readonly #d1: SqliteD1;
  readonly text: string;
  readonly bindings: SqlValue[];

  constructor(d1: SqliteD1, text: string, bindings: SqlValue[] = []) {
    this.#d1 = d1;
    this.text = text;
    this.bindings = bindings;
  }

  bind(...bindings: SqlValue[]): Statement {
    return new Statement(this.#d1, this.text, bindings);
  }

  all() {
    return this.#d1.all(this.text, this.bindings);
  }

  first() {
    return this.#d1.first(this.text, this.bindings);
  }
}
