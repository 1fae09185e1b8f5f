/**
 * The plan of one lane (C3): which of its deliveries are superseded, which may start now, and when
 * to look again. A lane is the deliveries of one record to one endpoint. Pure; the Shard applies
 * what is decided here.
 *
 *   ordered    one at a time; the oldest open one, and nothing behind it, whatever its due time; of a type of which only the
 *              latest matters (`latestOnly`), older ones that wait are superseded
 *   latest     one at a time; the newest of each type or group, lowest version first; older ones that wait are superseded
 *   unordered  each by itself
 *   replays    in any lane: only when nothing live is due or under way
 */
import type { Delivery } from './delivery.ts';
import type { Ordering } from './endpoint.ts';
import { isStartable } from './status.ts';

export type LaneItem = {
  sequence: number;
  type: string;
  /** Types of one group of the catalogue replace each other (P6). */
  latestGroup?: string | undefined;
  /** Newer events of this type, or group, replace older ones that wait in `ordered` lanes too. */
  latestOnly?: boolean | undefined;
  version: number | null;
  delivery: Delivery;
};

/** The highest version that an attempt of this lane has carried, and the event that carried it. */
export type AttemptedVersion = { version: number; sequence: number };

export type LaneFacts<T extends LaneItem = LaneItem> = {
  ordering: Ordering;
  /**
   * Everything open or still claimed: live ones with the oldest sequence first, replays anywhere,
   * in the order of asking.
   */
  items: { values(): Iterable<T> };
  attempted: AttemptedVersion | null;
  /** Of live events without a version, the highest sequence attempted, by family. */
  attemptedOfType: ReadonlyMap<string, number>;
};

export type LanePlan<T extends LaneItem = LaneItem> = {
  superseded: { item: T; by: number }[];
  start: T[];
  /** More is due than was asked for. */
  isCut: boolean;
  /**
   * When something of this lane is due next; null when only an outcome or a new event can move it.
   */
  dueMs: number | null;
};

/**
 * Newer by version where both have one, by sequence where neither has; otherwise neither is newer.
 * Equal versions: neither.
 */
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
 * A version lower than one already attempted never goes out in a `latest` lane; nor does a replay
 * of an older version anywhere, or of an older event without a version in a `latest` lane, unless
 * it was forced (R4).
 */
export function supersederOf(
  item: LaneItem,
  lane: Pick<LaneFacts, 'ordering' | 'attempted' | 'attemptedOfType'>,
): number | null {
  const { attempted } = lane;
  if (!isLive(item) && item.delivery.replayFacts?.force === true) return null;
  if (item.version === null) {
    const newest = lane.attemptedOfType.get(familyOf(item)) ?? 0;
    return !isLive(item) && lane.ordering === 'latest' && newest > item.sequence ? newest : null;
  }
  if (attempted === null || item.version >= attempted.version) return null;
  return isLive(item) && lane.ordering !== 'latest' ? null : attempted.sequence;
}

/**
 * R4: whether a replay comes after something newer of its lane: for an event with a version that is
 * a higher one (it was forced then), for one without any event that follows it in the record. A
 * lane without order has nothing to be out of.
 */
export function isOutOfOrder(
  { sequence, version }: Pick<LaneItem, 'sequence' | 'version'>,
  lane: Pick<LaneFacts, 'ordering' | 'attempted'> & { newestAttempted: number },
): boolean {
  if (lane.ordering === 'unordered') return false;
  if (version === null) return lane.newestAttempted > sequence;
  return lane.attempted !== null && lane.attempted.version > version;
}

/**
 * Whose newest takes the place of the others: a group of the catalogue, or a type alone. No type
 * has a space in its name.
 */
export function familyOf({ type, latestGroup }: Pick<LaneItem, 'type' | 'latestGroup'>): string {
  return latestGroup === undefined ? type : `group ${latestGroup}`;
}

/** What may replace what: one family, and both with a version or both without. */
function kindOf(item: LaneItem): string {
  return `${item.version === null ? 'u' : 'v'} ${familyOf(item)}`;
}

