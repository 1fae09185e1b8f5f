import { describe, expect, test } from 'vitest';
import { SPAN_EXPORTS_MAX, SPAN_PAUSE_MS, SPANS_PER_EXPORT_MAX } from '../../src/core/limits.ts';
import type { Span } from '../../src/core/spans.ts';
import { type ExportDeps, SpanExport } from '../../src/queues/span-export.ts';

const COLLECTOR = { url: 'https://otel.example/v1/traces', headers: { 'x-key': 'k' } };
const span: Span = {
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  name: 'POST',
  kind: 3,
  startTimeUnixNano: '1',
  endTimeUnixNano: '2',
  attributes: [],
  status: {},
};
const many = (n: number) => Array.from({ length: n }, () => span);

function world(answer: () => Promise<Response>) {
  const state = { nowMs: 1_000, requests: [] as [string, RequestInit][], dropped: [] as [number, string][] };
  const deps: ExportDeps = {
    nowMs: () => state.nowMs,
    version: 'v1',
    fetch: (url, init) => {
      state.requests.push([url, init]);
      return answer();
    },
    countDropped: async (spans, why) => void state.dropped.push([spans, why]),
  };
  const one = new SpanExport();
  return { state, send: (spans: readonly Span[]) => one.send(spans, COLLECTOR, deps) };
}

describe('spans', () => {
  test('are posted with the headers of the collector', async () => {
    const { state, send } = world(async () => new Response('{}'));
    await send([]);
    await send([span]);
    expect(state.requests).toHaveLength(1);
    expect(state.requests[0]).toMatchObject([
      COLLECTOR.url,
      { method: 'POST', headers: { 'x-key': 'k', 'content-type': 'application/json' } },
    ]);
    expect(state.dropped).toEqual([]);
  });

  test('beyond one request are dropped and counted', async () => {
    const { state, send } = world(async () => new Response());
    await send(many(SPANS_PER_EXPORT_MAX + 3));
    expect(state.dropped).toEqual([[3, 'more than one request holds']]);
    expect(String(state.requests[0]?.[1].body).split('"spanId"')).toHaveLength(SPANS_PER_EXPORT_MAX + 1);
  });

  test.each([
    ['refuses', async () => new Response('no', { status: 503 }), 'the collector answered 503'],
    ['is not there', () => Promise.reject(new TypeError('refused')), 'the collector did not answer (TypeError)'],
  ])('to a collector that %s are dropped, and those of the next seconds at once', async (_, answer, why) => {
    const { state, send } = world(answer);
    await send(many(2));
    await send([span]);
    expect(state.dropped).toEqual([
      [2, why],
      [1, 'the collector failed a moment ago'],
    ]);
    expect(state.requests).toHaveLength(1);
    state.nowMs += SPAN_PAUSE_MS;
    await send([span]);
    expect(state.requests).toHaveLength(2);
  });

  test('to a collector that hangs are bounded: so many requests, then drops', async () => {
    const { state, send } = world(() => new Promise(() => undefined));
    for (let n = 0; n < SPAN_EXPORTS_MAX; n += 1) void send([span]);
    await send(many(5));
    expect(state.requests).toHaveLength(SPAN_EXPORTS_MAX);
    expect(state.dropped).toEqual([[5, 'too many requests are under way']]);
  });
});
