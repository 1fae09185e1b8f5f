/**
 * The API's shapes (docs/requirements.md, "Conventions of the API"), written from the views of
 * core: names of the wire, times in RFC 3339.
 */
import { rfc3339 } from '../core/body.ts';
import type { GateView } from '../core/admission.ts';
import type { LastAttempt, ReplayFacts } from '../core/delivery.ts';
import type { AccountSettings, EndpointSecret, EndpointSettings } from '../core/endpoint.ts';
import { liveSecrets } from '../core/endpoint-secrets.ts';
import { attemptId, parseDeliveryId } from '../core/ids.ts';
import { EVENT_DELIVERIES_SHOWN_MAX } from '../core/limits.ts';
import type { LoggedAttempt } from '../core/log.ts';
import { worstStatus } from '../core/note.ts';
import { QUOTA_DEFAULT } from '../core/quota.ts';
import type { DeliveryDetail, EventView, RecordView } from '../core/view.ts';
import { parseExact } from '../core/json.ts';
import type { Unsent } from '../core/not-sent.ts';
import { sentRequest } from '../delivery/headers.ts';
import { nameOf, overlay, type Present, type ShownDelivery } from './overlay.ts';

function time(ms: number | null): string | null {
  return ms === null ? null : rfc3339(ms);
}

export function showAccount(settings: AccountSettings) {
  const { account, name, shards, targets, retention, createdAtMs, endpoints } = settings;
  const { jurisdiction = null, quota = QUOTA_DEFAULT } = settings;
  return {
    account,
    name,
    jurisdiction,
    shards,
    targets,
    retention,
    quota,
    endpointCount: settings.endpointCount ?? endpoints.length,
    createdAt: rfc3339(createdAtMs),
  };
}

/** Without secrets and header values: those are never read back. */
export function showEndpoint(account: string, endpoint: EndpointSettings) {
  const {
    id,
    url,
    description,
    eventTypes,
    filter = null,
    schemaVersions = {},
    payloadFormat = 'standard',
    headerNames,
    externalId,
    ordering,
    timeoutMs,
    retry,
    rateLimitPerSecond = null,
    traceContext = false,
    status,
    statusReason,
  } = endpoint;
  return {
    id,
    account,
    url,
    description,
    eventTypes,
    filter,
    schemaVersions,
    payloadFormat,
    headerNames,
    externalId,
    ordering,
    timeoutMs,
    retry,
    rateLimitPerSecond,
    traceContext,
    status,
    statusReason,
    secrets: liveSecrets(endpoint.secrets, Date.now()).map(showSecret),
    createdAt: rfc3339(endpoint.createdAtMs),
    updatedAt: rfc3339(endpoint.updatedAtMs),
  };
}

/** C8. `waitingRecords`: how many records have something parked or held for the endpoint. */
export function showCircuit({ circuit, sinceMs, nextProbeAtMs, perSecond, waitingRecords }: GateView) {
  const times = { since: time(sinceMs), nextProbeAt: time(nextProbeAtMs) };
  return { state: circuit, ...times, perSecond, waitingRecords };
}

/** Without its text. */
export function showSecret(secret: EndpointSecret) {
  return {
    id: secret.id,
    kind: secret.kind,
    ...(secret.kind === 'ed25519' ? { publicKey: secret.publicKey } : {}),
    createdAt: rfc3339(secret.createdAtMs),
    expiresAt: time(secret.expiresAtMs),
  };
}

function showLast(last: LastAttempt | null) {
  if (last === null) return null;
  return { at: rfc3339(last.atMs), statusCode: last.statusCode, error: last.error, latencyMs: last.latencyMs };
}

