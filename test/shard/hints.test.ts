/** What an isolate remembers of endpoints, and for how long it counts. */
import { expect, test } from 'vitest';
import type { AttemptOutcome } from '../../src/core/outcome.ts';
import { EndpointHints } from '../../src/shard/hints.ts';

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
