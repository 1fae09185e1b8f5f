/**
 * What a Shard shows of one record (V1, V2), true at this instant. Reads only.
 */
import { DELIVERY_VIEW_CHARS, READ_EVENTS_CHARS_MAX, SUPERSEDED_STEPS_MAX } from '../core/limits.ts';
import { byBadness } from '../core/note.ts';
import { deliveryId } from '../core/ids.ts';
import type { DeliveryRef } from '../core/ids.ts';
import type { LoggedAttempt } from '../core/log.ts';
import type { EventIds } from '../core/rpc.ts';
import { isOpen, isStartable, nextAttemptAtMs, wireStatus } from '../core/status.ts';
import type { DeliveryDetail, DeliveryView, EventView, RecordView } from '../core/view.ts';
import type { Lane, MemoryEvent, Slot } from './lanes.ts';
import type { Memory } from './memory.ts';

function idOf(memory: Memory, ref: DeliveryRef): string {
  return deliveryId(memory.address, ref);
}

/**
 * What a waiting delivery waits for: the one under way, or the one whose turn comes before its own.
 */
function blockerOf(lane: Lane, slot: Slot): Slot | null {
  if (!isStartable(slot.delivery) || lane.ordering === 'unordered') return null;
  for (const other of lane.items.values()) {
    if (other === slot) continue;
    if (other.delivery.claim !== null) return other;
    if (other.delivery.replay === 0 && other.sequence < slot.sequence) return other;
    if (slot.delivery.replay === 0 && other.sequence > slot.sequence) return null;
  }
  return null;
}

/** The live delivery of a sequence, or what was sent in its place where there was none. */
function firstOf({ endpoint, replayedOnly }: Lane, sequence: number): DeliveryRef {
  return { sequence, endpoint, replay: replayedOnly.has(sequence) ? 1 : 0 };
}

function replayedBy(slot: Slot): Slot | undefined {
  const { endpoint, replay } = slot.delivery;
  if (slot.event.slots.length === slot.event.facts.deliveryCount) return undefined;
  return slot.event.slots.findLast(
    ({ delivery }) => delivery.endpoint === endpoint && delivery.replayFacts?.of === replay,
  );
}

/** Whether one after it has brought the event; null where none has ended yet. */
function isResolved(slot: Slot): boolean | null {
  const { endpoint, replay } = slot.delivery;
  const later = slot.event.slots.filter(({ delivery }) => delivery.endpoint === endpoint && delivery.replay > replay);
  if (later.some(({ delivery: { state } }) => state.kind === 'ended' && state.as === 'delivered')) return true;
  return later.some(({ delivery }) => isOpen(delivery)) ? null : false;
}

export function viewDelivery(memory: Memory, slot: Slot): DeliveryView {
  const { delivery, event } = slot;
  const { facts } = event;
  const { sequence } = facts;
  const { endpoint, replay, state, replayFacts } = delivery;
  const blocker = blockerOf(memory.laneOf(slot), slot);
  const replayer = replayedBy(slot);
  const supersededBy = state.kind === 'ended' ? state.supersededBy : null;
  return {
    id: idOf(memory, { sequence, endpoint, replay }),
    account: memory.address.account,
    endpoint,
    event: facts.id,
    eventType: facts.type,
    record: facts.record,
    sequence: memory.address.kind === 'k' ? sequence : null,
    version: facts.version,
    status: wireStatus(delivery),
    attempts: delivery.attempts,
    last: delivery.last,
    nextAttemptAtMs: nextAttemptAtMs(delivery),
    parked: state.kind === 'waiting' ? (state.parked ?? null) : null,
    blockedBy:
      blocker === null ? null : idOf(memory, { sequence: blocker.sequence, endpoint, replay: blocker.delivery.replay }),
    supersededBy: supersededBy === null ? null : idOf(memory, firstOf(memory.laneOf(slot), supersededBy)),
    replayOf:
      replayFacts === null || replayFacts.isMissing === true
        ? null
        : idOf(memory, { sequence, endpoint, replay: replayFacts.of }),
    replayedBy: replayer === undefined ? null : idOf(memory, { sequence, endpoint, replay: replayer.delivery.replay }),
    replayResolved: replayer === undefined ? null : isResolved(slot),
    isOutOfOrder: replayFacts?.isOutOfOrder === true,
    reason: state.kind === 'ended' ? state.reason : null,
    acceptedAtMs: facts.acceptedAtMs,
    endedAtMs: state.kind === 'ended' ? state.atMs : null,
  };
}

function viewEvent(memory: Memory, event: MemoryEvent): EventView {
  const { facts } = event;
  return {
    id: facts.id,
    type: facts.type,
    record: facts.record,
    sequence: memory.address.kind === 'k' ? facts.sequence : null,
    version: facts.version,
    occurredAt: facts.occurredAt,
    acceptedAtMs: facts.acceptedAtMs,
    deliveryCount: facts.deliveryCount,
    body: memory.rows.body(facts.sequence),
    ...(facts.forms === undefined ? {} : { forms: olderForms(memory, facts.sequence, facts.forms) }),
    deliveries: event.slots.map((slot) => viewDelivery(memory, slot)),
    ...(facts.traceparent === undefined ? {} : { traceparent: facts.traceparent }),
    ...(facts.erasedAtMs === undefined ? {} : { erasedAtMs: facts.erasedAtMs }),
    ...(facts.payloadExpiredAtMs === undefined ? {} : { payloadExpiredAtMs: facts.payloadExpiredAtMs }),
  };
}

