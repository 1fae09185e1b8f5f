/**
 * A job's ledger on node:sqlite, moved step by step: rows that stay, instances that end, a clock
 * that the test sets.
 */
import { DatabaseSync } from 'node:sqlite';
import type { JobSpec, JobStart } from '../../src/core/job.ts';
import { JobLedger, type Task } from '../../src/job/ledger.ts';
import { type Item, type KindRules, type Outcome, over, type Page } from '../../src/job/work.ts';
import { sqlOf } from '../shard/bench.ts';

export const START_MS = Date.UTC(2026, 10, 21);
const SWEEP: JobSpec = {
  kind: 'sweep',
  account: 'acme',
  jurisdiction: null,
  incarnation: 'a'.repeat(12),
  shards: 4,
  endpoint: 'ep_1',
  revision: 3,
  because: 'removed',
};

export const DONE: Outcome = over(1);

export class Bench {
  readonly database = new DatabaseSync(':memory:');
  readonly given: JobStart;
  readonly kind: KindRules;
  nowMs = START_MS;
  ledger: JobLedger;
  /** What each item was answered, in order: a step that is repeated stands here twice. */
  readonly performed: string[] = [];

  constructor(kind: Partial<KindRules> = {}, spec: JobSpec = SWEEP) {
    this.kind = { isCancellable: true, passes: 'one', isRemembering: false, triesMax: 3, pacePerSecond: 100, ...kind };
    this.given = { id: `job_${'0'.repeat(26)}`, spec, by: 'operator', reason: null };
    this.ledger = new JobLedger(sqlOf(this.database));
    this.ledger.start(this.given, this.kind, this.nowMs);
  }

  /** Only the rows are left. */
  crash(): void {
    this.ledger = new JobLedger(sqlOf(this.database));
  }

  view() {
    const view = this.ledger.read(this.kind, this.nowMs);
    if (view === null) throw new Error('the job was not started');
    return view;
  }

  next(): Task {
    return this.ledger.next(this.kind, this.nowMs);
  }

  /** Moves the clock to when the job wants to be woken. */
  sleep(): void {
    this.nowMs = Math.max(this.nowMs, this.ledger.wakeAtMs() ?? this.nowMs);
  }

  /** One step, answered. `crashes`: the instance ends after the work, before it is written. */
  step(list: (cursor: string | null, pass: number) => Page, perform: (item: Item) => Outcome, crashes = false): Task {
    const task = this.next();
    const fromMs = this.nowMs;
    const outcomes: [Item, Outcome][] = [];
    if (task.kind === 'perform') {
      for (const item of task.items) {
        this.performed.push(item.key);
        outcomes.push([item, perform(item)]);
      }
    }
    if (crashes) this.crash();
    else if (task.kind === 'perform') this.ledger.performed(outcomes, this.kind, fromMs, this.nowMs);
    else if (task.kind === 'list') this.ledger.listed(list(task.cursor, task.pass), this.kind, this.nowMs);
    else if (task.kind === 'close') this.ledger.closed(this.nowMs);
    const owed = this.ledger.owed(this.nowMs);
    if (owed !== null) this.ledger.projected(owed.revision, true, this.nowMs);
    return task;
  }

  finish(list: (cursor: string | null, pass: number) => Page, perform: (item: Item) => Outcome): void {
    for (let steps = 0; steps < 1_000 && this.view().status === 'running'; steps += 1) {
      this.sleep();
      this.step(list, perform);
    }
  }
}

/** `count` items in pages of `size`, all in the first pass. */
export function pages(count: number, size: number) {
  return (cursor: string | null, pass: number): Page => {
    if (pass > 1) return { items: [], next: null };
    const from = Number(cursor ?? 0);
    const items = Array.from({ length: Math.min(size, count - from) }, (_, i) => ({ key: `i${from + i}`, weight: 1 }));
    return { items, next: from + size >= count ? null : String(from + size), total: count };
  };
}
