/**
 * From a claim to a request, or to a reason why none leaves: under settings read just now,
 * everything that changed while the claim was on its way is looked at again. Part of a Ledger turn.
 */
import { isGuarded } from '../core/admission.ts';
import type { Claim, Delivery, Parked } from '../core/delivery.ts';
import type { AccountSettings, EndpointSettings } from '../core/endpoint.ts';
import { deliveryId, recordId } from '../core/ids.ts';
import { isOutOfOrder, planLane } from '../core/lane.ts';
import { CLAIM_GRACE_MS, PARKED_WAIT_MS, RETRY_JITTER_SHARE } from '../core/limits.ts';
import { disabledReason, ENDPOINT_REMOVED } from '../core/reasons.ts';
import type { AttemptRequest, ClaimRef } from '../core/rpc.ts';
import {
  begun,
  ended,
  held,
  isAtGate,
  isStartable,
  isUnderWay,
  sentOutOfOrder,
  parked,
  released,
  woken,
} from '../core/status.ts';
import { expiresAtMs } from './expiring.ts';
import type { Lane, Slot } from './lanes.ts';
import type { Memory } from './memory.ts';
import { logChanged } from './outbox.ts';
import { bodyOf } from './views.ts';

export type Begin =
  | { kind: 'request'; request: AttemptRequest }
  | { kind: 'gone' }
  /**
   * Its Gate must be asked: the endpoint is paused, or guarded and this record has no pass. The
   * claim stays open meanwhile.
   */
  | { kind: 'ask'; endpoint: EndpointSettings };

export function refOf({ address }: Pick<Memory, 'address'>, slot: Slot): ClaimRef {
  const { endpoint, replay, claims } = slot.delivery;
  return { record: recordId(address), sequence: slot.sequence, endpoint, replay, claim: claims };
}

export function findClaimed(memory: Memory, ref: ClaimRef): { slot: Slot; claim: Claim } | null {
  const slot = memory.lanes.get(ref.endpoint)?.items.get(`${ref.sequence}.${ref.replay}`);
  const claim = slot?.delivery.claim ?? null;
  return slot !== undefined && claim?.number === ref.claim ? { slot, claim } : null;
}

/**
 * A consumer has the request of this queued claim: messages are doubled, and no other may have it
 * or give the claim back.
 */
export function isHandedOut(claim: Claim): boolean {
  return claim.via !== 'self' && claim.begunAtMs !== null;
}

/** A replay counts from when it was asked for, not from its event's acceptance. */
export function isCutOff(slot: Slot, endpoint: Pick<EndpointSettings, 'cutoff'>): boolean {
  const sinceMs = slot.delivery.replayFacts?.atMs ?? slot.event.facts.acceptedAtMs;
  return endpoint.cutoff !== null && sinceMs <= endpoint.cutoff.atMs;
}

/**
 * Only the claim's holder gets the request, and of a queued claim only once. `settings` null: the
 * account is gone. `mayPass` is asked last, and only for a guarded endpoint: what says yes is used
 * up.
 */
export function begin(
  memory: Memory,
  ref: ClaimRef,
  settings: AccountSettings | null,
  mayPass: (endpoint: string, claim: Claim) => boolean,
  nowMs: number,
): Begin {
  const found = findClaimed(memory, ref);
  if (found === null || isHandedOut(found.claim)) return { kind: 'gone' };
  const { slot, claim } = found;
  if (slot.event.facts.erasedAtMs !== undefined) {
    // Ends in this turn's plan.
    giveBack(memory, slot, nowMs, nowMs);
    return { kind: 'gone' };
  }
  const endpoint = settings?.endpoints.find((one) => one.id === ref.endpoint);
  if (endpoint === undefined || endpoint.status === 'disabled' || isCutOff(slot, endpoint)) {
    cancelLane(memory, slot, endpoint, nowMs);
    return { kind: 'gone' };
  }
  if (expiresAtMs(slot) <= nowMs) {
    // Ends in this turn's plan.
    giveBack(memory, slot, nowMs, nowMs);
    return { kind: 'gone' };
  }
  if (endpoint.status === 'paused') return { kind: 'ask', endpoint };
  if (!mayStillStart(memory, slot, endpoint, nowMs)) return { kind: 'gone' };
  if (isGuarded(endpoint) && !mayPass(endpoint.id, claim)) return { kind: 'ask', endpoint };
  return { kind: 'request', request: depart(memory, slot, claim, endpoint, settings?.revision ?? 0, nowMs) };
}

