/**
 * D1. It has no transaction that could stay open while a handler works, so the handler adds
 * statements (`tx.add`) that are committed in one batch with the id: all of them or none.
 */
import { type Claimed, type LeaseOptions, type Leases, leasedStore } from './leases.ts';
import { KNOWS, MARK_POSITION, POSITION, PRUNE, PRUNED_AT_ONCE, REMEMBER, SQLITE_SCHEMA } from './sqlite.ts';
import type { Claim, Store } from './store.ts';

/** The part of D1Database, and of its statements, that the store uses. */
export interface D1Like<S extends D1StatementLike<S>> {
  prepare(query: string): S;
  batch(statements: S[]): Promise<{ results: unknown[] }[]>;
}
export interface D1StatementLike<S> {
  bind(...values: unknown[]): S;
  first(): Promise<Record<string, unknown> | null>;
  run(): Promise<unknown>;
}

export type D1Tx<S> = {
  /**
   * Committed with the event's id, or not at all. A handler reads from the database itself.
   */
  add(...statements: S[]): void;
};

export type D1Store<S> = Store<D1Tx<S>> & {
  /**
   * Makes its two tables where they are missing: run it once, or put SQLITE_SCHEMA into a
   * migration.
   */
  migrate(): Promise<void>;
  /** Deletes up to 1,000 ids that may be forgotten: call it from a cron until it answers 0. */
  prune(nowMs?: number): Promise<number>;
};

export function d1Store<S extends D1StatementLike<S>>(database: D1Like<S>, options: LeaseOptions = {}): D1Store<S> {
  const leases = new D1Leases(database);
  return {
    ...leasedStore(leases, options),
    migrate: async () => {
      await database.batch(SQLITE_SCHEMA.map((statement) => database.prepare(statement)));
    },
    prune: async (nowMs = Date.now()) => {
      const [pruned] = await database.batch([database.prepare(`${PRUNE} RETURNING id`).bind(nowMs, PRUNED_AT_ONCE)]);
      return pruned?.results.length ?? 0;
    },
  };
}

/** Parameters: id, token, until, now. A row of its own, or one whose time is over. */
const CLAIM_ID =
  'INSERT INTO tubepost_seen (id, token, until_ms) VALUES (?1, ?2, ?3) ' +
  'ON CONFLICT (id) DO UPDATE SET token = excluded.token, until_ms = excluded.until_ms ' +
  'WHERE tubepost_seen.until_ms <= ?4 OR tubepost_seen.token = ?2';
/**
 * Parameters: key, token, until, now, version, id. Only with the id, and never for what is stale.
 */
const CLAIM_KEY =
  'INSERT INTO tubepost_record (key, token, until_ms) ' +
  'SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM tubepost_seen WHERE id = ?6 AND token = ?2) ' +
  'ON CONFLICT (key) DO UPDATE SET token = excluded.token, until_ms = excluded.until_ms ' +
  'WHERE (tubepost_record.token IS NULL OR tubepost_record.until_ms <= ?4 OR tubepost_record.token = ?2) ' +
  'AND (tubepost_record.version IS NULL OR tubepost_record.version <= ?5)';
const READ_ID = 'SELECT token, until_ms FROM tubepost_seen WHERE id = ?1';
const READ_KEY = 'SELECT token, until_ms, version FROM tubepost_record WHERE key = ?1';
/**
 * Parameters: id, token; then key. Malformed JSON is an error, which rolls the whole batch back.
 */
const HOLDS_ID = "SELECT json(iif(EXISTS (SELECT 1 FROM tubepost_seen WHERE id = ?1 AND token = ?2), '1', 'lost'))";
const HOLDS_KEY = "SELECT json(iif(EXISTS (SELECT 1 FROM tubepost_record WHERE key = ?1 AND token = ?2), '1', 'lost'))";
/** Parameters: key, version, token. */
const COMMIT_KEY =
  'UPDATE tubepost_record SET version = ?2, token = NULL, until_ms = NULL WHERE key = ?1 AND token = ?3';
