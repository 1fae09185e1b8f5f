/**
 * The protocol of a Gate over SQL: where lanes wait for their endpoint. It keeps one row for each parked record and wakes them,
 * oldest first, at a pace, once the endpoint takes deliveries again or never will. Without a runtime, like the Record's.
 *
 *   gate    what it knows of the endpoint: the newest revision it was told, and the status then
 *   parked  records that wait, oldest first, and the newest revision under which each saw its endpoint paused
 */
import type { EndpointStatus } from '../core/endpoint.ts';
import { GATE_WAKE_BATCH, GATE_WAKE_PAUSE_MS } from '../core/limits.ts';
import type { Sql } from '../core/sql.ts';

type Known = { revision: number; status: EndpointStatus | 'removed' };

const TABLES = [
  `CREATE TABLE gate (one INTEGER PRIMARY KEY CHECK (one = 1), revision INTEGER NOT NULL, status TEXT NOT NULL)`,
  `CREATE TABLE parked (position INTEGER PRIMARY KEY, record TEXT NOT NULL UNIQUE, seen INTEGER NOT NULL)`,
];

export class GateLedger {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** `changed`: the Gate was told of settings newer than `seenRevision` under which nothing needs to wait. */
  park(record: string, seenRevision: number, nowMs: number): { answer: 'parked' | 'changed'; wakeAtMs: number | null } {
    return this.#sql.transaction(() => {
      const known = this.#known();
      if (known !== null && known.revision > seenRevision && known.status !== 'paused') {
        return { answer: 'changed', wakeAtMs: this.#wakeAtMs(nowMs) };
      }
      // The Record has seen it paused: what the Gate knew from before no longer holds, though the Account's word is still on its way.
      if (known === null || known.revision < seenRevision) this.#know(seenRevision, 'paused');
      this.#sql.exec(
        `INSERT INTO parked (record, seen) VALUES (?, ?)
         ON CONFLICT (record) DO UPDATE SET seen = excluded.seen WHERE excluded.seen > parked.seen`,
        record,
        seenRevision,
      );
      return { answer: 'parked', wakeAtMs: this.#wakeAtMs(nowMs) };
    });
  }

  /** News of the endpoint; older news than what is known is ignored. */
  changed(revision: number, status: Known['status'], nowMs: number): { wakeAtMs: number | null } {
    return this.#sql.transaction(() => {
      const known = this.#known();
      if (known === null || known.revision < revision) this.#know(revision, status);
      return { wakeAtMs: this.#wakeAtMs(nowMs) };
    });
  }

  /** Who is to be woken now, oldest first, and under which revision; nobody while the endpoint is paused. */
  due(): { records: string[]; revision: number } {
    const known = this.#known();
    if (known === null || known.status === 'paused') return { records: [], revision: 0 };
    const rows = this.#sql.exec('SELECT record FROM parked ORDER BY position LIMIT ?', GATE_WAKE_BATCH).toArray();
    return { records: rows.map((row) => String(row['record'])), revision: known.revision };
  }

  /**
   * Ends a step of the walk under `revision`. `woken` have acknowledged, and those that parked again meanwhile, under newer
   * settings, stay; `failed` did not answer and go to the back. Returns when to go on.
   */
  settle(woken: string[], failed: string[], revision: number, nowMs: number): { wakeAtMs: number | null } {
    return this.#sql.transaction(() => {
      for (const record of woken) {
        this.#sql.exec('DELETE FROM parked WHERE record = ? AND seen <= ?', record, revision);
      }
      for (const record of failed) {
        this.#sql.exec('UPDATE parked SET position = (SELECT MAX(position) + 1 FROM parked) WHERE record = ?', record);
      }
      return { wakeAtMs: this.#wakeAtMs(nowMs + GATE_WAKE_PAUSE_MS) };
    });
  }

  #know(revision: number, status: Known['status']): void {
    this.#makeTables();
    this.#sql.exec(
      `INSERT INTO gate (one, revision, status) VALUES (1, ?, ?)
       ON CONFLICT (one) DO UPDATE SET revision = excluded.revision, status = excluded.status`,
      revision,
      status,
    );
  }

  #wakeAtMs(nextMs: number): number | null {
    return this.due().records.length === 0 ? null : nextMs;
  }

  #hasTables(): boolean {
    return this.#sql.exec(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'parked'`).toArray().length > 0;
  }

  #makeTables(): void {
    if (this.#hasTables()) return;
    for (const table of TABLES) this.#sql.exec(table);
  }

  #known(): Known | null {
    if (!this.#hasTables()) return null;
    const [row] = this.#sql.exec('SELECT revision, status FROM gate').toArray();
    if (row === undefined) return null;
    const status = String(row['status']);
    const isKnown = status === 'enabled' || status === 'paused' || status === 'disabled';
    return { revision: Number(row['revision']), status: isKnown ? status : 'removed' };
  }
}
