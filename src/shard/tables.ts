/**
 * A Shard's tables. They are made together, when its first event is stored: a Shard that never
 * accepted anything has none.
 *
 *   event    one row for each event: facts, deliveries 1..16 (packed), the exact body. A first-try success is one insert and one
 *            update. `chosen_id` is set where the publisher named the event, and then indexed. `lanes` is set in some rows: what
 *            the record's lanes had learned by then, so that a load reads the rows since and no others (memory.ts)
 *   wide     further deliveries of a wide event, 16 to a row; further parts of a wide `lanes`, under negative numbers
 *   attempt  attempts that failed (the last success is packed with its delivery)
 *   form     bodies of other forms of an event, each once (older versions, an alert for Slack); the newest is the event's own
 *   watch    records with work under way or not confirmed by the log: what a start has to look at (watch.ts)
 *   due      records that wait for a time, and events that were changed after they had ended (due.ts)
 *   past     what must be known of records whose rows are gone, many to a row (past.ts)
 *   shard    single facts by name: its tombstone, its retention pass
 */
import type { Sql } from '../core/sql.ts';

const DEFINITIONS = [
  `CREATE TABLE event (
    record TEXT NOT NULL, sequence INTEGER NOT NULL, chosen_id TEXT, accepted_ms INTEGER NOT NULL, ended_ms INTEGER,
    logged_through INTEGER NOT NULL, lanes TEXT, facts TEXT NOT NULL, deliveries TEXT NOT NULL, body TEXT,
    PRIMARY KEY (record, sequence)
  ) WITHOUT ROWID`,
  `CREATE INDEX event_by_chosen_id ON event (chosen_id) WHERE chosen_id IS NOT NULL`,
  `CREATE TABLE wide (
    record TEXT NOT NULL, sequence INTEGER NOT NULL, chunk INTEGER NOT NULL, packed TEXT NOT NULL,
    PRIMARY KEY (record, sequence, chunk)
  ) WITHOUT ROWID`,
  `CREATE TABLE attempt (
    record TEXT NOT NULL, sequence INTEGER NOT NULL, slot INTEGER NOT NULL, number INTEGER NOT NULL, facts TEXT NOT NULL,
    PRIMARY KEY (record, sequence, slot, number)
  ) WITHOUT ROWID`,
  `CREATE TABLE form (
    record TEXT NOT NULL, sequence INTEGER NOT NULL, version TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (record, sequence, version)
  ) WITHOUT ROWID`,
  `CREATE TABLE watch (slot INTEGER PRIMARY KEY, records TEXT NOT NULL)`,
  `CREATE TABLE due (record TEXT PRIMARY KEY, at_ms INTEGER NOT NULL, reopened TEXT NOT NULL) WITHOUT ROWID`,
  `CREATE TABLE past (first TEXT PRIMARY KEY, records TEXT NOT NULL) WITHOUT ROWID`,
  `CREATE TABLE shard (name TEXT PRIMARY KEY, fact TEXT NOT NULL) WITHOUT ROWID`,
];

/** All that hold rows of events, by record and sequence. */
export const EVENT_TABLES = ['event', 'wide', 'attempt', 'form'] as const;
const DATA_TABLES = [...EVENT_TABLES, 'watch', 'due', 'past'] as const;

export class Tables {
  readonly sql: Sql;
  #exist: boolean;

  constructor(sql: Sql) {
    this.sql = sql;
    this.#exist = this.#look();
  }

  get exist(): boolean {
    return this.#exist;
  }

  /** Makes them where they are not there. */
  need(): void {
    if (this.#exist) return;
    for (const definition of DEFINITIONS) this.sql.exec(definition);
    this.#exist = true;
  }

  /** After a turn that failed: tables made in it are gone again. */
  lookAgain(): void {
    this.#exist = this.#look();
  }

  fact(name: string): string | null {
    if (!this.#exist) return null;
    const [row] = this.sql.exec('SELECT fact FROM shard WHERE name = ?', name).toArray();
    return row === undefined ? null : String(row['fact']);
  }

  setFact(name: string, fact: string): void {
    this.need();
    this.sql.exec(
      'INSERT INTO shard (name, fact) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET fact = excluded.fact',
      name,
      fact,
    );
  }

  /**
   * Nothing of the account is left; dropping and making tables costs less than deleting rows. Facts
   * stay.
   */
  empty(): void {
    if (!this.#exist) return;
    for (const table of DATA_TABLES) this.sql.exec(`DROP TABLE ${table}`);
    for (const definition of DEFINITIONS) if (!definition.startsWith('CREATE TABLE shard')) this.sql.exec(definition);
  }

  #look(): boolean {
    return this.sql.exec(`SELECT 1 FROM sqlite_master WHERE name = 'shard'`).toArray().length > 0;
  }
}
