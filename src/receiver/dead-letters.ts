/**
 * The receiver's own dead letters: events that its handler cannot take, set aside so that the
 * sender's lane continues. A healthy receiver has none, so `watchDepth` alerts on the first.
 */
import type { WebhookEvent } from './event.ts';

export type DeadLetter = { event: WebhookEvent; error: string; atMs: number };

/** Storage for dead letters. `event.id` identifies a letter. */
export interface DeadLetters {
  put(letter: DeadLetter): Promise<void>;
  remove(id: string): Promise<void>;
  depth(): Promise<number>;
}

/** Bounds the stored text of an error. */
export const ERROR_CHARS_MAX = 1_000;

export type DepthAlert = { kind: 'opened' | 'resolved'; depth: number };

/**
 * Returns a function to call each minute, and after each letter. It calls `alert` once when the
 * depth rises above zero and once when it is zero again. This state lives in the process: another
 * process, or this one after a restart, alerts again.
 */
export function watchDepth(
  letters: Pick<DeadLetters, 'depth'>,
  alert: (alert: DepthAlert) => Promise<void> | void,
): () => Promise<number> {
  let isOpen = false;
  return async () => {
    const depth = await letters.depth();
    if (depth > 0 !== isOpen) {
      await alert({ kind: isOpen ? 'resolved' : 'opened', depth });
      // Only now: an alert that failed is sent again.
      isOpen = depth > 0;
    }
    return depth;
  };
}

/** In the memory of one process. */
export function memoryDeadLetters(): DeadLetters & { letters(): DeadLetter[] } {
  const kept = new Map<string, DeadLetter>();
  return {
    put: async (letter) => void kept.set(letter.event.id, letter),
    remove: async (id) => void kept.delete(id),
    depth: async () => kept.size,
    letters: () => [...kept.values()],
  };
}
