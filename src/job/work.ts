/**
 * What a kind of job is made of. The ledger decides what comes next and counts; a kind lists what
 * there is to do and does it. Both are repeated after a crash, so both are idempotent.
 */
import type { JobSpec } from '../core/job.ts';

export type Item = {
  key: string;
  /** What it counts for in the progress, where that is known before it is done. */
  weight: number;
};

export type Page = {
  items: Item[];
  /** Where the next page begins; null: the pass has listed everything. */
  next: string | null;
  /** What there is to do, where the first page of the first pass knows. */
  total?: number;
  /** True where there cannot be more than was listed: no further pass is needed. */
  isComplete?: boolean;
};

/** What came of one item. */
export type Outcome =
  /** Done with. `isFound`: there was something to do; a pass in which nothing was is the last. */
  | { kind: 'over'; done: number; skipped: number; isFound: boolean }
  /** Done with, and counted as one. `reason`: a word of a small set. */
  | { kind: 'skipped'; reason: string }
  | { kind: 'failed'; reason: string }
  /** Tried again ever more rarely, and failed in the end. */
  | { kind: 'unanswered'; reason: string }
  | Open;

/** There is more to do. */
type Open = {
  kind: 'open';
  /** How long it may wait. */
  afterMs: number;
  /**
   * What it set going and only waits for by now, as a word of a small set: visits to it do not
   * count against the pace. Null: there is more to do.
   */
  waitsFor: string | null;
  /** What it is now known to count for at least, beyond what is done. */
  weight: number;
  done: number;
  isFound: boolean;
};

/** How the ledger leads a job of a kind. */
export type KindRules = {
  isCancellable: boolean;
  /**
   * What two starts of one id must agree on. Absent: all of what the job is to do. Called with what
   * a job of this kind is to do, and with nothing else.
   */
  identityOf?: (spec: JobSpec) => unknown;
  /**
   * `until-quiet`: passes are repeated, because what is listed may still be on its way to where it
   * is listed from.
   */
  passes: 'one' | 'until-quiet';
  /** Items that were done are remembered, so that a later pass does only new ones. */
  isRemembering: boolean;
  /** Items that fail are given up after so many tries; Infinity: never. */
  triesMax: number;
  pacePerSecond: number;
  /** How people know an item. Absent: by its key. */
  nameOf?: (key: string) => string;
};

export type Work = {
  /** `cursor` null: the first page of a pass. */
  list(cursor: string | null, pass: number): Promise<Page>;
  /** A throw is tried again. */
  perform(item: Item): Promise<Outcome>;
  /** After the last pass; the job is over once it has answered. */
  close(): Promise<void>;
};

export function over(done: number): Outcome {
  return { kind: 'over', done, skipped: 0, isFound: done > 0 };
}

export function open(more: Partial<Omit<Open, 'kind'>>): Outcome {
  return { kind: 'open', afterMs: 0, waitsFor: null, weight: 0, done: 0, isFound: true, ...more };
}
