/**
 * From a claim to a request, or to a reason why none leaves: under settings read just now, everything that changed while the
 * claim was on its way is looked at again. Part of a Ledger turn.
 */
import type { Claim } from '../core/delivery.ts';
import type { AccountSettings, EndpointSettings } from '../core/endpoint.ts';
import { deliveryId } from '../core/ids.ts';
import { planLane } from '../core/lane.ts';
import { CLAIM_GRACE_MS, PARKED_WAIT_MS, RETRY_JITTER_SHARE } from '../core/limits.ts';
import { disabledReason, ENDPOINT_REMOVED } from '../core/reasons.ts';
import type { AttemptRequest, ClaimRef } from '../core/rpc.ts';
import { begun, ended, held, isStartable, released, woken } from '../core/status.ts';
import type { Lane, Memory, Slot } from './memory.ts';
import { logChanged } from './outbox.ts';

export type Begin =
  | { kind: 'request'; request: AttemptRequest }
  | { kind: 'gone' }
  /** The endpoint is paused: park the lane at its Gate, then call `parked`. The claim stays open meanwhile. */
  | { kind: 'park'; endpoint: string };

export function refOf(slot: Slot): ClaimRef {
  const { endpoint, replay, claims } = slot.delivery;
  return { sequence: slot.sequence, endpoint, replay, claim: claims };
}

export function findClaimed(memory: Memory, ref: ClaimRef): { slot: Slot; claim: Claim } | null {
  const slot = memory.lanes.get(ref.endpoint)?.items.get(`${ref.sequence}.${ref.replay}`);
  const claim = slot?.delivery.claim ?? null;
  return slot !== undefined && claim?.number === ref.claim ? { slot, claim } : null;
}

/** A consumer has the request of this queued claim: messages are doubled, and no other may have it or give the claim back. */
export function isHandedOut(claim: Claim): boolean {
  return claim.via === 'fanout' && claim.begunAtMs !== null;
}

/** A replay counts from when it was asked for, not from its event's acceptance. */
export function isCutOff(slot: Slot, endpoint: Pick<EndpointSettings, 'cutoff'>): boolean {
  const sinceMs = slot.delivery.replayFacts?.atMs ?? slot.event.facts.acceptedAtMs;
  return endpoint.cutoff !== null && sinceMs <= endpoint.cutoff.atMs;
}

/** Only the claim's holder gets the request, and of a queued claim only once. `settings` null: the account is gone. */
export function begin(memory: Memory, ref: ClaimRef, settings: AccountSettings | null, nowMs: number): Begin {
  const found = findClaimed(memory, ref);
  if (found === null || isHandedOut(found.claim)) return { kind: 'gone' };
  const { slot, claim } = found;
  const endpoint = settings?.endpoints.find((one) => one.id === ref.endpoint);
  if (endpoint === undefined || endpoint.status === 'disabled' || isCutOff(slot, endpoint)) {
    cancelLane(memory, slot, endpoint, nowMs);
    return { kind: 'gone' };
  }
  if (endpoint.status === 'paused') return { kind: 'park', endpoint: endpoint.id };
  if (!mayStillStart(memory, slot, endpoint, nowMs)) return { kind: 'gone' };
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

/** The request of a claim. A claim that was stored as not begun is stored again as begun, before its request may leave. */
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
  const under = { revision, retry: endpoint.retry };
  slot.delivery = begun(slot.delivery, claim, { nowMs, untilMs, under, previous });
  memory.laneOf(slot).heldUntilMs = null;
  memory.sent(slot);
  memory.track(slot);
  // The row of a claim made here says as much already, unless settings were slow: a new instance must then wait longer. Nor could
  // one find again what a replay of something never sent came after.
  if (claim.begunAtMs === null || untilMs > claim.untilMs || isFirstOfReplay) memory.markDirty(slot);
  const body = memory.inserted.get(sequence) ?? memory.rows.body(sequence);
  if (body === null) throw new Error(`the body of event ${sequence} is missing`);
  const { replay } = slot.delivery;
  const delivery = deliveryId(memory.address, { sequence, endpoint: endpoint.id, replay });
  return {
    account: memory.address.account,
    claim: refOf(slot),
    delivery,
    endpoint,
    eventId: slot.event.facts.id,
    attempt: claim.attempt,
    previous: slot.delivery.previous?.sequence ?? null,
    replay: replay > 0 ? delivery : null,
    body,
  };
}

/** Ends what the endpoint's last disabling cut off and what still waits in its lane, perhaps for a retry far off. */
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

function cancelReason(slot: Slot, endpoint: EndpointSettings | undefined): string | null {
  if (endpoint === undefined) return ENDPOINT_REMOVED;
  if (endpoint.status === 'disabled') return disabledReason(endpoint.statusReason);
  return isCutOff(slot, endpoint) ? (endpoint.cutoff?.reason ?? null) : null;
}

/** The Gate keeps a row for this record: its lane waits there, unless the Gate woke it meanwhile with newer settings. */
export function hold(
  memory: Memory,
  ref: ClaimRef,
  isWoken: boolean,
  at: { nowMs: number; random: () => number },
): void {
  const found = findClaimed(memory, ref);
  if (found === null || isHandedOut(found.claim)) return;
  const lane = memory.laneOf(found.slot);
  giveBack(memory, found.slot, at.nowMs, at.nowMs);
  if (isWoken) return;
  const dueMs = at.nowMs + Math.ceil(PARKED_WAIT_MS * (1 - RETRY_JITTER_SHARE * at.random()));
  lane.heldUntilMs = dueMs;
  for (const slot of lane.items.values()) {
    // What is held already keeps its own look: each new event would else write all that wait.
    if (!isStartable(slot.delivery) || (isHeld(slot) && slot !== found.slot)) continue;
    memory.put(slot, held(slot.delivery, at.nowMs, dueMs));
    logChanged(memory, slot, at.nowMs);
  }
}

function isHeld({ delivery: { state } }: Slot): boolean {
  return state.kind === 'waiting' && state.as === 'held';
}

/** Ends a claim of which nothing was sent. Where the log was told that it is under way, it is told again. */
export function giveBack(memory: Memory, slot: Slot, dueMs: number, nowMs: number): void {
  const { claim, revision } = slot.delivery;
  const isTold = claim !== null && claim.begunAtMs !== null && slot.log.sent?.revision === revision;
  const back = released(slot.delivery, dueMs);
  memory.put(slot, isTold ? { ...back, revision: revision + 1 } : back);
  if (isTold) logChanged(memory, slot, nowMs);
}

export function wakeLane(memory: Memory, lane: Lane, nowMs: number): void {
  lane.heldUntilMs = null;
  for (const slot of lane.items.values()) {
    if (!isStartable(slot.delivery) || !isHeld(slot)) continue;
    memory.put(slot, woken(slot.delivery, nowMs));
    logChanged(memory, slot, nowMs);
  }
}
