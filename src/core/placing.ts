/**
 * Where deliveries that may start now are attempted: by the Record itself, or by a consumer of the FANOUT or the SLOW queue. Pure.
 * A Record runs few at a time, and keeps slots that only quick endpoints may take; slow endpoints take none, and have a queue of
 * their own in which quick ones never wait.
 */
import { FANOUT_CLAIMS_MAX, QUICK_SLOTS, SELF_ATTEMPTS_MAX, SLOW_CLAIMS_MAX } from './limits.ts';
import type { Speed } from './speed.ts';

export type InFlight = {
  /** Attempts this Record runs itself. */
  self: number;
  /** Of these, to endpoints that are not known to be quick. */
  selfUnproven: number;
  fanout: number;
  /** By endpoint. */
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

/** `starts` in the order in which they deserve a slot. */
export function place<T>(starts: T[], factsOf: (start: T) => Facts, inFlight: InFlight): Placing<T> {
  let { self, selfUnproven, fanout } = inFlight;
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
    } else if (self < SELF_ATTEMPTS_MAX && (speed === 'quick' || selfUnproven < SELF_ATTEMPTS_MAX - QUICK_SLOTS)) {
      placing.self.push(start);
      self += 1;
      if (speed !== 'quick') selfUnproven += 1;
    } else if (fanout < FANOUT_CLAIMS_MAX) {
      placing.fanout.push(start);
      fanout += 1;
    } else {
      placing.waiting.push(start);
    }
  }
  return placing;
}
