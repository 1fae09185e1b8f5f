import { expect, test } from 'vitest';
import { smoothed, speedOf } from '../../src/core/speed.ts';

const answer = (latencyMs: number) => ({ statusCode: 200, error: null, latencyMs });
const failure = (kind: 'timeout' | 'connect', latencyMs: number) => ({
  statusCode: null,
  error: { kind, message: 'simulated' },
  latencyMs,
});

test('an endpoint is quick, slow or unproven by its smoothed latency alone', () => {
  expect([null, 20, 1_000, 1_001].map(speedOf)).toEqual(['unproven', 'quick', 'quick', 'slow']);
});

test('one slow answer of a quick endpoint does not make it slow; several do, and quick ones make it quick again', () => {
  let latencyMs = smoothed(null, answer(50));
  latencyMs = smoothed(latencyMs, answer(3_000));
  expect(speedOf(latencyMs)).toBe('quick');
  latencyMs = smoothed(latencyMs, answer(3_000));
  expect(speedOf(latencyMs)).toBe('slow');
  for (let n = 0; n < 3; n += 1) latencyMs = smoothed(latencyMs, answer(50));
  expect(speedOf(latencyMs)).toBe('quick');
});

test('a timeout counts for as long as it took: a hung endpoint is slow', () => {
  expect(speedOf(smoothed(null, failure('timeout', 15_000)))).toBe('slow');
});

test('a connection that fails quickly proves nothing: neither that a slow endpoint is quick, nor that a quick one still is', () => {
  expect(speedOf(smoothed(5_000, failure('connect', 3)))).toBe('slow');
  expect(speedOf(smoothed(50, failure('connect', 3)))).toBe('unproven');
});
