/**
 * What Shards and the Gate of an endpoint say to each other (C8). A Shard asks before an attempt
 * only where the endpoint's settings say so: a healthy endpoint without a limit costs its Gate
 * nothing.
 */
import type { Parked } from './delivery.ts';
import type { EndpointSettings, EndpointStatus } from './endpoint.ts';

/**
 * An endpoint's settings, as far as its Gate must know them. A newer revision replaces an older
 * one.
 */
export type GateSettings = {
  revision: number;
  status: EndpointStatus | 'removed';
  rateLimitPerSecond: number | null;
  isWatched: boolean;
};

export type Admission =
  | { kind: 'go' }
  /** A start is reserved for then. */
  | { kind: 'at'; atMs: number }
  /** The Gate keeps a row for this record, and will wake it. */
  | { kind: 'parked'; why: Parked | 'paused' }
  /**
   * It knows settings newer than those the Shard has seen, under which nothing need wait: read them
   * and continue.
   */
  | { kind: 'changed' };

/** What became of a wake in its Shard. */
export type Woken = {
  /** Attempts that it started. */
  started: number;
  /** More of the lane is parked: keep the row. */
  isStillParked: boolean;
};

/** How its circuit stands, for people. */
export type GateView = {
  circuit: 'closed' | 'open' | 'half-open';
  sinceMs: number | null;
  nextProbeAtMs: number | null;
  perSecond: number | null;
  waitingRecords: number;
};

/**
 * What a person's wish for a probe came to. `probing`: the oldest of what waits goes now;
 * `under-way`: a probe is on its way already; `nothing-waits`: the pause is over, and the next
 * event is the probe; `not-needed`: the circuit is not open; `paused`, `disabled`: nothing goes to
 * the endpoint at all.
 */
export const PROBE_OUTCOMES = ['probing', 'under-way', 'nothing-waits', 'not-needed', 'paused', 'disabled'] as const;
export type ProbeOutcome = (typeof PROBE_OUTCOMES)[number];

/** Its Gate is asked before each attempt. */
export function isGuarded({
  rateLimitPerSecond,
  isWatched,
}: Pick<EndpointSettings, 'rateLimitPerSecond' | 'isWatched'>): boolean {
  return isWatched === true || (rateLimitPerSecond ?? null) !== null;
}

export function gateSettingsOf(
  revision: number,
  endpoint: Pick<EndpointSettings, 'status' | 'rateLimitPerSecond' | 'isWatched'> | undefined,
): GateSettings {
  if (endpoint === undefined) return { revision, status: 'removed', rateLimitPerSecond: null, isWatched: false };
  const { status, rateLimitPerSecond = null, isWatched = false } = endpoint;
  return { revision, status, rateLimitPerSecond, isWatched };
}
