/**
 * What the Records of one isolate learned of endpoints: how quick their answers are, and how many went well since the last report to
 * their Gate. In memory only: a hint for lanes that know nothing of their own, and a share to judge failures by.
 */
import { HINTS_MAX } from '../core/limits.ts';
import type { AttemptOutcome } from '../core/outcome.ts';
import { smoothed } from '../core/speed.ts';

type Hint = { latencyMs: number | null; successes: number };

export class EndpointHints {
  /** Least recently heard of first. */
  readonly #hints = new Map<string, Hint>();

  answered(endpoint: string, outcome: AttemptOutcome): void {
    const before = this.#hints.get(endpoint);
    const latencyMs = smoothed(before?.latencyMs ?? null, outcome);
    const successes = (before?.successes ?? 0) + (outcome.error === null ? 1 : 0);
    this.#hints.delete(endpoint);
    this.#hints.set(endpoint, { latencyMs, successes });
    for (const oldest of this.#hints.keys()) {
      if (this.#hints.size <= HINTS_MAX) break;
      this.#hints.delete(oldest);
    }
  }

  /** Null where nobody here has seen it answer. */
  latencyMs(endpoint: string): number | null {
    return this.#hints.get(endpoint)?.latencyMs ?? null;
  }

  /** Those that no report has counted yet. */
  takeSuccesses(endpoint: string): number {
    const hint = this.#hints.get(endpoint);
    if (hint === undefined) return 0;
    const { successes } = hint;
    hint.successes = 0;
    return successes;
  }
}
