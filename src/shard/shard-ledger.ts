/**
 * The records of one Shard, without a runtime: which are in memory, which owe something and when,
 * and one commit for all that is done in a turn. Each record keeps its own protocol (ledger.ts); a
 * record whose turn throws is undone alone, and the rest commits.
 *
 *   listed in `watch`   work is under way, or the log may lack something: a start looks at it
 *   listed in `due`     it waits for a time
 *   in neither          nothing is owed, so its memory may be dropped
 */
import { type RecordAddress, type RecordRef, parseRecordId, type ShardAddress } from '../core/ids.ts';
import {
  CAPPED_LOOKS_PER_TURN,
  POISON_WAIT_MS_CAP,
  POISON_WAIT_MS_MIN,
  WATCH_TO_DUE_MS,
  WORKING_SET_RECORDS,
} from '../core/limits.ts';
import { Due } from './due.ts';
import { type At, type Effects, Ledger, type LedgerOptions, type Owed } from './ledger.ts';
import type { Doubt } from './memory.ts';
import { Past } from './past.ts';
import { Slots } from './slots.ts';
import type { Tables } from './tables.ts';
import { Wakes } from './wakes.ts';
import { Watch } from './watch.ts';

export type ShardOptions = Pick<LedgerOptions, 'slotsMax' | 'latencyElsewhere'> & { address: ShardAddress };

/**
 * One act on one record. `isPublish`: it may list the record in the row that all publishes of the
 * turn share.
 */
export type Task<T = unknown> = {
  record: string;
  isPublish?: boolean;
  /** What it changes is in no status of a record. */
  isUnseen?: boolean;
  run: (ledger: Ledger) => { result: T; effects: Effects };
};

export type Done<T = unknown> = { record: string } & (
  { ok: true; result: T; effects: Effects } | { ok: false; error: Error }
);

export class ShardLedger {
  readonly #tables: Tables;
  readonly #options: ShardOptions;
  readonly #past: Past;
  readonly #slots = new Slots();
  #watch: Watch;
  #due: Due;
  /** The working set, the longest unused first. */
  readonly #ledgers = new Map<string, Ledger>();
  /** When to look at each record that owes something. Perhaps too early, never too late. */
  readonly #wakes = new Wakes();
  readonly #capped = new Set<string>();
  /** Records whose turns threw, and how many times in a row. */
  readonly #poison = new Map<string, number>();
  /**
   * From when the log is sent again what records listed at the start may lack. Null: it lacks
   * nothing.
   */
  #doubtFromMs: number | null;
  readonly #doubted = new Set<string>();

  constructor(tables: Tables, doubtFromMs: number | null, options: ShardOptions) {
    this.#tables = tables;
    this.#options = options;
    this.#past = new Past(tables);
    this.#watch = new Watch(tables);
    this.#due = new Due(tables);
    this.#doubtFromMs = doubtFromMs;
    this.#readListed();
  }