function olderForms(memory: Memory, sequence: number, versions: string[]): NonNullable<EventView['forms']> {
  return versions.map((version) => ({ version, body: memory.rows.form(sequence, version) }));
}

/** The bytes of every attempt of a delivery; null once erased or past its retention. */
export function bodyOf(memory: Memory, { sequence, delivery: { form } }: Slot): string | null {
  if (form !== undefined) return memory.rows.form(sequence, form);
  return memory.newBody(sequence) ?? memory.rows.body(sequence);
}

/** Every attempt of a delivery whose outcome is known or given up, oldest first. */
export function attemptsOf(memory: Memory, slot: Slot): LoggedAttempt[] {
  const attempts: LoggedAttempt[] =
    slot.delivery.attempts === 0 || (slot.delivery.attempts === 1 && slot.success !== null)
      ? []
      : memory.rows.attempts(slot.sequence, slot.index).map(({ claim: _, ...attempt }) => attempt);
  const { success } = slot;
  if (success !== null) attempts.push(success);
  return attempts.sort((a, b) => a.number - b.number);
}

/**
 * What took the place of a superseded delivery, and of that one: a late older version must not hide
 * that the newest is still owed.
 */
function inForce(memory: Memory, slot: Slot): Slot {
  let last = slot;
  for (let steps = 0; steps < SUPERSEDED_STEPS_MAX; steps += 1) {
    const { state } = last.delivery;
    if (state.kind !== 'ended' || state.supersededBy === null) return last;
    const next = findSlot(memory, firstOf(memory.laneOf(last), state.supersededBy));
    if (next === null) return last;
    last = next;
  }
  return last;
}

export function readRecord(memory: Memory): RecordView | null {
  if (memory.address.kind === 'u' || memory.lastSequence === 0) return null;
  const newest = new Map<string, Slot>();
  // Each event once: a wide one is the newest of thousands of lanes.
  for (const sequence of new Set([...memory.lanes.values()].map((lane) => lane.newestSequence))) {
    for (const slot of memory.load(sequence)?.slots ?? []) {
      const { endpoint } = slot.delivery;
      if (memory.lanes.get(endpoint)?.newestSequence === sequence) newest.set(endpoint, slot);
    }
  }
  const endpoints: RecordView['endpoints'] = [];
  for (const [endpoint, latest] of newest) {
    const slot = inForce(memory, latest);
    let waiting = 0;
    for (const { delivery } of memory.laneOf(slot).items.values())
      if (isOpen(delivery) && wireStatus(delivery) !== 'delivering') waiting += 1;
    endpoints.push({ endpoint, delivery: viewDelivery(memory, slot), waiting });
  }
  const { record, address, lastSequence: sequence, goneThrough } = memory;
  return { record, account: address.account, sequence, endpoints, completeFrom: goneThrough + 1 };
}

/** With at most `most` endpoints, the worst first: a message is sent again with each change. */
export function cutRecord(view: RecordView, most: number): RecordView {
  if (view.endpoints.length <= most) return view;
  const worst = view.endpoints.toSorted((a, b) => byBadness(a.delivery.status, b.delivery.status));
  return { ...view, endpoints: worst.slice(0, most), endpointCount: view.endpoints.length };
}

export function readEvent(memory: Memory, id: string): EventView | null {
  const sequence = memory.sequenceOf(id, false);
  const event = sequence === null ? null : memory.load(sequence);
  return event === null ? null : viewEvent(memory, event);
}

export function readEvents(
  memory: Memory,
  after: number,
  limit: number,
): { events: EventView[]; lastSequence: number; completeFrom: number } {
  const views: EventView[] = [];
  let room = READ_EVENTS_CHARS_MAX;
  for (const sequence of memory.rows.sequencesAfter(after, limit)) {
    if (room <= 0) break;
    const event = memory.load(sequence);
    if (event === null) continue;
    const view = viewEvent(memory, event);
    const forms = view.forms?.reduce((sum, { body }) => sum + (body?.length ?? 0), 0) ?? 0;
    room -= (view.body?.length ?? 0) + forms + view.deliveries.length * DELIVERY_VIEW_CHARS;
    views.push(view);
  }
  return { events: views, lastSequence: memory.lastSequence, completeFrom: memory.goneThrough + 1 };
}

/** Null: more than `most`. */
export function readEventIds(memory: Memory, most: number): EventIds | null {
  const ids = memory.rows.idsOf(most + 1);
  return ids.length > most ? null : { ids, isWhole: memory.goneThrough === 0 };
}

export function findSlot(memory: Memory, ref: DeliveryRef): Slot | null {
  const event = memory.load(ref.sequence);
  const slot = event?.slots.find(
    ({ delivery }) => delivery.endpoint === ref.endpoint && delivery.replay === ref.replay,
  );
  return slot ?? null;
}

export function readDelivery(memory: Memory, ref: DeliveryRef): DeliveryDetail | null {
  const slot = findSlot(memory, ref);
  if (slot === null) return null;
  return {
    delivery: viewDelivery(memory, slot),
    event: viewEvent(memory, slot.event),
    body: bodyOf(memory, slot),
    attempts: attemptsOf(memory, slot),
    replay: slot.delivery.replayFacts,
  };
}
