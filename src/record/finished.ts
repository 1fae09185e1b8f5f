/**
 * What a Record keeps in memory of the events that it is done with, ended and known to the log: when they ended, for retention.
 * An event that is changed again (a replay, an erasure) is in `Memory.events` until it is finished once more; its entry here waits.
 */
import type { OldestEnds } from '../core/retention.ts';
import type { MemoryEvent } from './lanes.ts';

export type FinishedEvent = { sequence: number; id: string; endedAtMs: number; hasPayload: boolean };

export class Finished {
  readonly #events = new Map<number, FinishedEvent>();
  /** Perhaps too early, never too late: what has gone meanwhile does not move them. */
  #oldest: OldestEnds = none();

  get isEmpty(): boolean {
    return this.#events.size === 0;
  }

  get oldest(): OldestEnds {
    return this.#oldest;
  }

  add({ facts, slots }: MemoryEvent): void {
    const { sequence, id, acceptedAtMs, erasedAtMs, payloadExpiredAtMs } = facts;
    let endedAtMs = acceptedAtMs;
    for (const { delivery } of slots) {
      if (delivery.state.kind === 'ended') endedAtMs = Math.max(endedAtMs, delivery.state.atMs);
    }
    this.#put({ sequence, id, endedAtMs, hasPayload: erasedAtMs === undefined && payloadExpiredAtMs === undefined });
  }

  /** Its payload has gone. */
  emptied(event: FinishedEvent): void {
    this.#put({ ...event, hasPayload: false });
  }

  remove({ sequence }: FinishedEvent): void {
    this.#events.delete(sequence);
  }

  /** Some of those that are `wanted`, at most `most`. */
  find(wanted: (event: FinishedEvent) => boolean, most: number): FinishedEvent[] {
    const found: FinishedEvent[] = [];
    for (const event of this.#events.values()) {
      if (found.length >= most) break;
      if (wanted(event)) found.push(event);
    }
    return found;
  }

  /** Makes `oldest` exact again. */
  measure(): void {
    this.#oldest = none();
    for (const event of this.#events.values()) this.#note(event);
  }

  #put(event: FinishedEvent): void {
    this.#events.set(event.sequence, event);
    this.#note(event);
  }

  #note({ endedAtMs, hasPayload }: FinishedEvent): void {
    const { payloadMs, rowsMs } = this.#oldest;
    this.#oldest = {
      payloadMs: hasPayload ? Math.min(payloadMs, endedAtMs) : payloadMs,
      rowsMs: Math.min(rowsMs, endedAtMs),
    };
  }
}

function none(): OldestEnds {
  return { payloadMs: Infinity, rowsMs: Infinity };
}
