/**
 * The two methods of SQLite that the protocols use, so that the same code runs in a Durable Object
 * and, in the simulation, on node:sqlite. Both are synchronous: what happens between two calls
 * without an await is one turn.
 */
export type SqlValue = string | number | null;

export type Sql = {
  exec(query: string, ...bindings: SqlValue[]): { toArray(): Record<string, unknown>[] };
  /** All or nothing; rethrows what `work` throws. */
  transaction<T>(work: () => T): T;
};
