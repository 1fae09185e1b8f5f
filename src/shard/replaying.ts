/**
 * A person's acts on one delivery: replay (R1, R4) and discard (V6). Part of a Ledger turn.
 */
import { deliveryId, type DeliveryRef } from '../core/ids.ts';
import type { Delivery, ReplayFacts } from '../core/delivery.ts';
import type { EndpointSettings } from '../core/endpoint.ts';
import { familyOf, isOutOfOrder } from '../core/lane.ts';
import { OPEN_DELIVERIES_MAX, SHARD_BYTES_MAX } from '../core/limits.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { DiscardRefusal, ReplayRefusal } from '../core/rpc.ts';
import { created, ended, isOpen, isUnderWay, released, wireStatus } from '../core/status.ts';
import type { DeliveryView } from '../core/view.ts';
import { cancelCutOff } from './departing.ts';
import type { MemoryEvent, Slot } from './lanes.ts';
import type { Memory } from './memory.ts';
import { logChanged } from './outbox.ts';
import { findSlot, viewDelivery } from './views.ts';

export type Person = { key: string; reason: string | null };
/** `statuses`: only where the delivery has one of these now. */
export type Replayer = Person & {
  force: boolean;
  job?: string | undefined;
  statuses?: readonly string[] | undefined;
};
/** `storageBytes`: what the Shard's database holds. */
export type ReplayedAt = { nowMs: number; storageBytes: number };

/** The replay of this delivery that a job has made already; it asks for no settings. */
export function ofJob(memory: Memory, ref: DeliveryRef, job: string | undefined): DeliveryView | null {
  if (job === undefined) return null;
  const own = memory
    .load(ref.sequence)
    ?.slots.find(
      ({ delivery: { endpoint, replayFacts: facts } }) =>
        endpoint === ref.endpoint && facts?.job === job && facts.of === ref.replay,
    );
  return own === undefined ? null : viewDelivery(memory, own);
}

/**
 * `endpoint` as it is now; undefined once removed. The old delivery keeps its status and history.
 */
export function replayDelivery(
  memory: Memory,
  ref: DeliveryRef,
  by: Replayer,
  endpoint: EndpointSettings | undefined,
  { nowMs, storageBytes }: ReplayedAt,
): Result<DeliveryView, ReplayRefusal> {
  const original = findSlot(memory, ref);
  if (original === null) return fail({ reason: 'not-found' });
  const { event } = original;
  const siblings = event.slots.filter(({ delivery }) => delivery.endpoint === ref.endpoint);
  const own = ofJob(memory, ref, by.job);
  if (own !== null) return ok(own);
  if (endpoint !== undefined) cancelCutOff(memory, endpoint, nowMs);
  const refusal =
    refuseReplay(memory, event, ref.endpoint, by.force, endpoint, storageBytes) ??
    refuseJob(memory, original, siblings, by);
  if (refusal !== null) return fail(refusal);
  const lane = memory.laneOf(original);
  const delivery = created({
    endpoint: ref.endpoint,
    ordering: lane.ordering,
    dueMs: nowMs,
    form: original.delivery.form,
    replay: {
      number: Math.max(...siblings.map(({ delivery: { replay } }) => replay)) + 1,
      facts: factsOf(ref.replay, by, isOutOfOrder(event.facts, lane), nowMs),
      previous: original.delivery.previous,
    },
  });
  const slot = appendReplay(memory, event, delivery, nowMs);
  // The log learns that the old one was replayed.
  memory.put(original, { ...original.delivery, revision: original.delivery.revision + 1 });
  logChanged(memory, original, nowMs);
  return ok(viewDelivery(memory, slot));
}

export function factsOf(of: number, { key, reason, force, job }: Replayer, isOut: boolean, nowMs: number): ReplayFacts {
  return { of, by: key, reason, atMs: nowMs, force, job, ...(isOut ? { isOutOfOrder: true } : {}) };
}

