-- npx wrangler d1 execute receiver --remote --file schema.sql
CREATE TABLE IF NOT EXISTS records (record TEXT PRIMARY KEY, version INTEGER, event TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS jobs (number INTEGER PRIMARY KEY, event TEXT NOT NULL);
-- The kit's: what it has seen, and how far each record is.
CREATE TABLE IF NOT EXISTS tubepost_seen (id TEXT PRIMARY KEY, token TEXT, until_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tubepost_record (key TEXT PRIMARY KEY, version INTEGER, sequence INTEGER, token TEXT, until_ms INTEGER) WITHOUT ROWID;
