import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { QUOTA_BURST_SECONDS } from '../../src/core/limits.ts';
import { type Bucket, take } from '../../src/core/quota.ts';

const NOW_MS = 1_000_000;

/**
 * Publishes one after the other: of how many events each, and how long after the one before. Says
 * which went through.
 */
function publishes(eventsPerSecond: number, list: { events: number; afterMs: number }[]) {
  let bucket: Bucket | null = null;
  let nowMs = NOW_MS;
  return list.map(({ events, afterMs }) => {
    nowMs += afterMs;
    const taken = take(bucket, eventsPerSecond, events, nowMs);
    bucket = taken.bucket;
    return { atMs: nowMs, events, exceeded: taken.exceeded };
  });
}

describe('a quota', () => {
  test('lets a burst of five seconds through, then its pace', () => {
    const burst = publishes(
      2,
      Array.from({ length: 12 }, () => ({ events: 1, afterMs: 0 })),
    );
    expect(burst.filter(({ exceeded }) => exceeded === null)).toHaveLength(2 * QUOTA_BURST_SECONDS);
    expect(burst.at(-1)?.exceeded).toEqual({ reason: 'quota-exceeded', eventsPerSecond: 2, retryAfterMs: 500 });
  });

  test('lets a batch through that is larger than what is left, and those after it wait for that', () => {
    const [batch, early, late] = publishes(1, [
      { events: 100, afterMs: 0 },
      { events: 1, afterMs: 95_999 },
      { events: 1, afterMs: 1 },
    ]);
    expect(batch?.exceeded).toBeNull();
    expect(early?.exceeded).toMatchObject({ retryAfterMs: 1 });
    expect(late?.exceeded).toBeNull();
  });

  test('does not count what it refused', () => {
    const list = [{ events: 5, afterMs: 0 }, ...Array.from({ length: 50 }, () => ({ events: 100, afterMs: 0 }))];
    const after = publishes(1, [...list, { events: 1, afterMs: 1_000 }]);
    expect(after.at(-1)?.exceeded).toBeNull();
  });

  test('refuses no question about no events, and saves no more than its burst', () => {
    const { bucket } = take({ thousandths: -50_000, atMs: NOW_MS }, 1, 0, NOW_MS + 3_600_000);
    expect(bucket.thousandths).toBe(QUOTA_BURST_SECONDS * 1_000);
    expect(take({ thousandths: -50_000, atMs: NOW_MS }, 1, 0, NOW_MS).exceeded).toBeNull();
  });

  test('is not filled by a clock that was set back', () => {
    expect(take({ thousandths: 0, atMs: NOW_MS }, 1, 1, NOW_MS - 60_000).exceeded).toMatchObject({
      retryAfterMs: 1_000,
    });
  });

  test('that was lowered takes from what was saved', () => {
    expect(take({ thousandths: 500_000, atMs: NOW_MS }, 1, 0, NOW_MS).bucket.thousandths).toBe(5_000);
  });
});

test('whatever is published: the pace holds over time, but for one burst and one publish; and Retry-After is no lie', () => {
  const publish = fc.record({ events: fc.integer({ min: 1, max: 100 }), afterMs: fc.integer({ min: 0, max: 4_000 }) });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.array(publish, { maxLength: 60 }), (pace, list) => {
      const seen = publishes(pace, list);
      const through = seen.filter(({ exceeded }) => exceeded === null);
      const sum = through.reduce((total, { events }) => total + events, 0);
      const spanMs = (through.at(-1)?.atMs ?? 0) - (through[0]?.atMs ?? 0);
      const last = through.at(-1)?.events ?? 0;
      expect(sum - last).toBeLessThanOrEqual(pace * (spanMs / 1_000) + pace * QUOTA_BURST_SECONDS);
      // Who waits as long as it was told is let through.
      const refused = seen.findIndex(({ exceeded }) => exceeded !== null);
      if (refused === -1) return;
      const waited = { events: 100, afterMs: seen[refused]?.exceeded?.retryAfterMs ?? 0 };
      expect(publishes(pace, [...list.slice(0, refused + 1), waited]).at(-1)?.exceeded).toBeNull();
    }),
  );
});
