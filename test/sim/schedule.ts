/**
 * Virtual time, and everything that is under way in it. Nothing happens by itself: a step takes one
 * item out and runs it. Items that are ready may be taken in any order, which is how the network,
 * queues and timers lose their order.
 */
import type { Prng } from './prng.ts';

/**
 * One life of an instance, a consumer or a caller. What belongs to it stops, or comes back to
 * nobody, when it ends.
 */
export class Life {
  readonly name: string;
  isAlive = true;
  readonly #mourners = new Set<() => void>();

  constructor(name: string) {
    this.name = name;
  }

  /** Returns how to stop caring. */
  onEnd(mourn: () => void): () => void {
    this.#mourners.add(mourn);
    return () => this.#mourners.delete(mourn);
  }

  end(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    for (const mourn of this.#mourners) mourn();
    this.#mourners.clear();
  }
}

export type Item = {
  what: string;
  atMs: number;
  /** Whose it is; null: the world's own. */
  life: Life | null;
  /**
   * It has left, or is about to leave, whoever sent it: may go on without. Otherwise it is on its
   * way to its life.
   */
  isOutbound: boolean;
  run: () => void;
};

/**
 * Of what a dead life had under way: how much of it had left already, and how often its answers
 * still find code that runs.
 */
const OUTBOUND_LOST_SHARE = 0.5;
const INBOUND_LOST_SHARE = 0.6;

export class Schedule {
  nowMs: number;
  #items: Item[] = [];

  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  get size(): number {
    return this.#items.length;
  }

  add(what: string, run: () => void, of: { delayMs?: number; life?: Life | null; isOutbound?: boolean } = {}): Item {
    const { delayMs = 0, life = null, isOutbound = false } = of;
    const item = { what, atMs: this.nowMs + delayMs, life, isOutbound, run };
    this.#items.push(item);
    return item;
  }

  remove(item: Item): void {
    const index = this.#items.indexOf(item);
    if (index >= 0) this.#items.splice(index, 1);
  }

  ready(): Item[] {
    return this.#items.filter((item) => item.atMs <= this.nowMs);
  }

  /** Infinity when nothing waits for its time. */
  nextMs(): number {
    let next = Infinity;
    for (const { atMs } of this.#items) if (atMs > this.nowMs) next = Math.min(next, atMs);
    return next;
  }

  isBusy(life: Life): boolean {
    return this.#items.some((item) => item.life === life);
  }

  bury(life: Life, prng: Prng): void {
    this.#items = this.#items.filter((item) => {
      if (item.life !== life) return true;
      return !prng.chance(item.isOutbound ? OUTBOUND_LOST_SHARE : INBOUND_LOST_SHARE);
    });
  }
}
