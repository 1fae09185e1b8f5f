import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bucketOf, LATENCY_BOUNDS_MS, LATENCY_ERROR, percentile } from '../../src/core/latency.ts';
import { TIMEOUT_MS_MAX } from '../../src/core/limits.ts';

const latency = fc.oneof(fc.integer({ min: 0, max: TIMEOUT_MS_MAX * 2 }), fc.integer({ min: 0, max: 60 }));

function countsOf(values: number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(bucketOf(value), (counts.get(bucketOf(value)) ?? 0) + 1);
  return counts;
}

test('a percentile is within its stated error of the exact one', () => {
  fc.assert(
    fc.property(fc.array(latency, { minLength: 1 }), fc.constantFrom(0.01, 0.5, 0.95, 0.99, 1), (values, q) => {
      const exact = values.toSorted((a, b) => a - b)[Math.ceil(q * values.length) - 1] ?? 0;
      const shown = percentile(countsOf(values), q) ?? Number.NaN;
      // Half a millisecond is lost to rounding.
      expect(Math.abs(shown - exact)).toBeLessThanOrEqual(exact * LATENCY_ERROR + 0.5);
    }),
  );
});

test('counts of two windows add up to those of both', () => {
  fc.assert(
    fc.property(fc.array(latency), fc.array(latency), (a, b) => {
      const sum = countsOf(a);
      for (const [bucket, n] of countsOf(b)) sum.set(bucket, (sum.get(bucket) ?? 0) + n);
      expect(percentile(sum, 0.95)).toBe(percentile(countsOf([...a, ...b]), 0.95));
    }),
  );
});

test('bounds grow, few, up to beyond the longest timeout; nothing has no percentile', () => {
  expect(LATENCY_BOUNDS_MS.every((end, i) => i === 0 || end > (LATENCY_BOUNDS_MS[i - 1] ?? 0))).toBe(true);
  expect(LATENCY_BOUNDS_MS.length).toBeLessThan(64);
  expect(LATENCY_BOUNDS_MS.at(-1)).toBeGreaterThan(TIMEOUT_MS_MAX);
  expect(percentile(new Map(), 0.5)).toBeNull();
  expect(percentile(countsOf([8, 8, 8]), 0.99)).toBe(8);
});
