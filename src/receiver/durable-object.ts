/**
 * The SQLite of a Durable Object. The handler works inside `storage.transaction`: whatever it
 * writes to that object's storage is committed with the id, or not at all. Meanwhile the object
 * takes no other event, and the platform ends a transaction after 30 s: let a handler that waits
 * for others be short.
 */
import { KNOWS, MARK_POSITION, POSITION, PRUNE, PRUNED_AT_ONCE, REMEMBER, SQLITE_SCHEMA } from './sqlite.ts';
import type { Claim, Once, Store } from './store.ts';

/** The part of DurableObjectStorage that the store uses. */
export interface StorageLike {
  sql: {
    exec(query: string, ...values: (string | number)[]): { toArray(): Record<string, unknown>[]; rowsWritten: number };
  };
  transaction<T>(work: () => Promise<T>): Promise<T>;
}

export type DurableObjectStore = Store<null> & {
  /**
   * Deletes up to 1,000 ids that may be forgotten: call it from the object's alarm until it answers
   * 0.
   */
  prune(nowMs?: number): number;
};

/** Parameters: key, version. */
const GUARD =
  'INSERT INTO tubepost_record (key, version) VALUES (?1, ?2) ' +
  'ON CONFLICT (key) DO UPDATE SET version = excluded.version';
const VERSION = 'SELECT version FROM tubepost_record WHERE key = ?1';

/** Make it in the object's constructor: it makes its two tables. */
export function durableObjectStore(storage: StorageLike): DurableObjectStore {
  const { sql } = storage;
  for (const statement of SQLITE_SCHEMA) sql.exec(statement);

  const knows = (id: string, nowMs: number) => sql.exec(KNOWS, id, nowMs).toArray().length > 0;

  function remember({ ids, nowMs, rememberMs, position }: Claim): void {
    for (const id of ids) sql.exec(REMEMBER, id, nowMs + rememberMs);
    if (position !== null) sql.exec(MARK_POSITION, position.key, position.sequence);
  }

  function once(claim: Claim, work: (tx: null) => Promise<void>): Promise<Once> {
    const { ids, nowMs, guard } = claim;
    return storage.transaction(async () => {
      if (knows(ids[0], nowMs)) return { kind: 'duplicate' };
      if (guard !== null) {
        const version = sql.exec(VERSION, guard.key).toArray()[0]?.['version'] ?? null;
        if (version !== null && Number(version) > guard.version) {
          remember(claim);
          return { kind: 'stale', version: Number(version) };
        }
      }
      await work(null);
      if (guard !== null) sql.exec(GUARD, guard.key, guard.version);
      remember(claim);
      return { kind: 'done' };
    });
  }

  return {
    guards: true,
    once,
    knows: async (id, nowMs) => knows(id, nowMs),
    positionOf: async (key) => {
      const sequence = sql.exec(POSITION, key).toArray()[0]?.['sequence'] ?? null;
      return sequence === null ? null : Number(sequence);
    },
    prune: (nowMs = Date.now()) => sql.exec(`${PRUNE} RETURNING id`, nowMs, PRUNED_AT_ONCE).toArray().length,
  };
}
