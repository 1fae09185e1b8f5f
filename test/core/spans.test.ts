import { describe, expect, test } from 'vitest';
import type { LoggedAttempt, LoggedRecord } from '../../src/core/log.ts';
import { otlpBody, spansOf } from '../../src/core/spans.ts';
import { spanIdOf } from '../../src/core/trace.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const ENDPOINT = 'ep_00000000000000000000000001';
const AT_MS = 1_790_000_000_000;

const attempt = (given: Partial<LoggedAttempt> = {}): LoggedAttempt => ({
  number: 1,
  trigger: 'first',
  atMs: AT_MS + 20,
  latencyMs: 35,
  statusCode: 204,
  error: null,
  responseHeaders: null,
  responseBody: null,
  willRetry: false,
  nextAttemptAtMs: null,
  ...given,
});

function logged(traceparent: string | undefined, attempts: LoggedAttempt[] | null): LoggedRecord {
  const event = { sequence: 1, id: 'evt_1', type: 'deal.won', version: null, schemaVersion: null, occurredAt: null };
  const facts = {
    ...event,
    acceptedAtMs: AT_MS,
    contentHash: '',
    deliveryCount: 1,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
  const delivery = {
    endpoint: ENDPOINT,
    replay: 0,
    revision: 2,
    status: 'delivered' as const,
    attempts: 1,
    last: null,
    ...{ nextAttemptAtMs: null, blockedBy: null, supersededBy: null, replayOf: null, replayedBy: null, reason: null },
    endedAtMs: AT_MS + 60,
  };
  return {
    account: 'acme',
    jurisdiction: null,
    incarnation: 'aaaaaaaaaaaa',
    generation: 0,
    shard: 1,
    kind: 'k',
    hash: 'a'.repeat(32),
    record: 'deal/7',
    entries: [{ event: facts, delivery: attempts === null ? null : delivery, attempts: attempts ?? [] }],
  };
}

describe('spans', () => {
  test('of a publish and its attempts hang in the trace of the caller', () => {
    const failed = attempt({ statusCode: 503, error: { kind: 'http-5xx', message: 'the receiver said SECRET' } });
    const [publish, first, second] = spansOf([
      logged(`00-${TRACE}-${CALLER}-01`, [failed, attempt({ number: 2, trigger: 'retry' })]),
    ]);
    expect(publish).toMatchObject({ traceId: TRACE, parentSpanId: CALLER, name: 'publish deal.won', kind: 4 });
    expect(first).toMatchObject({
      traceId: TRACE,
      parentSpanId: publish?.spanId,
      kind: 3,
      status: { code: 2, message: 'http-5xx' },
    });
    expect(second).toMatchObject({ traceId: TRACE, parentSpanId: publish?.spanId, status: {} });
    const id = first?.attributes.find(({ key }) => key === 'tubepost.attempt')?.value;
    // The receiver's header names the same span.
    expect(first?.spanId).toBe(spanIdOf(id !== undefined && 'stringValue' in id ? id.stringValue : ''));
    expect([first?.startTimeUnixNano, first?.endTimeUnixNano]).toEqual([`${AT_MS + 20}000000`, `${AT_MS + 55}000000`]);
    expect(JSON.stringify([publish, first, second])).not.toContain('SECRET');
  });

  test('without a caller have a trace of their own, the same whenever they are made', () => {
    const [publish, first] = spansOf([logged(undefined, [attempt()])]);
    expect(publish?.parentSpanId).toBeUndefined();
    expect(first?.traceId).toBe(publish?.traceId);
    expect(spansOf([logged(undefined, [attempt()])])).toEqual([publish, first]);
  });

  test('are none where the caller did not sample its trace', () => {
    expect(spansOf([logged(`00-${TRACE}-${CALLER}-00`, [attempt()])])).toEqual([]);
  });

  test('of an event that nobody wanted are its publish alone, and each is there once', () => {
    const record = logged(undefined, null);
    expect(spansOf([record, record]).map(({ name }) => name)).toEqual(['publish deal.won']);
  });

  test('are sent as OTLP has them in JSON', () => {
    const body: unknown = JSON.parse(otlpBody(spansOf([logged(undefined, [attempt()])]), 'v1'));
    expect(body).toMatchObject({
      resourceSpans: [
        {
          resource: {
            attributes: [{ key: 'service.name', value: { stringValue: 'tubepost' } }, { key: 'service.version' }],
          },
          scopeSpans: [{ scope: { name: 'tubepost' }, spans: [{ kind: 4 }, { kind: 3 }] }],
        },
      ],
    });
  });
});
