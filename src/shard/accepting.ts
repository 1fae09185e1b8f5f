/**
 * Accepting events of one record (P1, P2): known ids answer what they answered, new ones get the
 * next sequence and their deliveries. Part of a Ledger turn.
 */
import { isGuarded } from '../core/admission.ts';
import { eventBody, rfc3339 } from '../core/body.ts';
import type { Delivery, EventFacts } from '../core/delivery.ts';
import { deliveryId } from '../core/ids.ts';
import {
  LOG_QUEUED_AFTER_MS,
  OPEN_DELIVERIES_MAX,
  PUBLISH_DELIVERIES_SHOWN_MAX,
  SHARD_BYTES_MAX,
} from '../core/limits.ts';
import type { AcceptRequest, AcceptResult, MatchedEndpoint, NewEvent } from '../core/publish.ts';
import { disabledReason } from '../core/reasons.ts';
import { created, ended, held, parked, wireStatus } from '../core/status.ts';
import { cancelCutOff } from './departing.ts';
import { type MemoryEvent, quietLog } from './lanes.ts';
import type { Memory } from './memory.ts';

/**
 * Returns one answer for each event, to be asked once the plan is made: it may start or supersede
 * what was accepted just now.
 */
export function acceptEvents(
  memory: Memory,
  request: AcceptRequest,
  { nowMs, storageBytes }: { nowMs: number; storageBytes: number },
): (() => AcceptResult)[] {
  const endpoints = new Map(request.endpoints.map((endpoint) => [endpoint.id, endpoint]));
  for (const endpoint of request.endpoints) cancelCutOff(memory, endpoint, nowMs);
  return request.events.map((event) => {
    const known = memory.sequenceOf(event.id, event.isMade === true);
    if (known !== null) return () => repeat(memory, known, event);
    if (event.isOnlyAsked === true) return () => ({ kind: 'unknown', id: event.id });
    if (storageBytes >= SHARD_BYTES_MAX) return () => ({ kind: 'storage-full', id: event.id, bytes: storageBytes });
    if (memory.open + event.matches.length > OPEN_DELIVERIES_MAX) {
      const full: AcceptResult = { kind: 'full', id: event.id, open: memory.open };
      return () => full;
    }
    const added = appendEvent(memory, request.record, event, endpoints, nowMs);
    return () => accepted(memory, added);
  });
}

function repeat(memory: Memory, sequence: number, event: NewEvent): AcceptResult {
  const before = memory.load(sequence);
  if (before === null) throw new Error(`the row of event ${sequence} is missing`);
  if (before.facts.contentHash !== event.contentHash) return { kind: 'conflict', id: event.id };
  return { ...accepted(memory, before), duplicate: true };
}

function appendEvent(
  memory: Memory,
  record: string | null,
  event: NewEvent,
  endpoints: Map<string, MatchedEndpoint>,
  nowMs: number,
): MemoryEvent {
  const isKeyed = memory.address.kind === 'k';
  const sequence = memory.lastSequence + 1;
  const { id, type, version, schemaVersion, occurredAt, contentHash } = event;
  const formOf = new Map<string, string>();
  for (const form of event.forms ?? []) {
    for (const endpoint of form.endpoints) if (form.schemaVersion !== null) formOf.set(endpoint, form.schemaVersion);
  }
  const facts: EventFacts = {
    sequence,
    id,
    type,
    version,
    schemaVersion,
    occurredAt,
    acceptedAtMs: nowMs,
    contentHash,
    ...policyFacts(event, nowMs),
  };
  const added: MemoryEvent = {
    facts: {
      ...facts,
      deliveryCount: event.matches.length,
      record,
    },
    slots: [],
    log: quietLog(),
  };
  const timestamp = occurredAt ?? rfc3339(nowMs);
  const envelope = { id, type, timestamp, record, sequence: isKeyed ? sequence : null, version };
  const body = eventBody({ ...envelope, schemaVersion, dataJson: event.dataJson });
  memory.insert(added, body, event.isMade !== true);
  for (const [index, matched] of event.matches.entries()) {
    const endpoint = endpoints.get(matched);
    if (endpoint === undefined) throw new Error(`matched endpoint ${matched} came without its settings`);
    const ordering = isKeyed ? endpoint.ordering : 'unordered';
    const isDisabled = endpoint.status === 'disabled';
    const queued = created({ endpoint: matched, ordering, dueMs: nowMs, form: formOf.get(matched) });
    const waiting = joining(memory, endpoint, queued, nowMs);
    // E8: an event that finds its endpoint disabled is not lost from sight, and can be replayed.
    const delivery = isDisabled
      ? ended(waiting, 'cancelled', nowMs, { reason: disabledReason(endpoint.statusReason) })
      : waiting;
    const slot = memory.addSlot(added, { delivery, success: null, acked: 0, ackedAttempts: 0 }, index);
    memory.track(slot);
    memory.logAt(slot, isDisabled || wireStatus(waiting) === 'held' ? nowMs : nowMs + LOG_QUEUED_AFTER_MS);
  }
  if (added.slots.length === 0) {
    memory.logEventAt(added, nowMs);
  }
  for (const form of event.forms ?? []) {
    if (form.schemaVersion !== null)
      memory.rows.insertForm(sequence, form.schemaVersion, form.body ?? eventBody({ ...envelope, ...form }));
  }
  return added;
}

/**
 * Where the Gate has this record already, what joins the lane waits with the rest, at no row or
 * call of its own.
 */
function joining(memory: Memory, endpoint: MatchedEndpoint, queued: Delivery, nowMs: number): Delivery {
  const atGate = memory.lanes.get(endpoint.id)?.atGate ?? null;
  if (atGate === null || atGate.untilMs <= nowMs) return queued;
  if (endpoint.status === 'paused') return held(queued, nowMs, atGate.untilMs);
  if (atGate.why === 'paused' || !isGuarded(endpoint)) return queued;
  return parked(queued, atGate.why, nowMs, atGate.untilMs);
}

/**
 * What is absent stays absent: most events have nothing of it, and every stored byte is read again
 * at a start.
 */
function policyFacts(event: NewEvent, nowMs: number): Partial<EventFacts> {
  const { forms = [], expireAfterSeconds, retryWindowSeconds, latestGroup, latestOnly, traceparent } = event;
  const versions = forms.flatMap(({ schemaVersion, body }) =>
    // A whole body is no content in another version.
    schemaVersion === null || body !== undefined ? [] : [schemaVersion],
  );
  return {
    ...(versions.length === 0 ? {} : { forms: versions }),
    ...(expireAfterSeconds === undefined ? {} : { expiresAtMs: nowMs + expireAfterSeconds * 1_000 }),
    ...(retryWindowSeconds === undefined ? {} : { retryWindowSeconds }),
    ...(latestGroup === undefined ? {} : { latestGroup }),
    ...(latestOnly === true ? { latestOnly } : {}),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

function accepted(memory: Memory, event: MemoryEvent): AcceptResult & { kind: 'accepted' } {
  const { id, sequence, deliveryCount } = event.facts;
  const live = event.slots.filter((slot) => slot.delivery.replay === 0).slice(0, PUBLISH_DELIVERIES_SHOWN_MAX);
  const deliveries = live.map(({ delivery }) => ({
    id: deliveryId(memory.address, { sequence, endpoint: delivery.endpoint, replay: 0 }),
    endpoint: delivery.endpoint,
    status: wireStatus(delivery),
  }));
  return { kind: 'accepted', id, sequence, duplicate: false, deliveryCount, deliveries };
}
