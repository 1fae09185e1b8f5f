/**
 * What stays of a Record once rows have gone (I2, C3, R4): the next sequence, and of each lane what its deliveries taught it, so
 * that a new instance knows as much as if it had read them all. Bounded: lanes of endpoints that are no longer there are left out,
 * and so is what only events that are gone could be compared with.
 */
import type { AccountSettings } from '../core/endpoint.ts';
import { SUMMARY_REPLAYED_ONLY_MAX } from '../core/limits.ts';
import type { Lane } from './lanes.ts';
import type { Memory } from './memory.ts';
import type { LaneSummary, Summary } from './stored.ts';

/** `oldest`: the lowest sequence that still has a row; Infinity: none has. */
export function summaryOf(memory: Memory, settings: AccountSettings, oldest: number): Summary {
  const present = new Set(settings.endpoints.map(({ id }) => id));
  const { life, lastSequence, goneThrough, lanes } = memory;
  const kept = [...lanes.values()].filter(
    ({ endpoint, items, newestAttempted }) => newestAttempted > 0 && (present.has(endpoint) || items.size > 0),
  );
  return {
    accountCreatedAtMs: life,
    lastSequence,
    goneThrough,
    loggedThrough: memory.loggedThrough(),
    lanes: kept.map((lane) => laneSummaryOf(lane, oldest)),
  };
}

function laneSummaryOf(lane: Lane, oldest: number): LaneSummary {
  const { endpoint, ordering, newestSequence, attempted, newestAttempted, lastSent, sentBefore, latencyMs } = lane;
  // It only forbids replays of what came before it.
  const attemptedOfType = [...lane.attemptedOfType].filter(([, sequence]) => sequence > oldest);
  // Only names in `supersededBy` need it: the newest are enough.
  const replayedOnly = [...lane.replayedOnly].sort((a, b) => a - b).slice(-SUMMARY_REPLAYED_ONLY_MAX);
  const known = { endpoint, ordering, newestSequence, attempted, newestAttempted, lastSent, sentBefore, latencyMs };
  return { ...known, attemptedOfType, replayedOnly };
}
