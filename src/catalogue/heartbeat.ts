/**
 * What `/health` asks the one object that every installation has: that an object writes, and the
 * canary, a text sealed with the master key by which a wrong one is known before anything is sealed
 * or sent. A table of its own, apart from the catalogue's.
 */
import { z } from 'zod';
import type { Sealed } from '../core/endpoint.ts';
import { HEARTBEAT_MS } from '../core/limits.ts';
import type { Sql } from '../core/sql.ts';

const TABLE = `CREATE TABLE IF NOT EXISTS heartbeat (
  one INTEGER PRIMARY KEY CHECK (one = 1), at_ms INTEGER NOT NULL, canary TEXT)`;
const sealed: z.ZodType<Sealed> = z.object({ key: z.string(), sealed: z.string() });

export class Heartbeat {
  readonly #sql: Sql;
  #beatAtMs = -Infinity;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /**
   * Writes a row, at most once in HEARTBEAT_MS, and answers the canary; null: there is none yet.
   * Throws where it cannot write.
   */
  beat(nowMs: number): Sealed | null {
    if (Math.abs(nowMs - this.#beatAtMs) >= HEARTBEAT_MS) {
      this.#sql.transaction(() => {
        this.#sql.exec(TABLE);
        this.#sql.exec(
          'INSERT INTO heartbeat (one, at_ms) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET at_ms = excluded.at_ms',
          Math.floor(nowMs),
        );
      });
      this.#beatAtMs = nowMs;
    }
    const canary = this.#sql.exec('SELECT canary FROM heartbeat').toArray()[0]?.['canary'];
    return typeof canary === 'string' ? sealed.parse(JSON.parse(canary)) : null;
  }

  /** Takes the place of `from`, unless another has meanwhile. */
  setCanary(to: Sealed, from: Sealed | null): void {
    this.#sql.exec(
      'UPDATE heartbeat SET canary = ? WHERE canary IS ?',
      JSON.stringify(to),
      from === null ? null : JSON.stringify(from),
    );
  }
}
