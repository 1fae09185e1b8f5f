/**
 * What the Shards of one isolate learned of endpoints: how quick their answers are, and how many
 * went well since the last report to their Gate. In memory only: a hint for lanes that know nothing
 * of their own, and a share to judge failures by.
 */
import { CIRCUIT_WINDOW_MS, HINTS_MAX } from '../core/limits.ts';
import type { AttemptOutcome } from '../core/outcome.ts';
import { smoothed } from '../core/speed.ts';

/** Successes are counted by windows of the circuit: those of hours ago say nothing of now. */
type Hint = { latencyMs: number | null; window: number; successes: number; before: number };

export class EndpointHints {
  /** Least recently reported first. */
  readonly #hints = new Map<string, Hint>();

  answered(endpoint: string, outcome: AttemptOutcome): void {
    const hint = this.#rolled(endpoint, outcome.atMs);
    hint.latencyMs = smoothed(hint.latencyMs, outcome);
    if (outcome.error === null) hint.successes += 1;
    this.#hints.delete(endpoint);
    this.#hints.set(endpoint, hint);
    for (const oldest of this.#hints.keys()) {
      if (this.#hints.size <= HINTS_MAX) break;
      this.#hints.delete(oldest);
    }
  }

  /** Null where nobody here has seen it answer. */
  latencyMs(endpoint: string): number | null {
    return this.#hints.get(endpoint)?.latencyMs ?? null;
  }

  /** Those of late that no report has counted yet. */
  takeSuccesses(endpoint: string, nowMs: number): number {
    if (!this.#hints.has(endpoint)) return 0;
    const hint = this.#rolled(endpoint, nowMs);
    const taken = hint.successes + hint.before;
    hint.successes = 0;
    hint.before = 0;
    return taken;
  }

  #rolled(endpoint: string, nowMs: number): Hint {
    const window = Math.floor(nowMs / CIRCUIT_WINDOW_MS);
    const hint = this.#hints.get(endpoint) ?? { latencyMs: null, window, successes: 0, before: 0 };
    if (window > hint.window) {
      hint.before = window === hint.window + 1 ? hint.successes : 0;
      hint.successes = 0;
      hint.window = window;
    }
    return hint;
  }
}
