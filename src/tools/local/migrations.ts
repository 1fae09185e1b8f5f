/**
 * Applies D1 migrations to the local databases, in the table and format of `wrangler d1 migrations
 * apply --local`, so that either may follow the other. Done in process because that command takes
 * seconds for each database.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Miniflare } from 'miniflare';
import { unstable_splitSqlQuery as splitSql } from 'wrangler';

type LocalDatabase = Awaited<ReturnType<Miniflare['getD1Database']>>;

const tableSql = `CREATE TABLE IF NOT EXISTS d1_migrations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`;

/** Names of the .sql files in the order they apply; none when the folder is absent. */
export function listMigrations(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort();
}

/**
 * Each file is one transaction: it applies whole, and is recorded, or not at all. Throws the
 * failing file's name.
 */
export async function applyMigrations(database: LocalDatabase, folder: string): Promise<void> {
  await database.prepare(tableSql).run();
  const { results } = await database.prepare('SELECT name FROM d1_migrations').all<{ name: string }>();
  const applied = new Set(results.map((row) => row.name));

  for (const name of listMigrations(folder)) {
    if (applied.has(name)) continue;
    const path = join(folder, name);
    const statements = splitSql(readFileSync(path, 'utf8')).map((sql) => database.prepare(sql));
    const record = database.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(name);
    try {
      await database.batch([...statements, record]);
    } catch (cause) {
      throw new Error(`migration ${path} failed and was undone: ${String(cause)}`, { cause });
    }
  }
}
