/**
 * Long work as a generator that pauses where others should have the thread. It runs to its end at
 * once, or with turns of others between its slices (delivery/turns.ts).
 */
export function finish<T>(work: Generator<void, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** Counts what has been done since the last pause. */
export class Slice {
  readonly #stepsMax: number;
  #steps = 0;

  constructor(stepsMax: number) {
    this.#stepsMax = stepsMax;
  }

  /** With these steps it is time for a pause; then it counts anew. */
  isOver(steps: number): boolean {
    this.#steps += steps;
    if (this.#steps < this.#stepsMax) return false;
    this.#steps = 0;
    return true;
  }
}
