/**
 * What a kind of job is made of. The ledger decides what comes next and counts; a kind lists what there is to do and does it.
 * Both are repeated after a crash, so both are idempotent.
 */
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

export type Outcome = {
  /** False: not done with. With a reason it is a failure, tried again ever more rarely; without, there is more to do. */
  isOver: boolean;
  /** Of one with more to do: how long that may wait. */
  afterMs: number;
  /**
   * Of one with more to do: what it set going and only waits for by now, as a word of a small set. Looks at it do not count against
   * the pace. Null: there is more to do.
   */
  waitsFor: string | null;
  /** What it is now known to count for at least, beyond what is done. */
  weight: number;
  done: number;
  failed: number;
  skipped: number;
  /** Of a failed item, of one that is tried again, and (a word of a small set) of one that is skipped. */
  reason: string | null;
  /** True where there was something to do: a pass in which nothing was is the last. */
  isFound: boolean;
};

/** How the ledger leads a job of a kind. */
export type Manner = {
  /** `until-quiet`: passes are repeated, because what is listed may still be on its way to where it is listed from. */
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

export function nothing(): Outcome {
  return {
    isOver: true,
    afterMs: 0,
    waitsFor: null,
    weight: 0,
    done: 0,
    failed: 0,
    skipped: 0,
    reason: null,
    isFound: false,
  };
}
