/**
 * Ids of the events that this instance accepted a short time ago. The index of rows leaves out the
 * ids that we make, since each is published again within moments or never: here they are found
 * without a search.
 */
import { MADE_ID_LATE_MS } from '../core/limits.ts';

export class RecentIds {
  readonly #ids = new Map<string, { sequence: number; atMs: number }>();
  #completeFromMs = Infinity;

  /** Everything accepted after this moment is added here. */
  completeFrom(atMs: number): void {
    this.#completeFromMs = atMs;
  }

  add(id: string, sequence: number, atMs: number): void {
    this.#ids.set(id, { sequence, atMs });
    for (const [oldest, known] of this.#ids) {
      if (known.atMs >= atMs - MADE_ID_LATE_MS) break;
      this.#ids.delete(oldest);
      this.#completeFromMs = Math.max(this.#completeFromMs, known.atMs);
    }
  }

  /** Their rows have gone: published again, they are new. */
  forget(sequences: ReadonlySet<number>): void {
    for (const [id, { sequence }] of this.#ids) if (sequences.has(sequence)) this.#ids.delete(id);
  }

  get(id: string): number | undefined {
    return this.#ids.get(id)?.sequence;
  }

  /** True: what was accepted since then is here, or was never accepted. */
  knowsAllSince(atMs: number): boolean {
    return atMs > this.#completeFromMs;
  }
}
