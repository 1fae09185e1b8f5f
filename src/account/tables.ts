/**
 * An Account's tables. They are made by the first change, never by a read: each one made in a new
 * object is billed.
 */
import type { Sql } from '../core/sql.ts';

/** Append only. Statement n is version n + 1; the one row of `account` says which have run. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE account (
     one INTEGER PRIMARY KEY CHECK (one = 1),
     tables INTEGER NOT NULL,
     revision INTEGER NOT NULL,
     facts TEXT NOT NULL
   );
   CREATE TABLE endpoint (id TEXT PRIMARY KEY, revision INTEGER NOT NULL, settings TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE outbox (
     topic TEXT PRIMARY KEY,
     revision INTEGER NOT NULL,
     failures INTEGER NOT NULL,
     due_ms INTEGER NOT NULL
   ) WITHOUT ROWID;
   CREATE TABLE idempotency (
     key TEXT PRIMARY KEY,
     request TEXT NOT NULL,
     locked_until_ms INTEGER NOT NULL,
     expires_ms INTEGER NOT NULL,
     status INTEGER,
     sealed TEXT
   ) WITHOUT ROWID;
   CREATE INDEX idempotency_expiry ON idempotency (expires_ms);`,
  // Rows are added, never changed, and go by age: audit.ts has no other statement.
  `CREATE TABLE audit (
     number INTEGER PRIMARY KEY,
     at_ms INTEGER NOT NULL,
     by TEXT NOT NULL,
     action TEXT NOT NULL,
     endpoint TEXT,
     secret TEXT,
     detail TEXT
   );`,
  // What a topic needs beyond its name: of a job, what to start.
  `ALTER TABLE outbox ADD COLUMN detail TEXT;`,
  // Which fields changed, and what else was concerned.
  `ALTER TABLE audit ADD COLUMN target TEXT;
   ALTER TABLE audit ADD COLUMN changes TEXT;`,
];

/** False too for an account that is being removed: there is nothing to read or change any more. */
export function hasTables(sql: Sql): boolean {
  return hasTable(sql, 'account') && !hasTable(sql, 'removal');
}

export function hasTable(sql: Sql, name: string): boolean {
  return sql.exec(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?`, name).toArray().length > 0;
}

/** Which of the migrations have run. */
export function tablesVersion(sql: Sql): number {
  return hasTables(sql) ? Number(sql.exec('SELECT tables FROM account').toArray()[0]?.['tables'] ?? 0) : 0;
}

/** Only inside a change. Returns the version to store in `account.tables`. */
export function migrate(sql: Sql): number {
  const from = tablesVersion(sql);
  for (const statements of MIGRATIONS.slice(from)) sql.exec(statements);
  return MIGRATIONS.length;
}
