/**
 * How hostile one world is. Each world draws its own rates, so that some faults appear alone and
 * some together.
 */
import type { Prng } from './prng.ts';

export type Faults = {
  /**
   * How much happens at once: weight of time going on while things are ready, of crashes, and the
   * share taken out of turn.
   */
  haste: number;
  crashes: number;
  disorder: number;
  /**
   * A call to an object that never arrives; one whose answer is lost; one that the platform makes
   * twice.
   */
  callLost: number;
  answerLost: number;
  callDoubled: number;
  /** A call that takes long: up to this many ms. */
  callSlow: number;
  callSlowMs: number;
  turnThrows: number;
  turnCrashes: number;
  messageLost: number;
  messageDoubled: number;
  sendRejected: number;
  sendRejectedLate: number;
  consumerCrashes: number;
  databaseFails: number;
  databaseFailsLate: number;
  alarmRepeats: number;
  clockSkewMs: number;
  /** All receivers fail at once, or recover: the share of steps. */
  outages: number;
  /** The account is removed: the share of steps. */
  removals: number;
  /** Nothing ran for days: the share of steps in which time goes on so. */
  longPauses: number;
};

export const NO_FAULTS: Faults = {
  haste: 0,
  crashes: 0,
  disorder: 0,
  callLost: 0,
  answerLost: 0,
  callDoubled: 0,
  callSlow: 0,
  callSlowMs: 0,
  turnThrows: 0,
  turnCrashes: 0,
  messageLost: 0,
  messageDoubled: 0,
  sendRejected: 0,
  sendRejectedLate: 0,
  consumerCrashes: 0,
  databaseFails: 0,
  databaseFailsLate: 0,
  alarmRepeats: 0,
  clockSkewMs: 0,
  outages: 0,
  removals: 0,
  longPauses: 0,
};

export function drawFaults(prng: Prng): Faults {
  const rate = (most: number) => (prng.chance(0.3) ? 0 : most * prng.next());
  return {
    haste: prng.pick([0, 1, 4, 12]),
    crashes: prng.pick([0, 0.3, 1.5]),
    disorder: prng.pick([0.1, 0.5, 1]),
    callLost: rate(0.05),
    answerLost: rate(0.05),
    callDoubled: rate(0.1),
    callSlow: rate(0.2),
    callSlowMs: prng.pick([500, 5_000, 60_000]),
    turnThrows: rate(0.03),
    turnCrashes: rate(0.03),
    messageLost: rate(0.15),
    messageDoubled: rate(0.2),
    sendRejected: rate(0.1),
    sendRejectedLate: rate(0.05),
    consumerCrashes: rate(0.1),
    databaseFails: rate(0.2),
    databaseFailsLate: rate(0.1),
    alarmRepeats: rate(0.05),
    clockSkewMs: prng.pick([0, 0, 200, 2_000]),
    outages: prng.pick([0, 0.2]),
    removals: prng.pick([0, 0, 0.06]),
    longPauses: prng.pick([0, 0.05, 0.4]),
  };
}
