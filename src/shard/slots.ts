/**
 * The attempts that are under way in a Shard, over all its records: what its own slots and the
 * queues hold. The bounds are the Shard's (core/placing.ts), so its records share one of these.
 */
import type { InFlight } from '../core/placing.ts';
import type { Slot } from './lanes.ts';

type Claimed = { owner: object; via: 'self' | 'fanout' | 'slow'; endpoint: string };

export class Slots {
  readonly #claimed = new Map<Slot, Claimed>();
  readonly #own = new Set<Slot>();
  readonly #fanout = new Map<string, number>();
  readonly #slow = new Map<string, number>();
  #fanoutAll = 0;
  /** Grows whenever a claim ends: something that found no slot may find one now. */
  released = 0;

  /** Keeps the counts true after a slot's claim has changed. `owner`: the memory that holds it. */
  track(slot: Slot, owner: object): void {
    this.#remove(slot);
    const { claim, endpoint } = slot.delivery;
    if (claim === null) return;
    this.#claimed.set(slot, { owner, via: claim.via, endpoint });
    if (claim.via === 'self') this.#own.add(slot);
    else this.#count(claim.via, endpoint, 1);
  }

  /** The memory was dropped; its rows may be read again. */
  drop(owner: object): void {
    for (const [slot, claimed] of this.#claimed) if (claimed.owner === owner) this.#remove(slot);
  }

  inFlight(isQuick: (slot: Slot) => boolean): InFlight {
    let selfUnproven = 0;
    for (const slot of this.#own) if (!isQuick(slot)) selfUnproven += 1;
    return {
      self: this.#own.size,
      selfUnproven,
      fanout: this.#fanoutAll,
      fanoutOf: this.#fanout,
      slow: this.#slow,
    };
  }

  #remove(slot: Slot): void {
    const known = this.#claimed.get(slot);
    if (known === undefined) return;
    this.#claimed.delete(slot);
    this.#own.delete(slot);
    if (known.via !== 'self') this.#count(known.via, known.endpoint, -1);
    this.released += 1;
  }

  #count(via: 'fanout' | 'slow', endpoint: string, by: number): void {
    const counts = via === 'fanout' ? this.#fanout : this.#slow;
    const after = (counts.get(endpoint) ?? 0) + by;
    if (after === 0) counts.delete(endpoint);
    else counts.set(endpoint, after);
    if (via === 'fanout') this.#fanoutAll += by;
  }
}
