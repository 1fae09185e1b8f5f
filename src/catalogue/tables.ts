/**
 * The Catalogue's tables, made by the first change and never by a read, and the stored JSON in
 * them.
 *
 *   catalogue    one row: the revision
 *   event_type   name, the revision of its last change, facts
 *   version      the schemas of a type, by number
 */
import { z } from 'zod';
import type { EventType, SchemaVersion } from '../core/event-type.ts';
import type { Sql } from '../core/sql.ts';

/** Append only. Statement n is version n + 1; the one row of `catalogue` says which have run. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE catalogue (one INTEGER PRIMARY KEY CHECK (one = 1), tables INTEGER NOT NULL, revision INTEGER NOT NULL);
   CREATE TABLE event_type (name TEXT PRIMARY KEY, revision INTEGER NOT NULL, facts TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE version (
     type TEXT NOT NULL,
     number INTEGER NOT NULL,
     schema TEXT NOT NULL,
     created_ms INTEGER NOT NULL,
     updated_ms INTEGER NOT NULL,
     PRIMARY KEY (type, number)
   ) WITHOUT ROWID;`,
];

/** Fields are only ever added, with a default: old and new code coexist during a deploy. */
const storedFacts = z.object({
  description: z.string(),
  exampleJson: z.string().nullable(),
  strict: z.boolean(),
  retryWindowSeconds: z.number().nullable(),
  expireAfterSeconds: z.number().nullable(),
  latestGroup: z.string().nullable(),
  latestOnly: z.boolean(),
  dataVersion: z.string().nullable(),
  archived: z.boolean(),
  createdAtMs: z.number(),
  updatedAtMs: z.number(),
});

export function hasTables(sql: Sql): boolean {
  return sql.exec(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'catalogue'`).toArray().length > 0;
}

/** Only inside a change. */
export function migrate(sql: Sql): void {
  const from = hasTables(sql) ? Number(sql.exec('SELECT tables FROM catalogue').toArray()[0]?.['tables'] ?? 0) : 0;
  if (from >= MIGRATIONS.length) return;
  for (const statements of MIGRATIONS.slice(from)) {
    for (const statement of statements.split(';\n')) sql.exec(statement);
  }
  sql.exec(
    `INSERT INTO catalogue (one, tables, revision) VALUES (1, ?, 0) ON CONFLICT (one) DO UPDATE SET tables = excluded.tables`,
    MIGRATIONS.length,
  );
}

export function readRevision(sql: Sql): number {
  return hasTables(sql) ? Number(sql.exec('SELECT revision FROM catalogue').toArray()[0]?.['revision'] ?? 0) : 0;
}

export function readTypes(sql: Sql): EventType[] {
  if (!hasTables(sql)) return [];
  return sql
    .exec('SELECT name, revision, facts FROM event_type')
    .toArray()
    .map(({ name, revision, facts }) => ({
      name: String(name),
      revision: Number(revision),
      ...storedFacts.parse(JSON.parse(String(facts))),
    }));
}

export function readVersions(sql: Sql, type: string): SchemaVersion[] {
  return sql
    .exec('SELECT number, schema, created_ms, updated_ms FROM version WHERE type = ? ORDER BY number', type)
    .toArray()
    .map((row) => ({
      version: String(row['number']),
      schemaJson: String(row['schema']),
      createdAtMs: Number(row['created_ms']),
      updatedAtMs: Number(row['updated_ms']),
    }));
}

export function countVersions(sql: Sql): Map<string, number> {
  if (!hasTables(sql)) return new Map();
  const rows = sql.exec('SELECT type, COUNT(*) AS n FROM version GROUP BY type').toArray();
  return new Map(rows.map(({ type, n }) => [String(type), Number(n)]));
}

export function writeType(sql: Sql, { name, revision, ...facts }: EventType): void {
  sql.exec('UPDATE catalogue SET revision = ?', revision);
  sql.exec(
    `INSERT INTO event_type (name, revision, facts) VALUES (?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, facts = excluded.facts`,
    name,
    revision,
    JSON.stringify(facts),
  );
}

export function writeVersion(
  sql: Sql,
  type: string,
  { version, schemaJson, createdAtMs, updatedAtMs }: SchemaVersion,
): void {
  sql.exec(
    `INSERT INTO version (type, number, schema, created_ms, updated_ms) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (type, number) DO UPDATE SET schema = excluded.schema, updated_ms = excluded.updated_ms`,
    type,
    Number(version),
    schemaJson,
    createdAtMs,
    updatedAtMs,
  );
}
