import { JSON_SLICE_CHARS } from '../core/limits.ts';
import { Slice } from '../core/slices.ts';

/**
 * Runs work that pauses (core/slices.ts), and lets other requests of this isolate have the thread
 * at each pause.
 */
export async function inTurns<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    await othersTurn();
  }
}

/** A promise that is resolved already would only run what waits in this same turn. */
export function othersTurn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}

/** For a request with many parts: others have the thread after each JSON_SLICE_CHARS of them. */
export class Turns {
  readonly #slice = new Slice(JSON_SLICE_CHARS);

  async after(chars: number): Promise<void> {
    if (this.#slice.isOver(chars)) await othersTurn();
  }
}
