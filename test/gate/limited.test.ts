/**
 * C8, by simulation: a record that its receiver limits makes no other wait, and an endpoint that
 * asks is left alone.
 */
import { describe, expect, test } from 'vitest';
import { during, LimitedEndpoint, limited, ratios, type Receiver, SERVED, served, STATES } from './limited.ts';

const PLAN = { records: 75, perSecondEach: 0.2 };
describe.each(STATES)('a circuit that is $name', ({ plan, receiver }) => {
  test.each([null, 60_000, 3_600_000])(
    'lets 74 records pass one that is limited by itself (Retry-After: %s ms)',
    (retryAfterMs) => {
      for (const seed of [1, 2]) {
        const beside = receiver((record) => (record === 0 ? limited(retryAfterMs) : SERVED));
        const isHealthy = (record: number) => record > 0;
        const { p50, p95, p99 } = ratios({ ...PLAN, ...plan, seed, alone: receiver(served), beside, isHealthy });
        expect(Math.max(p50, p95, p99)).toBeLessThanOrEqual(1.1);
      }
    },
  );
});

describe('an endpoint that limits all of its records', () => {
  test.each([60_000, 600_000])('is left alone within seconds, for the %i ms that it asks', (retryAfterMs) => {
    const from = 120_000;
    const receiver = during(from, from + retryAfterMs, () => limited(retryAfterMs), served);
    const { arrivals, waits } = new LimitedEndpoint({ ...PLAN, seed: 1, seconds: 300, receiver }).run();
    const asked = arrivals.filter(({ answer }) => answer.statusCode === 429);
    expect(asked.length).toBeLessThanOrEqual(10);
    // The last of them is the probe that confirms it.
    expect(Math.max(...asked.map(({ atMs }) => atMs - from))).toBeLessThan(11_000);
    expect(waits.length).toBeGreaterThan(4_000);
  });

  test('to so many a minute is asked little more often than that, and gets everything', () => {
    const minutes = new Map<number, number>();
    const receiver: Receiver = (_record, nowMs) => {
      const minute = Math.floor(nowMs / 60_000);
      minutes.set(minute, (minutes.get(minute) ?? 0) + 1);
      return (minutes.get(minute) ?? 0) > 300 ? limited((minute + 1) * 60_000 - nowMs) : SERVED;
    };
    const plan = { ...PLAN, perSecondEach: 0.1, seed: 1, seconds: 300, receiver };
    const { arrivals, waits } = new LimitedEndpoint(plan).run();
    const isAsked = (status: number) => arrivals.filter(({ answer }) => answer.statusCode === status).length;
    expect(isAsked(429)).toBeLessThan(isAsked(204) / 10);
    // 450 a minute are published and 300 taken.
    expect(Math.max(...waits.map(({ publishedMs, ms }) => publishedMs + ms))).toBeLessThan(8.5 * 60_000);
  });
});
