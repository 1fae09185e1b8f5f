/**
 * Reports about an endpoint within the circuit's window. In memory only: a new instance counts from
 * zero.
 */
import type { Tally } from '../core/circuit.ts';
import { CIRCUIT_WINDOW_MS, SECOND_MS } from '../core/limits.ts';
import type { Report } from '../core/report.ts';

type Second = { failures: number; others: number; records: Set<string> };

export class Tallies {
  readonly #bySecond = new Map<number, Second>();

  /**
   * Counts a report, and the deliveries that its isolate did not report; the sums within the
   * window, this one included.
   */
  add(record: string, { answer, successes }: Report, nowMs: number): Tally {
    const second = Math.floor(nowMs / SECOND_MS);
    const now = this.#bySecond.get(second) ?? { failures: 0, others: 0, records: new Set<string>() };
    now.others += successes;
    if (answer === 'failed') {
      now.failures += 1;
      now.records.add(record);
    } else now.others += 1;
    this.#bySecond.set(second, now);
    return this.#sum(second);
  }

  clear(): void {
    this.#bySecond.clear();
  }

  #sum(second: number): Tally {
    const sum = { failures: 0, others: 0 };
    const failing = new Set<string>();
    for (const [at, { failures, others, records }] of this.#bySecond) {
      // A clock that was set back leaves seconds of the future behind.
      if (Math.abs(second - at) * SECOND_MS > CIRCUIT_WINDOW_MS) this.#bySecond.delete(at);
      else {
        sum.failures += failures;
        sum.others += others;
        for (const record of records) failing.add(record);
      }
    }
    return { ...sum, records: failing.size };
  }
}
