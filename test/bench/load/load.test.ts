/**
 * The arithmetic of `npm run bench`: when requests are due, when an overload is over, where a
 * profile's time goes.
 */
import { expect, test } from 'vitest';
import { recoveredAfter } from './case-rate.ts';
import { dueTimes } from './messages.ts';
import { summarize } from './profile-summary.ts';

test('requests are due at their rate, and a second phase follows the first without a pause', () => {
  expect(dueTimes([{ ratePerSecond: 2, seconds: 1 }])).toEqual([0, 500]);
  const due = dueTimes([
    { ratePerSecond: 2, seconds: 2 },
    { ratePerSecond: 1, seconds: 2 },
  ]);
  expect(due).toEqual([0, 500, 1_000, 1_500, 2_000, 3_000]);
});

test('an overload is over after the last second whose arrivals are slow or missing', () => {
  const probe = (second: number, tookMs: number | null) => ({ dueMs: second * 1_000, tookMs, atMs: null });
  const quick = Array.from({ length: 30 }, (_, second) => probe(second, 10));
  expect(recoveredAfter(quick, 0)).toBe(0);
  expect(recoveredAfter([probe(0, 900), probe(3, null), ...quick.slice(4)], 0)).toBe(4_000);
  expect(recoveredAfter([...quick.slice(0, 29), probe(29, 900)], 0)).toBeNull();
});

test("a function that calls itself counts once, and a dependency's time is its caller's too", () => {
  const frame = (functionName: string, lineNumber: number) => ({
    functionName,
    url: 'index.js',
    lineNumber,
    columnNumber: 0,
  });
  const sources = [
    '',
    '../src/http/publish/publish.ts',
    '../node_modules/@hono/zod-openapi/node_modules/zod/v4/core.js',
  ];
  const profile = {
    nodes: [
      { id: 1, callFrame: { ...frame('(root)', 0), url: '' }, children: [2, 5] },
      { id: 2, callFrame: frame('publish', 1), children: [3, 4] },
      { id: 3, callFrame: frame('publish', 1) },
      { id: 4, callFrame: frame('parse', 2) },
      { id: 5, callFrame: { ...frame('(idle)', 0), url: '' } },
    ],
    samples: [2, 3, 4, 5],
    timeDeltas: [1_000, 1_000, 2_000, 9_000],
  };
  const { busyMs, byPlace, total } = summarize(profile, (line) => sources[line] ?? '');
  expect(busyMs).toBe(4);
  expect(total).toEqual([{ name: 'publish src/http/publish/publish.ts', ms: 4 }]);
  expect(byPlace.map(({ name, ms }) => `${name} ${ms}`)).toEqual([
    'src/http/publish/publish.ts 2',
    'zod 2',
    'native 0',
  ]);
});