const RELEASE_ID = 'DELETE FROM tubepost_seen WHERE id = ?1 AND token = ?2';
const RELEASE_KEY = 'UPDATE tubepost_record SET token = NULL, until_ms = NULL WHERE key = ?1 AND token = ?2';

type Tx<S> = D1Tx<S> & { statements: S[] };

class D1Leases<S extends D1StatementLike<S>> implements Leases<Tx<S>> {
  readonly #database: D1Like<S>;

  constructor(database: D1Like<S>) {
    this.#database = database;
  }

  begin(): Tx<S> {
    const statements: S[] = [];
    return { statements, add: (...more) => void statements.push(...more) };
  }

  async claim(claim: Claim, token: string, leaseMs: number): Promise<Claimed> {
    const { ids, nowMs, guard } = claim;
    const untilMs = nowMs + leaseMs;
    const batch = [this.#bound(CLAIM_ID, ids[0], token, untilMs, nowMs), this.#bound(READ_ID, ids[0])];
    if (guard !== null) {
      batch.push(this.#bound(CLAIM_KEY, guard.key, token, untilMs, nowMs, guard.version, ids[0]));
      batch.push(this.#bound(READ_KEY, guard.key));
    }
    const [, seen, , record] = await this.#database.batch(batch);
    const id = rowOf(seen?.results);
    if (id === null || id['token'] === null) return { kind: 'duplicate' };
    if (id['token'] !== token) return { kind: 'busy', leaseMs: Number(id['until_ms']) - nowMs };
    if (guard === null) return { kind: 'claimed' };

    const key = rowOf(record?.results);
    const version = key?.['version'] ?? null;
    if (version !== null && Number(version) > guard.version) {
      await this.#database.batch(this.#remembering(claim));
      return { kind: 'stale', version: Number(version) };
    }
    if (key?.['token'] === token) return { kind: 'claimed' };
    await this.#bound(RELEASE_ID, ids[0], token).run();
    return { kind: 'busy', leaseMs: Math.max(Number(key?.['until_ms'] ?? nowMs) - nowMs, 0) };
  }

  async commit(claim: Claim, token: string, tx: Tx<S>): Promise<boolean> {
    const { ids, guard } = claim;
    const batch = [this.#bound(HOLDS_ID, ids[0], token)];
    if (guard !== null) {
      batch.push(this.#bound(HOLDS_KEY, guard.key, token));
      batch.push(this.#bound(COMMIT_KEY, guard.key, guard.version, token));
    }
    try {
      await this.#database.batch([...batch, ...this.#remembering(claim), ...tx.statements]);
      return true;
    } catch (error) {
      // Whether the lease was lost, or a statement of the handler failed: only the first is a
      // verdict.
      const seen = await this.#bound(READ_ID, ids[0]).first();
      const key = guard === null ? null : await this.#bound(READ_KEY, guard.key).first();
      if (seen?.['token'] === token && (guard === null || key?.['token'] === token)) {
        await this.release(claim, token);
        throw error;
      }
      return false;
    }
  }

  async release({ ids, guard }: Claim, token: string): Promise<void> {
    const batch = [this.#bound(RELEASE_ID, ids[0], token)];
    if (guard !== null) batch.push(this.#bound(RELEASE_KEY, guard.key, token));
    await this.#database.batch(batch);
  }

  async knows(id: string, nowMs: number): Promise<boolean> {
    return (await this.#bound(KNOWS, id, nowMs).first()) !== null;
  }

  async positionOf(key: string): Promise<number | null> {
    const row = await this.#bound(POSITION, key).first();
    return row === null || row['sequence'] === null ? null : Number(row['sequence']);
  }

  #remembering({ ids, nowMs, rememberMs, position }: Claim): S[] {
    const statements = ids.map((id) => this.#bound(REMEMBER, id, nowMs + rememberMs));
    if (position !== null) statements.push(this.#bound(MARK_POSITION, position.key, position.sequence));
    return statements;
  }

  #bound(query: string, ...values: unknown[]): S {
    return this.#database.prepare(query).bind(...values);
  }
}

function rowOf(results: unknown[] | undefined): Record<string, unknown> | null {
  const row = results?.[0];
  return typeof row === 'object' && row !== null ? (row as Record<string, unknown>) : null;
}
