/**
 * A Gate's tables. They are made when first needed: the Gate of a healthy endpoint has none.
 *
 *   gate    one row: what it knows of its endpoint, and its circuit; written at transitions only
 *   parked  records that wait, oldest first. `ticket` grows each time the record parks again, so that the end of an earlier wake
 *           does not take away the row of a later parking
 */
import { z } from 'zod';
import type { GateSettings } from '../core/admission.ts';
import type { Circuit } from '../core/circuit.ts';
import type { Failing } from '../core/failing.ts';
import type { Sql } from '../core/sql.ts';
import { stored } from '../core/stored.ts';

export type GateState = {
  known: GateSettings | null;
  circuit: Circuit;
  /** Until then a closed circuit is still watched. */
  calmAtMs: number;
  failing: Failing;
  /** The clock of the pace (core/pace.ts). */
  freeAtMs: number;
};

export type ParkedRecord = { record: string; ticket: number };

export const NOTHING_KNOWN: GateState = {
  known: null,
  circuit: { kind: 'closed' },
  calmAtMs: 0,
  failing: null,
  freeAtMs: 0,
};

const storedCircuit = stored<Circuit>()(
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('closed') }),
    z.object({
      kind: z.literal('open'),
      sinceMs: z.number(),
      untilMs: z.number(),
      pauses: z.number(),
      probe: z.object({ record: z.string(), untilMs: z.number() }).nullable(),
      // Absent in what an earlier release stored, here and below.
      askedMs: z.number().nullable().default(null),
    }),
    z.object({
      kind: z.literal('half-open'),
      sinceMs: z.number(),
      pauses: z.number(),
      perSecond: z.number(),
      round: z.number(),
      failed: z.number(),
      failedLast: z.string().nullable().default(null),
    }),
  ]),
);

const storedState = stored<GateState>()(
  z.object({
    known: z
      .object({
        revision: z.number(),
        status: z.enum(['enabled', 'paused', 'disabled', 'removed']),
        rateLimitPerSecond: z.number().nullable(),
        isWatched: z.boolean(),
      })
      .nullable(),
    circuit: storedCircuit,
    calmAtMs: z.number(),
    failing: z.object({ sinceMs: z.number(), days: z.number(), day: z.number() }).nullable(),
    freeAtMs: z.number(),
  }),
);

const TABLES = [
  `CREATE TABLE gate (one INTEGER PRIMARY KEY CHECK (one = 1), state TEXT NOT NULL)`,
  `CREATE TABLE parked (position INTEGER PRIMARY KEY, record TEXT NOT NULL UNIQUE, ticket INTEGER NOT NULL)`,
];

export class GateRows {
  readonly #sql: Sql;
  #hasTables: boolean;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#hasTables = sql.exec(`SELECT 1 FROM sqlite_master WHERE name = 'parked'`).toArray().length > 0;
  }

  state(): GateState {
    const [row] = this.#hasTables ? this.#sql.exec('SELECT state FROM gate').toArray() : [];
    return row === undefined ? NOTHING_KNOWN : storedState.parse(JSON.parse(String(row['state'])));
  }

  writeState(state: GateState): void {
    this.#makeTables();
    this.#sql.exec(
      'INSERT INTO gate (one, state) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET state = excluded.state',
      JSON.stringify(state),
    );
  }

  /** Who waits longest, first. */
  oldest(most: number): ParkedRecord[] {
    if (!this.#hasTables || most === 0) return [];
    const rows = this.#sql.exec('SELECT record, ticket FROM parked ORDER BY position LIMIT ?', most).toArray();
    return rows.map((row) => ({ record: String(row['record']), ticket: Number(row['ticket']) }));
  }

  hasParked(): boolean {
    return this.oldest(1).length > 0;
  }

  count(): number {
    if (!this.#hasTables) return 0;
    return Number(this.#sql.exec('SELECT COUNT(*) AS n FROM parked').toArray()[0]?.['n']);
  }

  park(record: string): void {
    this.#makeTables();
    this.#sql.exec(
      `INSERT INTO parked (record, ticket) VALUES (?, 1)
       ON CONFLICT (record) DO UPDATE SET ticket = ticket + 1`,
      record,
    );
  }

  /** Unless it has parked again since. */
  leave({ record, ticket }: ParkedRecord): void {
    this.#sql.exec('DELETE FROM parked WHERE record = ? AND ticket = ?', record, ticket);
  }

  toTheBack({ record }: ParkedRecord): void {
    this.#sql.exec('UPDATE parked SET position = (SELECT MAX(position) + 1 FROM parked) WHERE record = ?', record);
  }

  /** Outside a turn that failed: tables made in it are gone again. */
  forget(): void {
    this.#hasTables = this.#sql.exec(`SELECT 1 FROM sqlite_master WHERE name = 'parked'`).toArray().length > 0;
  }

  #makeTables(): void {
    if (this.#hasTables) return;
    for (const table of TABLES) this.#sql.exec(table);
    this.#hasTables = true;
  }
}
