/**
 * What a Shard holds in memory of a record's deliveries, and of each lane: plain data, and the few
 * facts that follow from it alone. What is where, and when it is written, is memory.ts.
 */
import type { Delivery, Parked } from '../core/delivery.ts';
import type { Ordering } from '../core/endpoint.ts';
import type { AttemptedVersion, LaneItem } from '../core/lane.ts';
import { familyOf } from '../core/lane.ts';
import { REPLAYED_ONLY_KEPT_MAX } from '../core/limits.ts';
import type { LoggedAttempt } from '../core/log.ts';
import type { AttemptRequest, ClaimRef } from '../core/rpc.ts';
import { smoothed } from '../core/speed.ts';
import { isAtGate, isOpen } from '../core/status.ts';
import type { KeptEvent, KeptFacts, PackedLane } from './stored.ts';

/**
 * One delivery in memory. Its `delivery` is replaced at each transition, never changed in place.
 */
export type Slot = LaneItem & {
  event: MemoryEvent;
  index: number;
  delivery: Delivery;
  success: LoggedAttempt | null;
  /** The highest revision, and number of attempts, that the log has confirmed. */
  acked: number;
  ackedAttempts: number;
  log: LogClock;
};

/**
 * When something is sent to the log (again); `dueMs` is null once the log has confirmed all of it.
 */
export type LogClock = { dueMs: number | null; sends: number; sent: { revision: number; attempts: number } | null };

export type MemoryEvent = {
  facts: KeptFacts;
  slots: Slot[];
  /** Of the event itself, when it has no deliveries. */ log: LogClock;
};

type Sending = { atMs: number; sequence: number };

export type Lane = {
  endpoint: string;
  ordering: Ordering;
  items: Map<string, Slot>;
  attempted: AttemptedVersion | null;
  attemptedOfType: Map<string, number>;
  /** Sequences whose deliveries are replays alone: there was no live one. */
  replayedOnly: Set<number>;
  /** The highest sequence attempted, replays included. */
  newestAttempted: number;
  /**
   * Until when what joins the lane may wait with what is held or parked there: the Gate has this
   * record. Null: it may not.
   */
  atGate: { untilMs: number; why: Parked | 'paused' } | null;
  lastSent: Sending | null;
  /** Sent before `lastSent`. */
  sentBefore: Sending | null;
  newestSequence: number;
  /** Null: nothing here is due by time alone. */
  dueMs: number | null;
  /** Smoothed (core/speed.ts); null before the first answer. */
  latencyMs: number | null;
};

/** Attempts to make here, and claims for the queues. */
export type Started = { run: Run[]; fanout: ClaimRef[]; slow: ClaimRef[] };

export function nothingStarted(): Started {
  return { run: [], fanout: [], slow: [] };
}

/**
 * One attempt that the Shard runs itself; without a request, the runner reads settings and calls
 * `begin`.
 */
export type Run = { claim: ClaimRef; request: AttemptRequest | null };

export function laneKey(slot: Slot): string {
  return `${slot.sequence}.${slot.delivery.replay}`;
}

export function quietLog(): LogClock {
  return { dueMs: null, sends: 0, sent: null };
}

export function newLane(endpoint: string, ordering: Ordering): Lane {
  return {
    endpoint,
    ordering,
    items: new Map(),
    attempted: null,
    attemptedOfType: new Map(),
    replayedOnly: new Set(),
    newestAttempted: 0,
    atGate: null,
    lastSent: null,
    sentBefore: null,
    newestSequence: 0,
    dueMs: null,
    latencyMs: null,
  };
}

/** As `packLane` wrote it. */
export function unpackLane(packed: PackedLane): Lane {
  const [
    endpoint,
    ordering,
    newestSequence,
    attempted,
    ofType,
    replayedOnly,
    newestAttempted,
    last,
    before,
    latencyMs,
  ] = packed;
  return {
    ...newLane(endpoint, ordering),
    newestSequence,
    attempted: attempted === null ? null : { version: attempted[0], sequence: attempted[1] },
    attemptedOfType: new Map(ofType),
    replayedOnly: new Set(replayedOnly),
    newestAttempted,
    lastSent: last === null ? null : { atMs: last[0], sequence: last[1] },
    sentBefore: before === null ? null : { atMs: before[0], sequence: before[1] },
    latencyMs,
  };
}

