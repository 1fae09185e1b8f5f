/** The tables of D1 and of a Durable Object's SQLite. */

/**
 * `tubepost_seen`: an id that was done (`token` NULL) until it may be forgotten, or that is being
 * worked on until its lease ends. `tubepost_record`: the newest version and the highest sequence of
 * a key, and who works on it. Its rows stay: a version that is forgotten guards nothing.
 */
export const SQLITE_SCHEMA = [
  'CREATE TABLE IF NOT EXISTS tubepost_seen (id TEXT PRIMARY KEY, token TEXT, until_ms INTEGER NOT NULL) WITHOUT ROWID',
  'CREATE TABLE IF NOT EXISTS tubepost_record (key TEXT PRIMARY KEY, version INTEGER, sequence INTEGER, token TEXT, ' +
    'until_ms INTEGER) WITHOUT ROWID',
];

/** Parameters: id, until. */
export const REMEMBER =
  'INSERT INTO tubepost_seen (id, token, until_ms) VALUES (?1, NULL, ?2) ' +
  'ON CONFLICT (id) DO UPDATE SET token = NULL, until_ms = excluded.until_ms';

/** Parameters: key, sequence. */
export const MARK_POSITION =
  'INSERT INTO tubepost_record (key, sequence) VALUES (?1, ?2) ' +
  'ON CONFLICT (key) DO UPDATE SET sequence = max(coalesce(sequence, 0), excluded.sequence)';

/** Parameters: id, now. */
export const KNOWS = 'SELECT 1 AS known FROM tubepost_seen WHERE id = ?1 AND token IS NULL AND until_ms > ?2';

/** Parameter: key. */
export const POSITION = 'SELECT sequence FROM tubepost_record WHERE key = ?1';

/** Parameters: now, how many. */
export const PRUNE =
  'DELETE FROM tubepost_seen WHERE id IN (SELECT id FROM tubepost_seen WHERE until_ms <= ?1 LIMIT ?2)';
export const PRUNED_AT_ONCE = 1_000;