/**
 * In an `ordered` lane only among themselves and only while they wait: what was attempted there is
 * no limit for what follows.
 */
function isReplaceable(item: LaneItem, ordering: Ordering): boolean {
  return isLive(item) && (ordering === 'latest' || (ordering === 'ordered' && item.latestOnly === true));
}

/**
 * The newest live one of each kind where newer ones replace older ones, also if it is under way.
 * Replays replace nothing.
 */
function newestOf(lane: LaneFacts): Map<string, LaneItem> {
  const newest = new Map<string, LaneItem>();
  if (lane.ordering === 'unordered') return newest;
  for (const item of lane.items.values()) {
    if (!isReplaceable(item, lane.ordering) || item.delivery.state.kind === 'ended') continue;
    const best = newest.get(kindOf(item));
    if (best === undefined || isNewer(item, best)) newest.set(kindOf(item), item);
  }
  return newest;
}

function findSuperseded<T extends LaneItem>(lane: LaneFacts<T>): Map<T, number> {
  const newest = newestOf(lane);
  const superseded = new Map<T, number>();
  for (const item of lane.items.values()) {
    if (!isStartable(item.delivery) || (isLive(item) && !isReplaceable(item, lane.ordering))) continue;
    const superseder = supersederOf(item, lane);
    const better = isLive(item) ? newest.get(kindOf(item)) : undefined;
    if (superseder !== null) superseded.set(item, superseder);
    else if (better !== undefined && isNewer(better, item)) superseded.set(item, better.sequence);
  }
  return superseded;
}

/**
 * Which goes first in a lane of one at a time: the oldest; in a `latest` lane the lower version
 * where both have one.
 */
function goesBefore(item: LaneItem, head: LaneItem, ordering: Ordering): boolean {
  return ordering === 'latest' && item.version !== null && head.version !== null && item.version < head.version;
}

/**
 * `startsMax`: how many there may be slots for; a lane with more is `isCut`, and must be planned
 * again when there are.
 */
export function planLane<T extends LaneItem>(lane: LaneFacts<T>, nowMs: number, startsMax = Infinity): LanePlan<T> {
  const gone = findSuperseded(lane);
  const superseded = [...gone].map(([item, by]) => ({ item, by }));
  const plan = { superseded, start: [] as T[], dueMs: null, isCut: false };
  const due: T[] = [];
  let isBusy = false;
  let head: T | undefined;
  let laterMs = Infinity;
  let replay: T | undefined;
  let replayMs = Infinity;
  for (const item of lane.items.values()) {
    if (item.delivery.claim !== null) isBusy = true;
    if (!isStartable(item.delivery) || gone.has(item)) continue;
    const dueMs = dueOf(item);
    if (!isLive(item)) {
      replayMs = Math.min(replayMs, dueMs);
      if (dueMs <= nowMs) replay ??= item;
      continue;
    }
    if (head === undefined || goesBefore(item, head, lane.ordering)) head = item;
    if (dueMs > nowMs) laterMs = Math.min(laterMs, dueMs);
    else if (due.length < startsMax) due.push(item);
    else plan.isCut = true;
  }

  if (lane.ordering === 'unordered') {
    const isIdle = !isBusy && due.length === 0 && !plan.isCut;
    const start = isIdle && replay !== undefined ? [replay] : due;
    return { ...plan, start, dueMs: finite(Math.min(laterMs, isIdle && replay === undefined ? replayMs : Infinity)) };
  }
  plan.isCut = false;
  if (isBusy) return plan;
  const isHeadDue = head !== undefined && dueOf(head) <= nowMs;
  const first = isHeadDue ? head : replay;
  if (first !== undefined) return { ...plan, start: [first] };
  return { ...plan, dueMs: finite(Math.min(head === undefined ? Infinity : dueOf(head), replayMs)) };
}

function finite(ms: number): number | null {
  return ms === Infinity ? null : ms;
}