/** What a lane has learned, as rows keep it. */
export function packLane(lane: Lane): PackedLane {
  const { attempted, lastSent, sentBefore } = lane;
  // Only names in `supersededBy` need it: the newest are enough.
  const replayedOnly = [...lane.replayedOnly].sort((a, b) => a - b).slice(-REPLAYED_ONLY_KEPT_MAX);
  return [
    lane.endpoint,
    lane.ordering,
    lane.newestSequence,
    attempted === null ? null : [attempted.version, attempted.sequence],
    [...lane.attemptedOfType],
    replayedOnly,
    lane.newestAttempted,
    lastSent === null ? null : [lastSent.atMs, lastSent.sequence],
    sentBefore === null ? null : [sentBefore.atMs, sentBefore.sequence],
    lane.latencyMs,
  ];
}

/** What a lane must remember of every delivery that was ever sent in it. */
export function learn(lane: Lane, slot: Slot): void {
  const { delivery, sequence } = slot;
  const isNewest = sequence > lane.newestSequence;
  if (isNewest) {
    lane.newestSequence = sequence;
    lane.ordering = delivery.ordering;
  }
  if (delivery.replayFacts?.isMissing === true) lane.replayedOnly.add(sequence);
  if (delivery.state.kind === 'waiting' && isAtGate(delivery)) {
    lane.atGate = { untilMs: delivery.state.dueMs, why: delivery.state.parked ?? 'paused' };
  }
  // A claim that still reads its settings may yet be given back: it counts once its attempt does.
  if (delivery.attempts > 0 || (delivery.claim !== null && delivery.claim.under !== null)) noteSent(lane, slot);
  // What a read loads again was learned when it was sent, and has been smoothed since.
  if (delivery.last !== null && isNewest) lane.latencyMs = smoothed(null, delivery.last);
}

/** As it is stored. */
export function keptEvent({ facts, slots }: MemoryEvent): KeptEvent {
  const kept = slots.map(({ delivery, success, acked, ackedAttempts }) => ({
    delivery,
    success,
    acked,
    ackedAttempts,
  }));
  return { facts, kept };
}

/**
 * An attempt of this delivery has left, or may have. Replays do not count as sent before what
 * follows.
 */
export function noteSent(lane: Lane, slot: Slot): void {
  const { delivery, sequence, version } = slot;
  if (version !== null && (lane.attempted === null || version > lane.attempted.version)) {
    lane.attempted = { version, sequence };
  }
  lane.newestAttempted = Math.max(lane.newestAttempted, sequence);
  if (delivery.replay > 0) return;
  if (version === null) {
    const family = familyOf(slot);
    lane.attemptedOfType.set(family, Math.max(sequence, lane.attemptedOfType.get(family) ?? 0));
  }
  const atMs = delivery.firstAttemptAtMs ?? delivery.claim?.begunAtMs ?? slot.event.facts.acceptedAtMs;
  const last = lane.lastSent;
  if (last !== null && (last.sequence === sequence || !isSentAfter({ atMs, sequence }, last, delivery.ordering)))
    return;
  lane.sentBefore = last;
  lane.lastSent = { atMs, sequence };
}

export function setLogged(slot: Slot): void {
  slot.acked = slot.delivery.revision;
  slot.ackedAttempts = slot.delivery.attempts;
  slot.log = quietLog();
}

/**
 * What receivers answered may echo a payload that goes. True if there was an answer; those that
 * failed are rows of their own.
 */
export function forgetAnswer(slot: Slot): boolean {
  if (slot.success === null) return false;
  slot.success = { ...slot.success, responseHeaders: null, responseBody: null };
  return true;
}

/**
 * An ordered lane sends by sequence, and needs no clock to know: instances before this one may have
 * had another.
 */
function isSentAfter(a: Sending, b: Sending, ordering: Ordering): boolean {
  if (ordering === 'ordered' || a.atMs === b.atMs) return a.sequence > b.sequence;
  return a.atMs > b.atMs;
}

export function isFinished(event: MemoryEvent): boolean {
  return event.slots.every((slot) => !isOpen(slot.delivery) && slot.delivery.claim === null);
}

/**
 * When the last of an event's deliveries ended, or its acceptance where it has none; null while it
 * has not ended.
 */
export function endedAtMs(event: MemoryEvent): number | null {
  if (!isFinished(event)) return null;
  let atMs = event.facts.acceptedAtMs;
  for (const { delivery } of event.slots) {
    if (delivery.state.kind === 'ended') atMs = Math.max(atMs, delivery.state.atMs);
  }
  return atMs;
}
