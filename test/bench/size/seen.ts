/**
 * What the receivers saw of each event, in a few bytes: a million of them fit. Judges order as
 * requests come.
 */
import { isFailed, type Layout, eventCount, eventOf, placeOf } from './layout.ts';

/**
 * A service that was killed may not have stored what became of requests of so long before: a
 * receiver may take 15 s to answer.
 */
const UNSURE_BEFORE_MS = 15_000;

export class Seen {
  readonly #layout: Layout;
  /** By event: requests answered 204 and 500, and when the last came. */
  readonly taken: Uint8Array;
  readonly failed: Uint8Array;
  readonly #lastMs: Float64Array;
  /** 1: a kill may have lost what became of a request. */
  readonly unsure: Uint8Array;
  /** By record: the last sequence that was taken for the first time. */
  readonly #sequence: Uint32Array;
  delivered = 0;
  readonly faults: string[] = [];

  constructor(layout: Layout) {
    this.#layout = layout;
    const events = eventCount(layout);
    this.taken = new Uint8Array(events);
    this.failed = new Uint8Array(events);
    this.#lastMs = new Float64Array(events);
    this.unsure = new Uint8Array(events);
    this.#sequence = new Uint32Array(layout.accounts * layout.recordsOfAccount);
  }

  /** The status to answer. */
  request(id: string, sequence: number, atMs: number): 204 | 500 {
    const event = eventOf(id);
    if (event === null) {
      this.#fault(`${id} was never published`);
      return 204;
    }
    const requests = (this.taken[event] ?? 0) + (this.failed[event] ?? 0);
    this.#lastMs[event] = atMs;
    const { record, round } = placeOf(this.#layout, event);
    if (sequence !== round + 1) this.#fault(`${id} has sequence ${sequence} and not ${round + 1}`);
    const before = this.#sequence[record] ?? 0;
    // One that was taken before may come again; one that was not comes after its predecessor was
    // taken, failed or not.
    if (sequence > before + 1) this.#fault(`record ${record}: ${sequence} came after ${before}`);
    if (isFailed(this.#layout, event, requests)) {
      this.failed[event] = (this.failed[event] ?? 0) + 1;
      return 500;
    }
    if (this.taken[event] === 0) {
      this.delivered += 1;
      this.#sequence[record] = sequence;
    }
    this.taken[event] = (this.taken[event] ?? 0) + 1;
    return 204;
  }

  /** The service was killed; events below `published` may have been on their way. */
  killed(published: number, atMs: number): void {
    for (let event = 0; event < published; event += 1) {
      const isOpen = this.taken[event] === 0;
      if (isOpen || (this.#lastMs[event] ?? 0) > atMs - UNSURE_BEFORE_MS) this.unsure[event] = 1;
    }
  }

  #fault(fault: string): void {
    if (this.faults.length < FAULTS_MAX) this.faults.push(fault);
  }
}
const FAULTS_MAX = 20;
