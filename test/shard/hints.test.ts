/** What an isolate remembers of endpoints, and for how long it counts. */
import { expect, test } from 'vitest';
import type { AttemptOutcome } from '../../src/core/outcome.ts';
import { readRecord } from '../../src/shard/views.ts';
import { EndpointHints } from '../../src/shard/hints.ts';
import { Bench, SUCCESS } from './bench.ts';

const answered = (atMs: number, latencyMs = 20): AttemptOutcome => ({
  atMs,
  latencyMs,
  statusCode: 200,
  error: null,
  responseHeaders: null,
  responseBody: null,
  retryAfterMs: null,
  directive: null,
});

test('successes of a moment ago stand beside a failure, and are counted once', () => {
  const hints = new EndpointHints();
  for (let n = 0; n < 5; n += 1) hints.answered('ep_1', answered(1_000 + n));
  expect(hints.takeSuccesses('ep_1', 2_000)).toBe(5);
  expect(hints.takeSuccesses('ep_1', 2_000)).toBe(0);
  expect(hints.takeSuccesses('ep_2', 2_000)).toBe(0);
});

test('successes of long ago say nothing of now: an outage is not hidden behind them', () => {
  const hints = new EndpointHints();
  for (let n = 0; n < 100; n += 1) hints.answered('ep_1', answered(1_000 + n));
  expect(hints.takeSuccesses('ep_1', 61_000)).toBe(0);
});

test('a read of a status changes nothing about the route of the next event', () => {
  const bench = new Bench();
  const [first] = bench.publish('evt_1').run;
  bench.settle(first?.claim, { ...SUCCESS, latencyMs: 20 });
  const [second] = bench.publish('evt_2').run;
  // One slow answer of a quick endpoint does not make it slow …
  bench.settle(second?.claim, { ...SUCCESS, latencyMs: 3_000 });
  // … and its event, which is finished, is loaded again to be shown.
  bench.confirm(1);
  bench.confirm(2);
  readRecord(bench.ledger.memory);
  expect(bench.publish('evt_3')).toMatchObject({ run: [{}], slow: [] });
});
