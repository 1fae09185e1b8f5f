/**
 * Spans of publishes and attempts, as OTLP/HTTP takes them in JSON
 * (https://opentelemetry.io/docs/specs/otlp/). Made from what the log is sent, so nothing on a
 * publish's way knows of them. Pure.
 *
 *   the publisher's span (traceparent) ◀── publish ◀── attempt ◀── the receiver's span, where it was sent traceparent
 *
 * The log is sent some things twice: such a span has the same ids and the same content again.
 */
import { attemptOf, deliveryId } from './ids.ts';
import type { LoggedAttempt, LoggedRecord, LogEntry } from './log.ts';
import { parseTraceparent, spanIdOf, traceIdOf } from './trace.ts';

type Value = { stringValue: string } | { intValue: string };
type Attribute = { key: string; value: Value };
export type Span = {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  /** 3: client, 4: producer. */
  kind: 3 | 4;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Attribute[];
  /** 2: error. */
  status: { code: 2; message: string } | Record<never, never>;
};

/** Each span once. Of a publish whose caller did not sample its trace, none. */
export function spansOf(records: readonly LoggedRecord[]): Span[] {
  const spans = new Map<string, Span>();
  for (const record of records) {
    for (const entry of record.entries) for (const span of spansOfEntry(record, entry)) spans.set(span.spanId, span);
  }
  return [...spans.values()];
}

function spansOfEntry(record: LoggedRecord, { event, delivery, attempts }: LogEntry): Span[] {
  const caller = parseTraceparent(event.traceparent);
  if (caller !== null && (Number.parseInt(caller.flags, 16) & 1) === 0) return [];
  const traceId = caller?.traceId ?? traceIdOf(`${record.account} ${event.id}`);
  const publishId = spanIdOf(`publish ${record.account} ${event.id}`);
  const common = [text('tubepost.account', record.account), text('messaging.message.id', event.id)];
  const publish: Span = {
    traceId,
    spanId: publishId,
    ...(caller === null ? {} : { parentSpanId: caller.spanId }),
    name: `publish ${event.type}`,
    kind: 4,
    startTimeUnixNano: nanos(event.acceptedAtMs),
    endTimeUnixNano: nanos(event.acceptedAtMs),
    attributes: [...common, text('tubepost.event.type', event.type), whole('tubepost.deliveries', event.deliveryCount)],
    status: {},
  };
  if (delivery === null) return [publish];
  const id = deliveryId(record, { ...delivery, sequence: event.sequence });
  const made = attempts.map((attempt) =>
    attemptSpan(attempt, id, { traceId, parentSpanId: publishId }, [
      ...common,
      text('tubepost.endpoint', delivery.endpoint),
    ]),
  );
  const isFirst = attempts.some(({ number, trigger }) => number === 1 && trigger === 'first');
  return isFirst ? [publish, ...made] : made;
}

function attemptSpan(
  attempt: LoggedAttempt,
  delivery: string,
  of: { traceId: string; parentSpanId: string },
  common: Attribute[],
): Span {
  const { number, trigger, atMs, latencyMs, statusCode, error, sent } = attempt;
  const id = attemptOf(delivery, number);
  const host = sent === undefined ? undefined : URL.parse(sent.url)?.hostname;
  return {
    ...of,
    spanId: spanIdOf(id),
    name: 'POST',
    kind: 3,
    startTimeUnixNano: nanos(atMs),
    endTimeUnixNano: nanos(atMs + latencyMs),
    attributes: [
      ...common,
      text('tubepost.attempt', id),
      text('tubepost.trigger', trigger),
      text('http.request.method', 'POST'),
      ...(host === undefined ? [] : [text('server.address', host)]),
      ...(statusCode === null ? [] : [whole('http.response.status_code', statusCode)]),
      ...(number === 1 ? [] : [whole('http.request.resend_count', number - 1)]),
      ...(error === null ? [] : [text('error.type', error.kind)]),
    ],
    // The message may quote the receiver.
    status: error === null ? {} : { code: 2, message: error.kind },
  };
}

/** The body of `POST /v1/traces`. `version`: of the deployment; empty: unknown. */
export function otlpBody(spans: readonly Span[], version: string): string {
  const attributes = [text('service.name', 'tubepost'), ...(version === '' ? [] : [text('service.version', version)])];
  return JSON.stringify({
    resourceSpans: [{ resource: { attributes }, scopeSpans: [{ scope: { name: 'tubepost' }, spans }] }],
  });
}

function text(key: string, value: string): Attribute {
  return { key, value: { stringValue: value } };
}

function whole(key: string, value: number): Attribute {
  return { key, value: { intValue: String(value) } };
}

function nanos(ms: number): string {
  return `${Math.max(0, Math.round(ms))}000000`;
}