export function showDelivery(view: ShownDelivery) {
  return {
    id: view.id,
    account: view.account,
    endpoint: view.endpoint,
    event: view.event,
    eventType: view.eventType,
    record: view.record,
    sequence: view.sequence,
    version: view.version,
    status: view.status,
    attempts: view.attempts,
    lastAttempt: showLast(view.last),
    nextAttemptAt: time(view.nextAttemptAtMs),
    blockedBy: view.blockedBy,
    supersededBy: view.supersededBy,
    replayOf: view.replayOf,
    replayedBy: view.replayedBy,
    replayResolved: view.replayResolved ?? null,
    outOfOrder: view.isOutOfOrder ?? false,
    reason: view.reason,
    note: view.note,
    late: view.late,
    acceptedAt: rfc3339(view.acceptedAtMs),
    endedAt: time(view.endedAtMs),
  };
}

export type AttemptOwner = { delivery: string; endpoint: string; event: string };

export function showAttempt(owner: AttemptOwner, attempt: LoggedAttempt) {
  const { number, trigger, atMs, latencyMs, statusCode, error, responseHeaders, responseBody, willRetry } = attempt;
  return {
    id: attemptIdOf(owner.delivery, number),
    delivery: owner.delivery,
    endpoint: owner.endpoint,
    event: owner.event,
    number,
    trigger,
    at: rfc3339(atMs),
    latencyMs,
    statusCode,
    error,
    request: showRequest(owner, attempt),
    responseHeaders,
    responseBody,
    willRetry,
    nextAttemptAt: time(attempt.nextAttemptAtMs),
  };
}

function showRequest({ delivery, event: eventId }: AttemptOwner, { sent, number }: LoggedAttempt) {
  if (sent === undefined) return null;
  const replay = (parseDeliveryId(delivery)?.replay ?? 0) > 0 ? delivery : null;
  return sentRequest(sent, { eventId, attempt: number, replay });
}

function attemptIdOf(delivery: string, number: number): string {
  const at = parseDeliveryId(delivery);
  if (at === null) throw new Error(`a Shard answered ${delivery} as a delivery id`);
  return attemptId(at, at, number);
}

/** Lists have no bodies; what was erased or is past its retention has none either. */
export function showEvent(view: Omit<EventView, 'body'> & { body?: string | null }, present: Present) {
  return {
    id: view.id,
    type: view.type,
    record: view.record,
    sequence: view.sequence,
    version: view.version,
    occurredAt: view.occurredAt,
    acceptedAt: rfc3339(view.acceptedAtMs),
    ...(view.body === undefined ? {} : { ...contentOf(view.body, view.forms), ...kept(view) }),
    deliveryCount: view.deliveryCount,
    deliveries: view.deliveries
      .slice(0, EVENT_DELIVERIES_SHOWN_MAX)
      .map((delivery) => showDelivery(overlay(delivery, present))),
  };
}

type Kept = Pick<EventView, 'traceparent' | 'erasedAtMs' | 'payloadExpiredAtMs'>;

/**
 * The trace of the publish; when the payload went, and why: a person had it erased, or its
 * retention was over.
 */
function kept(view: Kept) {
  return { traceparent: view.traceparent ?? null, ...payloadTimes(view) };
}

function payloadTimes({ erasedAtMs, payloadExpiredAtMs }: Omit<Kept, 'traceparent'>) {
  return { erasedAt: time(erasedAtMs ?? null), payloadExpiredAt: time(payloadExpiredAtMs ?? null) };
}

type Content = { schemaVersion: string | null; data: unknown; forms?: Record<string, unknown> };

/** `data` is the newest form; `forms` has all of them where there are several. */
function contentOf(body: string | null, older: EventView['forms']): Content {
  const newest = { schemaVersion: schemaVersionOf(body), data: dataOf(body) };
  if (older === undefined) return newest;
  const forms = older.map((form): [string, unknown] => [form.version, dataOf(form.body)]);
  return { ...newest, forms: Object.fromEntries([...forms, [newest.schemaVersion ?? '', newest.data]]) };
}

