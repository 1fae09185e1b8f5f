import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FANOUT_CLAIMS_MAX, QUICK_SLOTS, SELF_ATTEMPTS_MAX } from '../../src/core/limits.ts';
import { place } from '../../src/core/placing.ts';

const IDLE = { self: 0, selfUnproven: 0, fanout: 0 };
const isQuick = (name: string) => name.startsWith('quick');

test('endpoints that may hang never take the slots of quick ones', () => {
  const hung = ['hung1', 'hung2', 'hung3', 'hung4', 'hung5'];
  expect(place([...hung, 'quick1', 'quick2'], isQuick, IDLE)).toEqual({
    self: ['hung1', 'hung2', 'hung3', 'quick1', 'quick2'],
    fanout: ['hung4', 'hung5'],
    waiting: [],
  });
});

test('quick ones may take every slot', () => {
  const names = ['quick1', 'quick2', 'quick3', 'quick4', 'quick5', 'quick6'];
  expect(place(names, isQuick, IDLE)).toEqual({ self: names.slice(0, 5), fanout: ['quick6'], waiting: [] });
});

test('over every bound, the rest waits for an end', () => {
  const full = { self: SELF_ATTEMPTS_MAX, selfUnproven: 0, fanout: FANOUT_CLAIMS_MAX };
  expect(place(['a', 'quick1'], isQuick, full)).toEqual({ self: [], fanout: [], waiting: ['a', 'quick1'] });
});

test('whatever starts, no bound is passed and nothing is lost', () => {
  const names = fc.array(fc.constantFrom('quick', 'slow'), { maxLength: 600 });
  fc.assert(
    fc.property(names, fc.nat(SELF_ATTEMPTS_MAX), fc.nat(FANOUT_CLAIMS_MAX), (starts, self, fanout) => {
      const placing = place(starts, isQuick, { self, selfUnproven: 0, fanout });
      expect(placing.self.length + self).toBeLessThanOrEqual(SELF_ATTEMPTS_MAX);
      expect(placing.self.filter((name) => !isQuick(name)).length).toBeLessThanOrEqual(SELF_ATTEMPTS_MAX - QUICK_SLOTS);
      expect(placing.fanout.length + fanout).toBeLessThanOrEqual(FANOUT_CLAIMS_MAX);
      expect(placing.self.length + placing.fanout.length + placing.waiting.length).toBe(starts.length);
    }),
  );
});
