/**
 * A database with transactions, PostgreSQL first. The handler works inside the transaction that
 * remembers the id: both are committed or neither. A second copy waits for the first one's
 * transaction and then finds the id; an event of the same record waits likewise. So the pool needs
 * a connection for each event at once, and the handler must use the one it is given.
 */
import type { Claim, Once, Store } from './store.ts';

/** The two things that a client of the database must be able to do. `Tx` is its transaction. */
export type Sql<Tx> = {
  /** Commits when `work` resolves and rolls back when it rejects. */
  transaction: (work: (tx: Tx) => Promise<void>) => Promise<unknown>;
  /** `$1, $2, …`; outside a transaction where `tx` is null. Rows as objects. */
  query: (tx: Tx | null, text: string, values: (string | number)[]) => Promise<readonly Record<string, unknown>[]>;
};

export type SqlStore<Tx> = Store<Tx> & {
  /**
   * Makes its two tables where they are missing: run it once, or put POSTGRES_SCHEMA into a
   * migration.
   */
  migrate(): Promise<void>;
  /** Deletes ids that may be forgotten, 1,000 at most: call it each day until it answers 0. */
  prune(nowMs?: number): Promise<number>;
};

/** `tubepost_record` keeps its rows: a version that is forgotten guards nothing. */
export const POSTGRES_SCHEMA = [
  'CREATE TABLE IF NOT EXISTS tubepost_seen (id text PRIMARY KEY, until_ms bigint NOT NULL)',
  'CREATE TABLE IF NOT EXISTS tubepost_record (key text PRIMARY KEY, version bigint, sequence bigint)',
];

/**
 * Waits for a transaction that remembers the same id; a row comes back only for a new one, or one
 * that may be forgotten.
 */
const CLAIM_ID =
  'INSERT INTO tubepost_seen AS s (id, until_ms) VALUES ($1, $2::bigint) ' +
  'ON CONFLICT (id) DO UPDATE SET until_ms = excluded.until_ms WHERE s.until_ms <= $3::bigint RETURNING id';
const REMEMBER =
  'INSERT INTO tubepost_seen (id, until_ms) VALUES ($1, $2::bigint) ' +
  'ON CONFLICT (id) DO UPDATE SET until_ms = excluded.until_ms';
/** Holds the record until the end of the transaction. */
const GUARD =
  'INSERT INTO tubepost_record AS r (key, version) VALUES ($1, $2::bigint) ' +
  'ON CONFLICT (key) DO UPDATE SET version = excluded.version ' +
  'WHERE r.version IS NULL OR r.version <= excluded.version RETURNING key';
const VERSION = 'SELECT version FROM tubepost_record WHERE key = $1';
const MARK_POSITION =
  'INSERT INTO tubepost_record AS r (key, sequence) VALUES ($1, $2::bigint) ' +
  'ON CONFLICT (key) DO UPDATE SET sequence = greatest(coalesce(r.sequence, 0), excluded.sequence)';
const KNOWS = 'SELECT 1 AS known FROM tubepost_seen WHERE id = $1 AND until_ms > $2::bigint';
const POSITION = 'SELECT sequence FROM tubepost_record WHERE key = $1';
const PRUNE =
  'DELETE FROM tubepost_seen WHERE id IN ' +
  '(SELECT id FROM tubepost_seen WHERE until_ms <= $1::bigint LIMIT 1000) RETURNING id';

export function sqlStore<Tx>({ transaction, query }: Sql<Tx>): SqlStore<Tx> {
  async function claimed({ ids, nowMs, rememberMs, guard }: Claim, tx: Tx): Promise<Once | null> {
    const untilMs = nowMs + rememberMs;
    if ((await query(tx, CLAIM_ID, [ids[0], untilMs, nowMs])).length === 0) return { kind: 'duplicate' };
    for (const id of ids.slice(1)) await query(tx, REMEMBER, [id, untilMs]);
    if (guard === null || (await query(tx, GUARD, [guard.key, guard.version])).length > 0) return null;
    const [record] = await query(tx, VERSION, [guard.key]);
    return { kind: 'stale', version: Number(record?.['version']) };
  }

  async function once(claim: Claim, work: (tx: Tx) => Promise<void>): Promise<Once> {
    let outcome: Once = { kind: 'done' };
    await transaction(async (tx) => {
      outcome = (await claimed(claim, tx)) ?? { kind: 'done' };
      if (outcome.kind === 'duplicate') return;
      const { position } = claim;
      if (position !== null) await query(tx, MARK_POSITION, [position.key, position.sequence]);
      if (outcome.kind === 'done') await work(tx);
    });
    return outcome;
  }

  return {
    guards: true,
    once,
    knows: async (id, nowMs) => (await query(null, KNOWS, [id, nowMs])).length > 0,
    positionOf: async (key) => {
      const sequence = (await query(null, POSITION, [key]))[0]?.['sequence'] ?? null;
      return sequence === null ? null : Number(sequence);
    },
    migrate: async () => {
      for (const statement of POSTGRES_SCHEMA) await query(null, statement, []);
    },
    prune: async (nowMs = Date.now()) => (await query(null, PRUNE, [nowMs])).length,
  };
}
