/**
 * The plan of one lane (C3): which of its deliveries are superseded, which may start now, and when to look again.
 * A lane is the deliveries of one record to one endpoint. Pure; the Record applies what is decided here.
 *
 *   ordered    one at a time; the oldest open one, and nothing behind it, whatever its due time
 *   latest     one at a time; the newest of each type, lowest version first; older ones that wait are superseded
 *   unordered  each by itself
 *   replays    in any lane: only when nothing live is due or under way
 */
import type { Delivery } from './delivery.ts';
import type { Ordering } from './endpoint.ts';
import { isStartable } from './status.ts';

export type LaneItem = { sequence: number; type: string; version: number | null; delivery: Delivery };

/** The highest version that an attempt of this lane has carried, and the event that carried it. */
export type AttemptedVersion = { version: number; sequence: number };

export type LaneFacts<T extends LaneItem = LaneItem> = {
  ordering: Ordering;
  /** Everything open or still claimed: live ones with the oldest sequence first, replays anywhere, in the order of asking. */
  items: T[];
  attempted: AttemptedVersion | null;
};

export type LanePlan<T extends LaneItem = LaneItem> = {
  superseded: { item: T; by: number }[];
  start: T[];
  /** When something of this lane is due next; null when only an outcome or a new event can move it. */
  dueMs: number | null;
};

/** Newer by version where both have one, by sequence where neither has; otherwise neither is newer. Equal versions: neither. */
export function isNewer(a: Pick<LaneItem, 'version' | 'sequence'>, b: Pick<LaneItem, 'version' | 'sequence'>): boolean {
  if (a.version !== null && b.version !== null) return a.version > b.version;
  if (a.version === null && b.version === null) return a.sequence > b.sequence;
  return false;
}

function isLive(item: LaneItem): boolean {
  return item.delivery.replay === 0;
}

function dueOf(item: LaneItem): number {
  return item.delivery.state.kind === 'waiting' ? item.delivery.state.dueMs : Infinity;
}

/**
 * A version lower than one already attempted never goes out in a `latest` lane; nor does a replay of an older version anywhere,
 * unless it was forced (R4).
 */
function overtakenBy(item: LaneItem, lane: LaneFacts): number | null {
  const { attempted } = lane;
  if (item.version === null || attempted === null || item.version >= attempted.version) return null;
  if (isLive(item)) return lane.ordering === 'latest' ? attempted.sequence : null;
  return item.delivery.replayFacts?.force === true ? null : attempted.sequence;
}

function findSuperseded<T extends LaneItem>(lane: LaneFacts<T>): LanePlan<T>['superseded'] {
  const waiting = lane.items.filter((item) => isStartable(item.delivery));
  const superseded: LanePlan<T>['superseded'] = [];
  /** The newest of a type: among what has a version, and among what has none. Replays replace nothing. */
  const newest = new Map<string, LaneItem>();
  if (lane.ordering === 'latest') {
    for (const item of lane.items) {
      if (!isLive(item) || item.delivery.state.kind === 'ended') continue;
      const key = `${item.version === null ? 'u' : 'v'} ${item.type}`;
      const best = newest.get(key);
      if (best === undefined || isNewer(item, best)) newest.set(key, item);
    }
  }
  for (const item of waiting) {
    const overtaken = overtakenBy(item, lane);
    const better = isLive(item) ? newest.get(`${item.version === null ? 'u' : 'v'} ${item.type}`) : undefined;
    if (overtaken !== null) superseded.push({ item, by: overtaken });
    else if (better !== undefined && isNewer(better, item)) superseded.push({ item, by: better.sequence });
  }
  return superseded;
}

/** The one that goes next in a lane of one at a time: the oldest; in a `latest` lane the lowest version among those that have one. */
function headOf<T extends LaneItem>(live: T[], ordering: Ordering): T | undefined {
  const oldest = live[0];
  if (ordering !== 'latest' || oldest === undefined || oldest.version === null) return oldest;
  let head = oldest;
  for (const item of live) {
    if (item.version !== null && head.version !== null && item.version < head.version) head = item;
  }
  return head;
}

export function planLane<T extends LaneItem>(lane: LaneFacts<T>, nowMs: number): LanePlan<T> {
  const superseded = findSuperseded(lane);
  const gone = new Set(superseded.map(({ item }) => item));
  const busy = lane.items.some((item) => item.delivery.claim !== null);
  const waiting = lane.items.filter((item) => isStartable(item.delivery) && !gone.has(item));
  const live = waiting.filter(isLive);
  const replay = waiting.find((item) => !isLive(item) && dueOf(item) <= nowMs);
  const nextReplayMs = Math.min(Infinity, ...waiting.filter((item) => !isLive(item)).map(dueOf));

  if (lane.ordering === 'unordered') {
    const start = live.filter((item) => dueOf(item) <= nowMs);
    const later = Math.min(Infinity, ...live.filter((item) => dueOf(item) > nowMs).map(dueOf));
    if (start.length === 0 && !busy && replay !== undefined) start.push(replay);
    const dueMs = Math.min(later, start.length === 0 && !busy ? nextReplayMs : Infinity);
    return { superseded, start, dueMs: dueMs === Infinity ? null : dueMs };
  }
  if (busy) return { superseded, start: [], dueMs: null };
  const head = headOf(live, lane.ordering);
  if (head !== undefined && dueOf(head) <= nowMs) return { superseded, start: [head], dueMs: null };
  if (replay !== undefined) return { superseded, start: [replay], dueMs: null };
  const dueMs = Math.min(head === undefined ? Infinity : dueOf(head), nextReplayMs);
  return { superseded, start: [], dueMs: dueMs === Infinity ? null : dueMs };
}
