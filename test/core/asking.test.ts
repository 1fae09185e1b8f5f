import { describe, expect, test } from 'vitest';
import { askedMs, askedOfSeveral, type Asking, counted, isEndpointAsking, NOBODY_ASKS } from '../../src/core/asking.ts';
import { ASKERS_MAX } from '../../src/core/limits.ts';
import type { Report } from '../../src/core/report.ts';

const report = (answer: Report['answer'], retryAfterMs: number | null, given: Partial<Report> = {}): Report => ({
  answer,
  retryAfterMs,
  successes: 0,
  atMs: 1_000,
  ...given,
});
const ASK = report('failed', 60_000);
const DELIVERED = report('delivered', null);

/** One report a second, each by another record unless it is named. */
function after(reports: (Report | [string, Report])[], from: Asking = NOBODY_ASKS): Asking {
  return reports.reduce<Asking>((asking, given, n) => {
    const [record, one] = Array.isArray(given) ? given : [`r${n}`, given];
    const nowMs = 1_000 + n * 1_000;
    return counted(asking, record, { ...one, atMs: one.atMs === 1_000 ? nowMs : one.atMs }, nowMs);
  }, from);
}

test('only a failure that asks for ten seconds or more asks, and for an hour at most', () => {
  expect([null, 0, 9_999, 10_000, 9e9].map((ms) => askedMs(report('failed', ms)))).toEqual([
    0, 0, 0, 10_000, 3_600_000,
  ]);
  expect(askedMs(report('delivered', 60_000))).toBe(0);
});

describe('the endpoint asks', () => {
  test('where five answers in a row of three records do', () => {
    expect(isEndpointAsking(after([ASK, ASK, ASK, ASK]))).toBe(false);
    expect(isEndpointAsking(after([ASK, ASK, ASK, ASK, ASK]))).toBe(true);
    expect(isEndpointAsking(after(Array.from({ length: 9 }, (_, n) => [`r${n % 2}`, ASK])))).toBe(false);
  });

  test('also where one record alone does so many times: events without a record share one', () => {
    expect(isEndpointAsking(after(Array.from({ length: 25 }, () => ['r', ASK])))).toBe(true);
  });

  test('also where a third of what is answered beside them is not so', () => {
    expect(isEndpointAsking(after([ASK, ASK, DELIVERED, ASK, ASK, DELIVERED, ASK]))).toBe(true);
  });
});

describe('only records of it ask', () => {
  test('where others are served meanwhile: reported one by one, or by a failure that carries them', () => {
    expect(isEndpointAsking(after([ASK, DELIVERED, ASK, DELIVERED, ASK, DELIVERED, ASK, DELIVERED, ASK]))).toBe(false);
    const carrying = report('failed', 60_000, { successes: 20 });
    expect(isEndpointAsking(after([ASK, ...Array<Report>(9).fill(carrying)]))).toBe(false);
  });

  test('where they left at the same time: what was asked first was not known to the others', () => {
    expect(isEndpointAsking(after([ASK, ...Array<Report>(20).fill({ ...ASK, atMs: 900 })]))).toBe(false);
  });

  test('what was served before the first of them is no evidence against it', () => {
    expect(isEndpointAsking(after([{ ...ASK, successes: 500 }, ASK, ASK, ASK, ASK]))).toBe(true);
  });

  test('and its time passes', () => {
    const asking = after([ASK, ASK, ASK, ASK, ASK]);
    expect(counted(asking, 'r', { ...DELIVERED, atMs: 70_000 }, 70_000)).toEqual(NOBODY_ASKS);
  });
});

test('what several are asked is the shortest of it; of one or two it is nothing', () => {
  const long = report('failed', 3_600_000);
  expect(askedOfSeveral(after([long, ASK]))).toBe(null);
  expect(askedOfSeveral(after([long, ASK, long]))).toBe(60_000);
});

test('no more records are remembered than say something', () => {
  expect(after(Array<Report>(3 * ASKERS_MAX).fill(report('failed', 3_600_000))).askers.size).toBe(ASKERS_MAX);
});
