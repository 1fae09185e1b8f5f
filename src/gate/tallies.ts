/** What a Gate heard of its endpoint within the circuit's window. In memory only: what is lost with an instance is counted anew. */
import type { Report, Tally } from '../core/circuit.ts';
import { CIRCUIT_WINDOW_MS } from '../core/limits.ts';

const SECOND_MS = 1_000;

export class Tallies {
  readonly #bySecond = new Map<number, Tally>();

  /** Counts a report, and the deliveries that its isolate did not report; the sums within the window, this one included. */
  add({ answer, successes }: Report, nowMs: number): Tally {
    const second = Math.floor(nowMs / SECOND_MS);
    const now = this.#bySecond.get(second) ?? { failures: 0, others: 0 };
    now.others += successes;
    if (answer === 'failed') now.failures += 1;
    else now.others += 1;
    this.#bySecond.set(second, now);
    const sum = { failures: 0, others: 0 };
    for (const [at, { failures, others }] of this.#bySecond) {
      // A clock that was set back leaves seconds of the future behind.
      if (Math.abs(second - at) * SECOND_MS > CIRCUIT_WINDOW_MS) this.#bySecond.delete(at);
      else {
        sum.failures += failures;
        sum.others += others;
      }
    }
    return sum;
  }

  clear(): void {
    this.#bySecond.clear();
  }
}