export function appendReplay(memory: Memory, event: MemoryEvent, delivery: Delivery, nowMs: number): Slot {
  const slot = memory.addSlot(event, { delivery, success: null, acked: 0, ackedAttempts: 0 }, event.slots.length);
  memory.put(slot, delivery);
  logChanged(memory, slot, nowMs);
  return slot;
}

/** Whether or not the endpoint has a delivery of the event. */
export function refuseReplay(
  memory: Memory,
  { facts, slots }: MemoryEvent,
  id: string,
  force: boolean,
  endpoint: EndpointSettings | undefined,
  storageBytes: number,
): ReplayRefusal | null {
  const { erasedAtMs, payloadExpiredAtMs: expiredAtMs, sequence, version } = facts;
  if (erasedAtMs !== undefined) return { reason: 'payload-erased', erasedAtMs };
  if (expiredAtMs !== undefined) return { reason: 'payload-expired', expiredAtMs };
  const open = slots.find(({ delivery }) => delivery.endpoint === id && (isOpen(delivery) || delivery.claim !== null));
  if (open !== undefined) {
    const { replay } = open.delivery;
    return { reason: 'still-open', delivery: deliveryId(memory.address, { sequence, endpoint: id, replay }) };
  }
  if (endpoint === undefined) return { reason: 'endpoint-removed' };
  if (endpoint.status === 'disabled') return { reason: 'endpoint-disabled', statusReason: endpoint.statusReason };
  const lane = memory.lanes.get(id);
  if (!force && lane !== undefined && version !== null && lane.attempted !== null && lane.attempted.version > version) {
    return { reason: 'older-version', version, attempted: lane.attempted.version };
  }
  const newest = lane?.attemptedOfType.get(familyOf(facts)) ?? 0;
  if (!force && version === null && lane?.ordering === 'latest' && newest > sequence) {
    const by = deliveryId(memory.address, { sequence: newest, endpoint: id, replay: 0 });
    return { reason: 'overtaken', by };
  }
  if (memory.open >= OPEN_DELIVERIES_MAX) return { reason: 'full', open: memory.open };
  return storageBytes >= SHARD_BYTES_MAX ? { reason: 'storage-full', bytes: storageBytes } : null;
}

/**
 * What a replay has brought since needs no job to bring it again; what was delivered by itself is
 * repeated as asked.
 */
function refuseJob(
  memory: Memory,
  original: Slot,
  siblings: Slot[],
  { job, statuses }: Replayer,
): ReplayRefusal | null {
  const { state } = original.delivery;
  const status = wireStatus(original.delivery);
  if (statuses !== undefined && !statuses.includes(status)) return { reason: 'status-changed', status };
  if (job === undefined || (state.kind === 'ended' && state.as === 'delivered')) return null;
  const brought = siblings.find(
    ({ delivery: { replay, state: one } }) => replay > 0 && one.kind === 'ended' && one.as === 'delivered',
  );
  if (brought === undefined) return null;
  const { endpoint, replay } = brought.delivery;
  return {
    reason: 'already-replayed',
    delivery: deliveryId(memory.address, { sequence: original.sequence, endpoint, replay }),
  };
}

/**
 * A waiting delivery or a dead letter becomes `cancelled`. One whose request may be under way is
 * left alone.
 */
export function discardDelivery(
  memory: Memory,
  ref: DeliveryRef,
  by: Person,
  nowMs: number,
): Result<DeliveryView, DiscardRefusal> {
  const slot = findSlot(memory, ref);
  if (slot === null) return fail({ reason: 'not-found' });
  const { state } = slot.delivery;
  if (isUnderWay(slot.delivery)) return fail({ reason: 'in-flight' });
  if (state.kind === 'ended' && state.as !== 'dead') return fail({ reason: 'already-ended', status: state.as });
  const why = by.reason === null ? 'discarded' : `discarded: ${by.reason}`;
  memory.put(slot, ended(released(slot.delivery, nowMs), 'cancelled', nowMs, { reason: why }));
  logChanged(memory, slot, nowMs);
  return ok(viewDelivery(memory, slot));
}
