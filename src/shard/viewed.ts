/**
 * The records of a Shard that somebody views live, and how the account's Live is notified that they
 * have changed. A notification names the record and not its status, which Live then reads: one that
 * is lost, doubled or late does no harm.
 *
 *   not viewed ──view()──▶ viewed: a row, so that a new instance still knows
 *   viewed ──"nobody views it" in the answer to a change, or its time is over──▶ not viewed
 *
 * A connection lives for VIEWER_LIFE_MS at most and a row for twice that, so a viewer that stays
 * never outlives its row.
 */
import {
  VIEWED_RECORDS_MAX,
  VIEWER_LIFE_MS,
  VIEWERS_AGAIN_MS,
  VIEWERS_CALL_RECORDS_MAX,
  VIEWERS_GATHER_MS,
  VIEWERS_TRIES_MAX,
} from '../core/limits.ts';
import type { Sql } from '../core/sql.ts';

export type ViewedLinks = {
  nowMs(): number;
  wait(ms: number): Promise<void>;
  /** Answers those that nobody views. Throws where the object does not answer. */
  notifyViewers(records: string[]): Promise<string[]>;
  keep(work: Promise<void>): void;
  failed(what: string, error: unknown): void;
};

/** A new one for each time that it is asked for, so that an answer from before does not end it. */
type Entry = { untilMs: number };

export class Viewed {
  readonly #sql: Sql;
  readonly #links: ViewedLinks;
  readonly #entries = new Map<string, Entry>();
  #hasTable: boolean;
  readonly #changed = new Set<string>();
  #isTelling = false;

  constructor(sql: Sql, links: ViewedLinks) {
    this.#sql = sql;
    this.#links = links;
    this.#hasTable = sql.exec(`SELECT 1 FROM sqlite_master WHERE name = 'viewed'`).toArray().length > 0;
    if (!this.#hasTable) return;
    for (const { record, until_ms } of sql.exec('SELECT record, until_ms FROM viewed').toArray()) {
      this.#entries.set(String(record), { untilMs: Number(until_ms) });
    }
  }

  /** Throws where the Shard has as many as it may. */
  async view(records: readonly string[]): Promise<void> {
    const isFull = () => this.#entries.size + records.length > VIEWED_RECORDS_MAX;
    // Rows stay until somebody asks: most of them nobody views any more.
    if (isFull()) this.#forget(new Map(this.#entries), await this.#links.notifyViewers([...this.#entries.keys()]));
    if (isFull()) throw new Error(`a Shard shows ${VIEWED_RECORDS_MAX} records live at most`);
    const nowMs = this.#links.nowMs();
    for (const record of records) {
      const untilMs = this.#entries.get(record)?.untilMs ?? 0;
      if (untilMs - nowMs >= VIEWER_LIFE_MS) this.#entries.set(record, { untilMs });
      else this.#put(record, nowMs + 2 * VIEWER_LIFE_MS);
    }
  }

  #put(record: string, untilMs: number): void {
    if (!this.#hasTable) {
      this.#sql.exec('CREATE TABLE viewed (record TEXT PRIMARY KEY, until_ms INTEGER NOT NULL) WITHOUT ROWID');
      this.#hasTable = true;
    }
    this.#sql.exec(
      'INSERT INTO viewed VALUES (?, ?) ON CONFLICT (record) DO UPDATE SET until_ms = excluded.until_ms',
      record,
      untilMs,
    );
    this.#entries.set(record, { untilMs });
  }

  /** Call it in the turn that changed it: the notification leaves once that is durable. */
  changed(which: string | ((record: string) => boolean)): void {
    if (this.#entries.size === 0) return;
    if (typeof which === 'string') {
      if (this.#entries.has(which)) this.#changed.add(which);
    } else {
      for (const record of this.#entries.keys()) if (which(record)) this.#changed.add(record);
    }
    if (this.#changed.size === 0 || this.#isTelling) return;
    this.#isTelling = true;
    this.#links.keep(this.#tell());
  }

  /** The account is gone: all are notified once more, and nothing is kept. */
  over(): void {
    this.changed(() => true);
    if (this.#hasTable) this.#sql.exec('DROP TABLE viewed');
    this.#hasTable = false;
    this.#entries.clear();
  }

  /** One call at a time: what changes meanwhile comes with the next. */
  async #tell(): Promise<void> {
    let failures = 0;
    await this.#links.wait(VIEWERS_GATHER_MS);
    while (this.#changed.size > 0 && failures < VIEWERS_TRIES_MAX) {
      const records = [...this.#changed].slice(0, VIEWERS_CALL_RECORDS_MAX);
      for (const record of records) this.#changed.delete(record);
      const told = new Map(records.flatMap((record) => [[record, this.#entries.get(record)] as const]));
      try {
        this.#forget(told, await this.#links.notifyViewers(records));
        failures = 0;
      } catch (error) {
        this.#links.failed('telling of viewers', error);
        for (const record of records) this.#changed.add(record);
        await this.#links.wait(VIEWERS_AGAIN_MS * 2 ** failures);
        failures += 1;
      }
    }
    // Given up: the Live looks at all that is viewed by itself, and the next change tries again.
    this.#isTelling = false;
  }

  #forget(told: ReadonlyMap<string, Entry | undefined>, unviewed: readonly string[]): void {
    for (const record of unviewed) {
      const entry = this.#entries.get(record);
      if (entry === undefined || entry !== told.get(record)) continue;
      this.#entries.delete(record);
      this.#sql.exec('DELETE FROM viewed WHERE record = ?', record);
    }
  }
}
