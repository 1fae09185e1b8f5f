import fc from 'fast-check';
import { expect, test } from 'vitest';
import { burstOf, nextStartMs, reserved, takeStarts } from '../../src/core/pace.ts';

/** Asks for `count` starts at random times; when each may happen. */
function starts(perSecond: number, askedMs: number[]): number[] {
  let freeAtMs = 0;
  return askedMs.map((nowMs) => {
    const atMs = nextStartMs(freeAtMs, nowMs, perSecond);
    freeAtMs = reserved(freeAtMs, nowMs, perSecond);
    return atMs;
  });
}

test('after a rest a burst may go at once, then one at a time at the pace', () => {
  expect(starts(10, [1_000, 1_000, 1_000, 1_000])).toEqual([1_000, 1_000, 1_100, 1_200]);
});

test('in no second do more start than the pace and one burst, however they are asked for', () => {
  const asked = fc
    .array(fc.nat(5_000), { minLength: 1, maxLength: 200 })
    .map((times) => times.toSorted((a, b) => a - b));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), asked, (perSecond, times) => {
      const at = starts(perSecond, times);
      for (const from of at) {
        const within = at.filter((one) => one >= from && one < from + 1_000);
        expect(within.length).toBeLessThanOrEqual(perSecond + burstOf(perSecond));
      }
    }),
  );
});

test('nobody waits while the pace has room: after n starts the next is due n intervals later, less the burst', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 100 }), (perSecond, count) => {
      const at = starts(perSecond, Array(count).fill(1_000));
      const idealMs = 1_000 + ((count - 1) * 1_000) / perSecond;
      expect(at.at(-1)).toBeLessThanOrEqual(idealMs + 1e-6);
    }),
  );
});

test('starts taken together are those that would have been taken one by one', () => {
  const taken = takeStarts(0, 1_000, 10, 50);
  expect(taken.count).toBe(burstOf(10));
  expect(takeStarts(taken.freeAtMs, 1_000, 10, 50).count).toBe(0);
  expect(takeStarts(taken.freeAtMs, 1_100, 10, 50).count).toBe(1);
  expect(takeStarts(0, 1_000, 1_000, 3).count).toBe(3);
});