/** Would the plan still start it, were it not claimed? If not, the claim is given back. */
function mayStillStart(memory: Memory, slot: Slot, endpoint: EndpointSettings, nowMs: number): boolean {
  const lane = memory.laneOf(slot);
  const claimed = slot.delivery;
  const ordering = memory.address.kind === 'k' ? endpoint.ordering : 'unordered';
  const isReordered = lane.ordering !== ordering;
  lane.ordering = ordering;
  slot.delivery = { ...released(claimed, nowMs), ordering };
  const plan = planLane(lane, nowMs);
  if (!plan.start.includes(slot)) {
    slot.delivery = { ...claimed, ordering };
    giveBack(memory, slot, nowMs, nowMs);
    return false;
  }
  slot.delivery = { ...claimed, ordering };
  if (isReordered) memory.markDirty(slot);
  return true;
}

/**
 * The request of a claim. A claim that was stored as not begun is stored again as begun, before its
 * request may leave.
 */
export function depart(
  memory: Memory,
  slot: Slot,
  claim: Claim,
  endpoint: EndpointSettings,
  revision: number,
  nowMs: number,
): AttemptRequest {
  const { sequence } = slot;
  const previous = memory.address.kind === 'k' ? memory.sentBefore(slot) : null;
  const untilMs = nowMs + endpoint.timeoutMs + CLAIM_GRACE_MS;
  const isFirstOfReplay = slot.delivery.replay > 0 && slot.delivery.previous === null;
  const under = { revision, retry: endpoint.retry, ...(endpoint.isWatched === true ? { isWatched: true } : {}) };
  const isOut = slot.delivery.replay > 0 && isOutOfOrder(slot, memory.laneOf(slot));
  const isNewlyOut = isOut && slot.delivery.replayFacts?.isOutOfOrder !== true;
  slot.delivery = begun(slot.delivery, claim, { nowMs, untilMs, under, previous });
  if (isNewlyOut) slot.delivery = sentOutOfOrder(slot.delivery);
  memory.sent(slot);
  memory.track(slot);
  // The row of a claim made here says as much already, unless settings were slow: a new instance
  // must then wait longer. Nor could one find again what a replay of something never sent came
  // after.
  if (claim.begunAtMs === null || untilMs > claim.untilMs || isFirstOfReplay || isNewlyOut) memory.markDirty(slot);
  const body = bodyOf(memory, slot);
  if (body === null) throw new Error(`the body of event ${sequence} is missing`);
  const { replay } = slot.delivery;
  const delivery = deliveryId(memory.address, { sequence, endpoint: endpoint.id, replay });
  return {
    account: memory.address.account,
    claim: refOf(memory, slot),
    delivery,
    endpoint,
    eventId: slot.event.facts.id,
    attempt: claim.attempt,
    previous: slot.delivery.previous?.sequence ?? null,
    replay: replay > 0 ? delivery : null,
    body,
    ...traceOf(slot, endpoint),
  };
}

function traceOf({ event }: Slot, endpoint: EndpointSettings): { traceparent?: string } {
  const { traceparent } = event.facts;
  return endpoint.traceContext === true && traceparent !== undefined ? { traceparent } : {};
}

/**
 * Ends what the endpoint's last disabling cut off and what still waits in its lane, perhaps for a
 * retry far off.
 */
export function cancelCutOff(memory: Memory, endpoint: Pick<EndpointSettings, 'id' | 'cutoff'>, nowMs: number): void {
  const { cutoff } = endpoint;
  if (cutoff === null) return;
  for (const slot of memory.lanes.get(endpoint.id)?.items.values() ?? []) {
    if (!isStartable(slot.delivery) || !isCutOff(slot, endpoint)) continue;
    memory.put(slot, ended(slot.delivery, 'cancelled', nowMs, { reason: cutoff.reason }));
    logChanged(memory, slot, nowMs);
  }
}

/** Ends what waits for an endpoint that takes it no longer; what is on its way may still arrive. */
function cancelLane(memory: Memory, asking: Slot, endpoint: EndpointSettings | undefined, nowMs: number): void {
  giveBack(memory, asking, nowMs, nowMs);
  for (const slot of memory.laneOf(asking).items.values()) {
    if (!isStartable(slot.delivery)) continue;
    const reason = cancelReason(slot, endpoint);
    if (reason === null) continue;
    memory.put(slot, ended(slot.delivery, 'cancelled', nowMs, { reason }));
    logChanged(memory, slot, nowMs);
  }
}

