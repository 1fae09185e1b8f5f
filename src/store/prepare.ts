/**
 * A drizzle query as a statement of D1, for batches of raw SQL, which drizzle's own batch does not
 * take.
 */
import type { SQL } from 'drizzle-orm';
import { SQLiteSyncDialect } from 'drizzle-orm/sqlite-core';

const dialect = new SQLiteSyncDialect();

export function prepare(database: D1Database, query: SQL): D1PreparedStatement {
  const { sql, params } = dialect.sqlToQuery(query);
  return database.prepare(sql).bind(...params);
}
