/**
 * A fault of ours keeps a request from leaving: it costs its delivery time and nothing else (V9).
 */
import { expect, test } from 'vitest';
import { NOT_SENT_WAIT_MS_MAX } from '../../src/core/limits.ts';
import type { AttemptOutcome } from '../../src/core/outcome.ts';
import { Bench, FAILURE, SUCCESS } from './bench.ts';

const NOT_SENT: Partial<AttemptOutcome> = {
  latencyMs: 0,
  error: { kind: 'not-sent', message: 'Not sent: the secret of ep does not open.' },
};

test('it uses up no retry and is reported to no Gate', () => {
  const bench = new Bench();
  const [run] = bench.publish('evt_1').run;
  expect(bench.settle(run?.claim, NOT_SENT).settled).toEqual({ disable: [], reports: [] });
  expect(bench.delivery(1)).toMatchObject({ attempts: 1, retries: 0, firstAttemptAtMs: null });
  expect(bench.delivery(1).state).toMatchObject({ as: 'retrying', dueMs: bench.nowMs + 10_000 });
});

test('it is retried for hours, at most five minutes apart, and the delivery is still sent with all of its retries', () => {
  const bench = new Bench({ retry: { scheduleSeconds: [10, 30], windowSeconds: 600, alsoRetry: [] } });
  let [run] = bench.publish('evt_1').run;
  const waits: number[] = [];
  for (let n = 0; n < 60; n += 1) {
    bench.settle(run?.claim, NOT_SENT);
    const { state } = bench.delivery(1);
    if (state.kind !== 'waiting') throw new Error('it ended');
    waits.push((state.dueMs - bench.nowMs) / 1_000);
    bench.nowMs = state.dueMs;
    [run] = bench.alarm().run;
    bench.begin(run?.claim);
  }
  expect(waits.slice(0, 7)).toEqual([10, 20, 40, 80, 160, 300, 300]);
  expect(Math.max(...waits) * 1_000).toBe(NOT_SENT_WAIT_MS_MAX);
  // The fault is mended: what the receiver does counts from here.
  for (const [retries, seconds] of [
    [1, 10],
    [2, 30],
  ] as const) {
    bench.settle(run?.claim, FAILURE);
    expect(bench.delivery(1)).toMatchObject({ retries });
    bench.nowMs += seconds * 1_000;
    [run] = bench.alarm().run;
    bench.begin(run?.claim);
  }
  bench.settle(run?.claim, SUCCESS);
  expect(bench.delivery(1)).toMatchObject({ attempts: 63, state: { as: 'delivered' } });
});

test('between two failures of the receiver it stops the retry window', () => {
  const bench = new Bench({ retry: { scheduleSeconds: [10, 600], windowSeconds: 900, alsoRetry: [] } });
  let [run] = bench.publish('evt_1').run;
  bench.settle(run?.claim, FAILURE);
  bench.nowMs += 10_000;
  [run] = bench.alarm().run;
  for (let n = 0; n < 20; n += 1) {
    bench.begin(run?.claim);
    bench.settle(run?.claim, NOT_SENT);
    const { state } = bench.delivery(1);
    bench.nowMs = state.kind === 'waiting' ? state.dueMs : 0;
    [run] = bench.alarm().run;
  }
  bench.begin(run?.claim);
  bench.settle(run?.claim, FAILURE);
  expect(bench.delivery(1)).toMatchObject({ retries: 2, state: { as: 'retrying', dueMs: bench.nowMs + 600_000 } });
});

test('an event that was only worth sending for a while still expires', () => {
  const bench = new Bench();
  const [run] = bench.publish('evt_1', { expireAfterSeconds: 5 }).run;
  bench.settle(run?.claim, NOT_SENT);
  expect(bench.delivery(1).state).toMatchObject({ as: 'dead', reason: 'expired' });
});
