/**
 * Starts that an endpoint's Gate has let this record make: they need not ask again. In memory only:
 * what is lost with an instance is asked for once more. Also counts the wakes, so that an answer
 * which one overtook is known to be old.
 */
import { PASS_QUEUED_MS } from '../core/limits.ts';

export class Passes {
  /** By endpoint, from when each is good, soonest first. */
  readonly #starts = new Map<string, number[]>();
  readonly #wakes = new Map<string, number>();

  add(endpoint: string, fromMs: number, count: number): void {
    const starts = this.#starts.get(endpoint) ?? [];
    for (let n = 0; n < count; n += 1) starts.push(fromMs);
    this.#starts.set(endpoint, starts);
  }

  /** Uses one up that is at most `lateMs` overdue. */
  take(endpoint: string, nowMs: number, lateMs: number): boolean {
    const good = (this.#starts.get(endpoint) ?? []).filter((fromMs) => nowMs - fromMs <= PASS_QUEUED_MS);
    const index = good.findIndex((fromMs) => fromMs <= nowMs && nowMs - fromMs <= lateMs);
    if (index !== -1) good.splice(index, 1);
    if (good.length === 0) this.#starts.delete(endpoint);
    else this.#starts.set(endpoint, good);
    return index !== -1;
  }

  woken(endpoint: string): void {
    this.#wakes.set(endpoint, this.wakes(endpoint) + 1);
  }

  wakes(endpoint: string): number {
    return this.#wakes.get(endpoint) ?? 0;
  }
}