export function schemaVersionOf(body: string | null): string | null {
  const parsed: unknown = body === null ? null : JSON.parse(body);
  const isNamed = typeof parsed === 'object' && parsed !== null && 'schemaVersion' in parsed;
  return isNamed && typeof parsed.schemaVersion === 'string' ? parsed.schemaVersion : null;
}

/** With the publisher's own digits: JSON.stringify writes them as they came. */
export function dataOf(body: string | null): unknown {
  if (body === null) return null;
  const parsed = parseExact(body);
  return typeof parsed === 'object' && parsed !== null && 'data' in parsed ? parsed.data : null;
}

/** The envelope of C2, or null where an alert for Slack takes its place. */
function envelopeOf(body: string | null): string | null {
  const parsed: unknown = body === null ? null : JSON.parse(body);
  return typeof parsed === 'object' && parsed !== null && 'data' in parsed ? body : null;
}

/**
 * One delivery with all that is known of it. `attempts` counts; `attemptLog` tells. `body` is what
 * every attempt sends, to the byte.
 */
export function showDetail(detail: DeliveryDetail, present: Present) {
  const { delivery, event, body = event.body, attempts, replay } = detail;
  const owner = { delivery: delivery.id, endpoint: delivery.endpoint, event: delivery.event };
  return {
    ...showDelivery(overlay(delivery, present)),
    replay: replay === null ? null : showReplayFacts(replay),
    attemptLog: attempts.map((attempt) => showAttempt(owner, attempt)),
    schemaVersion: schemaVersionOf(body),
    data: dataOf(envelopeOf(body) ?? event.body),
    ...payloadTimes(event),
    body,
  };
}

function showReplayFacts({ by, reason, atMs, job, isMissing }: ReplayFacts) {
  return { by, reason, at: rfc3339(atMs), job: job ?? null, missing: isMissing === true };
}

/** With the key that was asked for: an emptied Record no longer knows its own. */
export function showRecord(view: RecordView & { record: string }, present: Present, unsent: Unsent) {
  const endpoints = view.endpoints.map(({ endpoint, delivery, waiting }) => {
    const shown = overlay(delivery, present);
    const isOver = shown.status === 'cancelled' && delivery.status !== 'cancelled';
    const name = nameOf(present.endpoints.get(endpoint));
    return { endpoint, name, delivery: shown, waiting: isOver ? 0 : waiting };
  });
  const deliveries = endpoints.map(({ delivery }) => delivery);
  const status = worstStatus(deliveries.map((delivery) => delivery.status));
  return {
    record: view.record,
    account: view.account,
    sequence: view.sequence,
    status,
    late: deliveries.some((delivery) => delivery.late),
    note: recordNote(view, deliveries, status, unsent.nowhere),
    endpoints: endpoints.map((entry) => ({ ...entry, delivery: showDelivery(entry.delivery) })),
    notSent: unsent.notSent,
  };
}

/**
 * L2: customers see what became of their record, and nothing of endpoints that were not to get it.
 */
export function forCustomer(status: ReturnType<typeof showRecord>): ReturnType<typeof showRecord> {
  return { ...status, notSent: [] };
}

function emptyNote({ completeFrom = 1 }: RecordView): string {
  if (completeFrom > 1) return 'Nothing waits; older events of this record are past their retention';
  return 'No endpoint wants the events of this record';
}

/** What the worst delivery says; a count where all is well in several places. */
function recordNote(
  view: RecordView,
  deliveries: ShownDelivery[],
  status: string | null,
  nowhere: string | null,
): string {
  const worst = deliveries.filter((delivery) => delivery.status === status);
  const first = worst.find((delivery) => delivery.late) ?? worst[0];
  if (first === undefined) return nowhere ?? emptyNote(view);
  // Where all is well with older events, what became of the newest is what a person asks about.
  if (status === 'delivered' && nowhere !== null) return nowhere;
  const count = view.endpointCount ?? worst.length;
  if (status === 'delivered' && count > 1) return `Delivered to all ${count} endpoints`;
  return first.note;
}
