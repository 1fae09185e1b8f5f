/**
 * A pass over all events of a Shard that finds those whose days are over (O4), a page at a time and
 * in the order of rows. Where it has come to stands in a row, so a pass that is cut off goes on
 * there. Events of an account have their days from the end of their last delivery; a pass comes
 * each tenth of the shortest days, so nothing stays a tenth longer than it may.
 */
import type { AccountSettings } from '../core/endpoint.ts';
import { DAY_MS, RETENTION_AGAIN_MS, RETENTION_DAYS_MIN, RETENTION_PAGE_ROWS } from '../core/limits.ts';
import { keptFor, passEveryMs } from '../core/retention.ts';
import type { Purged } from './purging.ts';
import { retentionFact, type RetentionFact } from './stored.ts';
import type { Tables } from './tables.ts';

const FACT = 'retention';

export class RetentionPass {
  readonly #tables: Tables;
  #fact: RetentionFact | null;

  constructor(tables: Tables) {
    this.#tables = tables;
    this.#fact = this.#read();
  }

  /**
   * A page could not be dealt with: it comes again later. In memory only; a new instance tries at
   * once.
   */
  failed(nowMs: number): void {
    if (this.#fact !== null) this.#fact = { ...this.#fact, atMs: nowMs + RETENTION_AGAIN_MS };
  }

  /** After a turn that failed. */
  lookAgain(): void {
    this.#fact = this.#read();
  }

  #read(): RetentionFact | null {
    const stored = this.#tables.fact(FACT);
    return stored === null ? null : retentionFact.parse(JSON.parse(stored));
  }

  /** When a page is to be looked at next; null: nothing is stored. */
  get atMs(): number | null {
    return this.#fact?.atMs ?? null;
  }

  /** In a turn that stores events. */
  begin(nowMs: number): void {
    if (this.atMs === null) {
      this.#write({ atMs: nowMs + RETENTION_DAYS_MIN * DAY_MS, after: null, isLeft: false });
    }
  }

  /** What is over on the next page, by record. Reads only. */
  page(settings: Pick<AccountSettings, 'retention'>, nowMs: number): { over: Map<string, Purged[]>; next: Position } {
    const kept = keptFor(settings);
    const after = this.#fact?.after ?? ['', 0];
    const rows = this.#tables.sql
      .exec(
        `SELECT record, sequence, ended_ms, body IS NOT NULL AS has_body FROM event
         WHERE (record, sequence) > (?, ?) ORDER BY record, sequence LIMIT ?`,
        ...after,
        RETENTION_PAGE_ROWS,
      )
      .toArray();
    const over = new Map<string, Purged[]>();
    for (const { record, sequence, ended_ms: endedAt, has_body: hasBody } of rows) {
      if (endedAt === null) continue;
      const ageMs = nowMs - Number(endedAt);
      const isWhole = ageMs >= kept.rows;
      if (!isWhole && (Number(hasBody) === 0 || ageMs < kept.payload)) continue;
      const of = over.get(String(record)) ?? [];
      of.push({ sequence: Number(sequence), isWhole });
      over.set(String(record), of);
    }
    const last = rows.length < RETENTION_PAGE_ROWS ? undefined : rows.at(-1);
    return { over, next: last === undefined ? null : [String(last['record']), Number(last['sequence'])] };
  }

  /**
   * After a page was dealt with, in a turn. `next` null: it was the last. `hasLeft`: something of
   * it was not finished with.
   */
  turned(next: Position, hasLeft: boolean, settings: Pick<AccountSettings, 'retention'>, nowMs: number): void {
    const isLeft = hasLeft || this.#fact?.isLeft === true;
    if (next !== null) this.#write({ atMs: nowMs, after: next, isLeft });
    else this.#write({ atMs: this.#nextMs(isLeft, settings, nowMs), after: null, isLeft: false });
  }

  #nextMs(isLeft: boolean, settings: Pick<AccountSettings, 'retention'>, nowMs: number): number | null {
    if (isLeft) return nowMs + RETENTION_AGAIN_MS;
    return this.#isEmpty() ? null : nowMs + passEveryMs(settings);
  }

  #isEmpty(): boolean {
    return this.#tables.sql.exec('SELECT 1 FROM event LIMIT 1').toArray().length === 0;
  }

  #write(fact: RetentionFact): void {
    this.#tables.setFact(FACT, JSON.stringify(fact));
    this.#fact = fact;
  }
}

/** The row that a page ended with; null: there are no more. */
export type Position = [string, number] | null;
