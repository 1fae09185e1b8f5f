/**
 * Where deliveries that may start now are attempted: by the Shard itself, or by a consumer of the
 * FANOUT or the SLOW queue. Pure. A Shard runs few at a time, and keeps slots that only quick
 * endpoints may take; slow endpoints take none, and have a queue of their own in which quick ones
 * never wait.
 */
import { FANOUT_CLAIMS_MAX, FANOUT_ENDPOINT_CLAIMS_MAX, QUICK_SLOTS_SHARE, SLOW_CLAIMS_MAX } from './limits.ts';
import type { Speed } from './speed.ts';

export type InFlight = {
  /** Attempts this Shard runs itself. */
  self: number;
  /** Of these, to endpoints that are not known to be quick. */
  selfUnproven: number;
  /** Claims out in the FANOUT queue: all, and by endpoint. */
  fanout: number;
  fanoutOf: ReadonlyMap<string, number>;
  /** Claims out in the SLOW queue, by endpoint. */
  slow: ReadonlyMap<string, number>;
};

export type Placing<T> = {
  self: T[];
  fanout: T[];
  slow: T[];
  /** Over every bound: started when something ends. */
  waiting: T[];
};

type Facts = { endpoint: string; speed: Speed };

/**
 * `starts` in the order in which they deserve a slot. `slots`: attempts that the Shard itself may
 * have under way.
 */
export function place<T>(starts: T[], factsOf: (start: T) => Facts, inFlight: InFlight, slots: number): Placing<T> {
  let { self, selfUnproven, fanout } = inFlight;
  const fanoutOf = new Map(inFlight.fanoutOf);
  const slow = new Map(inFlight.slow);
  const placing: Placing<T> = { self: [], fanout: [], slow: [], waiting: [] };
  for (const start of starts) {
    const { endpoint, speed } = factsOf(start);
    const slowHere = slow.get(endpoint) ?? 0;
    if (speed === 'slow') {
      if (slowHere < SLOW_CLAIMS_MAX) {
        placing.slow.push(start);
        slow.set(endpoint, slowHere + 1);
      } else placing.waiting.push(start);
    } else if (self < slots && (speed === 'quick' || selfUnproven < slots * QUICK_SLOTS_SHARE)) {
      placing.self.push(start);
      self += 1;
      if (speed !== 'quick') selfUnproven += 1;
    } else if (fanout < FANOUT_CLAIMS_MAX && (fanoutOf.get(endpoint) ?? 0) < FANOUT_ENDPOINT_CLAIMS_MAX) {
      placing.fanout.push(start);
      fanout += 1;
      fanoutOf.set(endpoint, (fanoutOf.get(endpoint) ?? 0) + 1);
    } else {
      placing.waiting.push(start);
    }
  }
  return placing;
}