export function cancelReason(slot: Slot, endpoint: EndpointSettings | undefined): string | null {
  if (endpoint === undefined) return ENDPOINT_REMOVED;
  if (endpoint.status === 'disabled') return disabledReason(endpoint.statusReason);
  return isCutOff(slot, endpoint) ? (endpoint.cutoff?.reason ?? null) : null;
}

/**
 * The Gate keeps a row for this record: its lane waits there, unless the Gate woke it while its
 * answer was on the way.
 */
export function hold(
  memory: Memory,
  ref: ClaimRef,
  why: Parked | 'paused',
  isWoken: boolean,
  at: { nowMs: number; random: () => number },
): void {
  const found = findClaimed(memory, ref);
  if (found === null || isHandedOut(found.claim)) return;
  const lane = memory.laneOf(found.slot);
  giveBack(memory, found.slot, at.nowMs, at.nowMs);
  if (isWoken) return;
  const dueMs = at.nowMs + Math.ceil(PARKED_WAIT_MS * (1 - RETRY_JITTER_SHARE * at.random()));
  lane.atGate = { untilMs: dueMs, why };
  for (const slot of lane.items.values()) {
    if (!isStartable(slot.delivery) || (slot !== found.slot && !waitsToo(lane, slot, why, at.nowMs))) continue;
    const { delivery } = slot;
    replace(
      memory,
      slot,
      why === 'paused' ? held(delivery, at.nowMs, dueMs) : parked(delivery, why, at.nowMs, dueMs),
      at,
    );
  }
}

/**
 * What is at the Gate already keeps its own look: otherwise each new event would write all that
 * wait.
 */
function waitsToo(lane: Lane, { delivery }: Slot, why: Parked | 'paused', nowMs: number): boolean {
  if (why === 'paused') return delivery.state.as !== 'held';
  // In an ordered lane the head is enough: nothing starts before it.
  const isDue = delivery.state.kind === 'waiting' && delivery.state.dueMs <= nowMs;
  return lane.ordering !== 'ordered' && isDue && !isAtGate(delivery);
}

/** The log hears of it where it changes what the log says. */
function replace(memory: Memory, slot: Slot, delivery: Delivery, { nowMs }: { nowMs: number }): void {
  const isChange = delivery.revision !== slot.delivery.revision;
  memory.put(slot, delivery);
  if (isChange) logChanged(memory, slot, nowMs);
}

/** The Gate has reserved a start for this claim's lane: it is due then. */
export function promise(memory: Memory, ref: ClaimRef, atMs: number, nowMs: number): void {
  const found = findClaimed(memory, ref);
  if (found === null || isHandedOut(found.claim)) return;
  const { slot } = found;
  giveBack(memory, slot, atMs, nowMs);
  if (!isAtGate(slot.delivery)) return;
  memory.laneOf(slot).atGate = null;
  replace(memory, slot, woken(slot.delivery, atMs), { nowMs });
}

/**
 * Ends a claim of which nothing was sent. Where the log was sent that it is under way, it is sent
 * the change.
 */
export function giveBack(memory: Memory, slot: Slot, dueMs: number, nowMs: number): void {
  const { revision } = slot.delivery;
  const isLogged = isUnderWay(slot.delivery) && slot.log.sent?.revision === revision;
  const back = released(slot.delivery, dueMs);
  memory.put(slot, isLogged ? { ...back, revision: revision + 1 } : back);
  if (isLogged) logChanged(memory, slot, nowMs);
}

/**
 * Continues the lane. `most`: so many attempts may start; where each delivery waits by itself, the
 * others stay at the Gate. Returns whether any does.
 */
export function wakeLane(memory: Memory, lane: Lane, most: number, nowMs: number): boolean {
  let left = lane.ordering === 'unordered' ? most : Infinity;
  let isStillParked = false;
  for (const slot of lane.items.values()) {
    if (!isAtGate(slot.delivery)) continue;
    // One whose own look is under way waits at the Gate no longer either, whatever comes of that.
    const isLooking = slot.delivery.claim !== null;
    if (left > 0 || isLooking) replace(memory, slot, woken(slot.delivery, nowMs), { nowMs });
    else isStillParked = true;
    if (!isLooking) left -= 1;
  }
  if (!isStillParked) lane.atGate = null;
  return isStillParked;
}
