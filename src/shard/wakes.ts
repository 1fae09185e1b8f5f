/**
 * When to look at which record: a heap by time, beside the time that is in force for each record.
 */
type Entry = { atMs: number; record: string };

export class Wakes {
  readonly #times = new Map<string, number>();
  /** Entries whose time is not in force any more are skipped when they come up. */
  #heap: Entry[] = [];

  set(record: string, atMs: number): void {
    if (this.#times.get(record) === atMs) return;
    this.#times.set(record, atMs);
    this.#push({ atMs, record });
  }

  get(record: string): number | undefined {
    return this.#times.get(record);
  }

  delete(record: string): void {
    this.#times.delete(record);
  }

  /** In no order. */
  records(): IterableIterator<string> {
    return this.#times.keys();
  }

  /** The first time of all; null: there is none. */
  first(): number | null {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (this.#times.get(top.record) === top.atMs) return top.atMs;
      this.#pop();
    }
    return null;
  }

  /** Whose time is not after `nowMs`, the first first, at most so many. */
  until(nowMs: number, most: number): string[] {
    const found: Entry[] = [];
    for (let first = this.first(); first !== null && first <= nowMs && found.length < most; first = this.first()) {
      const entry = this.#pop();
      if (entry !== undefined && !found.some(({ record }) => record === entry.record)) found.push(entry);
    }
    for (const entry of found) this.#push(entry);
    return found.map(({ record }) => record);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    // Mostly outdated: built again from what is in force.
    if (heap.length > 64 + 4 * this.#times.size) {
      this.#heap = [];
      for (const [record, atMs] of this.#times) this.#push({ atMs, record });
      return;
    }
    heap.push(entry);
    for (let child = heap.length - 1; child > 0;) {
      const parent = (child - 1) >> 1;
      if (!this.#swap(parent, child)) return;
      child = parent;
    }
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    heap[0] = last;
    for (let parent = 0; ;) {
      const [left, right] = [2 * parent + 1, 2 * parent + 2];
      const child = (heap[right]?.atMs ?? Infinity) < (heap[left]?.atMs ?? Infinity) ? right : left;
      if (child >= heap.length || !this.#swap(parent, child)) return top;
      parent = child;
    }
  }

  /** True where the child was earlier. */
  #swap(parent: number, child: number): boolean {
    const [above, below] = [this.#heap[parent], this.#heap[child]];
    if (above === undefined || below === undefined || above.atMs <= below.atMs) return false;
    this.#heap[parent] = below;
    this.#heap[child] = above;
    return true;
  }
}