  /** Rows may owe more than memory knows: another instance wrote them, or a turn was lost. */
  doubt(fromMs: number): void {
    this.#doubtFromMs = fromMs;
    this.#readListed();
    for (const [record, ledger] of this.#ledgers) {
      ledger.forget(this.#doubtOf(record) ?? { fromMs, reopened: [] });
      this.#doubted.delete(record);
      // It may owe something that no row lists any more.
      this.#wakes.set(record, Math.min(fromMs, this.#wakes.get(record) ?? Infinity));
    }
  }

  #readListed(): void {
    this.#watch = new Watch(this.#tables);
    this.#due = new Due(this.#tables);
    this.#doubted.clear();
    for (const [record, { atMs }] of this.#due.entries()) this.#wakes.set(record, atMs);
    if (this.#doubtFromMs === null) return;
    for (const record of this.#watch.listed()) {
      this.#watch.add(record);
      this.#doubted.add(record);
      this.#wakes.set(record, Math.min(this.#doubtFromMs, this.#wakes.get(record) ?? Infinity));
    }
    for (const [record] of this.#due.entries()) this.#doubted.add(record);
  }

  #doubtOf(record: string): Doubt | null {
    const reopened = this.#due.get(record)?.reopened ?? [];
    if (this.#doubtFromMs !== null && this.#doubted.has(record)) return { fromMs: this.#doubtFromMs, reopened };
    return reopened.length > 0 ? { fromMs: null, reopened } : null;
  }

  /** For reads and for what is under way. Loading a record writes nothing. */
  ledger(record: string): Ledger {
    const known = this.#ledgers.get(record);
    if (known !== undefined) {
      this.#ledgers.delete(record);
      this.#ledgers.set(record, known);
      return known;
    }
    const ledger = new Ledger(
      {
        address: this.addressOf(record),
        tables: this.#tables,
        past: this.#past,
        slots: this.#slots,
        slotsMax: this.#options.slotsMax,
        ...(this.#options.latencyElsewhere === undefined ? {} : { latencyElsewhere: this.#options.latencyElsewhere }),
      },
      this.#doubtOf(record),
    );
    this.#doubted.delete(record);
    this.#ledgers.set(record, ledger);
    return ledger;
  }

  addressOf(record: string): RecordAddress {
    const ref: RecordRef | null = parseRecordId(record);
    if (ref === null) throw new Error(`"${record.slice(0, 64)}" names no record of a Shard`);
    return { ...this.#options.address, ...ref };
  }

  /**
   * All tasks in one commit, in their order; what one of them throws undoes that one alone. Then
   * whatever found a free slot, and what `alongside` writes.
   */
  turn(tasks: readonly Task[], at: At, alongside: (done: Done[]) => void = () => undefined): Done[] {
    const before = this.#slots.released;
    try {
      return this.#tables.sql.transaction(() => {
        const done = tasks.map((task) => this.#do(task, at));
        if (this.#slots.released > before) done.push(...this.#startCapped(at));
        if (this.#tables.exist) this.#watch.write();
        alongside(done);
        return done;
      });
    } catch (error) {
      // Nothing of the turn was stored: what memory holds of any record may be wrong now.
      this.#tables.lookAgain();
      this.doubt(at.nowMs);
      throw error;
    } finally {
      this.#trim(at.nowMs);
    }
  }

  #do(task: Task, at: At): Done {
    const { record } = task;
    try {
      const { result, effects } = task.run(this.ledger(record));
      this.#list(record, effects.owed, task.isPublish === true, at.nowMs);
      this.#poison.delete(record);
      return { record, ok: true, result, effects };
    } catch (error) {
      this.#tables.lookAgain();
      if (this.#wakes.get(record) !== undefined) this.#quarantine(record, at.nowMs);
      return { record, ok: false, error: error instanceof Error ? error : new Error(String(error)) };
    }
  }

  /** It is looked at again, ever more rarely, and keeps nobody else from being. */
  #quarantine(record: string, nowMs: number): void {
    const failures = this.#poison.get(record) ?? 0;
    this.#poison.set(record, failures + 1);
    this.#wakes.set(record, nowMs + Math.min(POISON_WAIT_MS_CAP, POISON_WAIT_MS_MIN * 2 ** failures));
  }

  /** Keeps the rows that a start reads true for a record whose turn has just ended. */
  #list(record: string, { wakeAtMs, isBusy, isCapped, reopened }: Owed, isPublish: boolean, nowMs: number): void {
    if (isCapped) this.#capped.add(record);
    else this.#capped.delete(record);
    const due = this.#due.get(record);
    if (wakeAtMs === null) {
      this.#wakes.delete(record);
      this.#watch.done(record);
      this.#due.delete(record);
      return;
    }
    this.#wakes.set(record, wakeAtMs);
    const isFarOff = !isBusy && wakeAtMs - nowMs > WATCH_TO_DUE_MS;
    const isNewlyReopened = reopened.some((sequence) => due?.reopened.includes(sequence) !== true);
    if (isNewlyReopened || (due !== undefined && wakeAtMs < due.atMs)) this.#due.put(record, wakeAtMs, reopened);
    else if (due !== undefined) return;
    else if (this.#watch.has(record) && !isFarOff) return;
    else if (isPublish && !isFarOff) this.#watch.add(record);
    else this.#due.put(record, wakeAtMs, reopened);
    if (this.#due.get(record) !== undefined) this.#watch.done(record);
  }

  /** Something has ended: its slot is for those that found none, each record in its turn. */
  #startCapped(at: At): Done[] {
    const done: Done[] = [];
    for (const record of [...this.#capped].slice(0, CAPPED_LOOKS_PER_TURN)) {
      this.#capped.delete(record);
      done.push(this.#do({ record, run: (ledger) => ({ result: undefined, effects: ledger.look(at) }) }, at));
    }
    return done;
  }

  /** When to look at the first that owes something; null: none does. */
  wakeAtMs(): number | null {
    return this.#wakes.first();
  }

  /**
   * True: the log has everything, nothing is under way, and what waits for a time is listed in
   * `due`.
   */
  isWhole(): boolean {
    if (this.#doubted.size > 0 || !this.#watch.isIdle) return false;
    return [...this.#ledgers.values()].every((ledger) => !ledger.isBusy);
  }

  owes(record: string): boolean {
    return this.#wakes.get(record) !== undefined;
  }

  /** Whose time has come, those that waited longest first. */
  dueRecords(nowMs: number, most: number): string[] {
    return this.#wakes.until(nowMs, most);
  }

  /** Every record that owes something, in the order of their names, from the one after `after`. */
  owing(after: string, most: number): string[] {
    return [...this.#wakes.records()]
      .filter((record) => record > after)
      .sort()
      .slice(0, most);
  }

  /**
   * Memory follows what is open: what owes nothing, or only waits for a time, is read again when it
   * is needed.
   */
  #trim(nowMs: number): void {
    if (this.#ledgers.size <= WORKING_SET_RECORDS) return;
    for (const [record, ledger] of this.#ledgers) {
      if (this.#ledgers.size <= WORKING_SET_RECORDS) return;
      const atMs = this.#wakes.get(record) ?? Infinity;
      const isSafe = atMs === Infinity || (this.#due.get(record) !== undefined && atMs - nowMs > WATCH_TO_DUE_MS);
      if (isSafe && !ledger.isBusy && !this.#capped.has(record)) this.#ledgers.delete(record);
    }
  }
}
