/**
 * Where deliveries that may start now are attempted: by the Record itself, or by a consumer of the FANOUT queue. Pure.
 * A Record runs few at a time, and keeps slots that only quick endpoints may take: hung ones never hold all of them.
 */
import { FANOUT_CLAIMS_MAX, QUICK_SLOTS, SELF_ATTEMPTS_MAX } from './limits.ts';

export type InFlight = {
  /** Attempts this Record runs itself. */
  self: number;
  /** Of these, to endpoints that are not known to be quick. */
  selfUnproven: number;
  fanout: number;
};

export type Placing<T> = { self: T[]; fanout: T[]; /** Over every bound: started when something ends. */ waiting: T[] };

/** `starts` in the order in which they deserve a slot. */
export function place<T>(starts: T[], isQuick: (start: T) => boolean, inFlight: InFlight): Placing<T> {
  let { self, selfUnproven, fanout } = inFlight;
  const placing: Placing<T> = { self: [], fanout: [], waiting: [] };
  for (const start of starts) {
    const quick = isQuick(start);
    if (self < SELF_ATTEMPTS_MAX && (quick || selfUnproven < SELF_ATTEMPTS_MAX - QUICK_SLOTS)) {
      placing.self.push(start);
      self += 1;
      if (!quick) selfUnproven += 1;
    } else if (fanout < FANOUT_CLAIMS_MAX) {
      placing.fanout.push(start);
      fanout += 1;
    } else {
      placing.waiting.push(start);
    }
  }
  return placing;
}
