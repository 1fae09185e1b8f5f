import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FANOUT_CLAIMS_MAX, FANOUT_ENDPOINT_CLAIMS_MAX, SLOW_CLAIMS_MAX } from '../../src/core/limits.ts';
import { place } from '../../src/core/placing.ts';
import type { Speed } from '../../src/core/speed.ts';

const IDLE = {
  self: 0,
  selfUnproven: 0,
  fanout: 0,
  fanoutOf: new Map<string, number>(),
  slow: new Map<string, number>(),
};
const SLOTS = 6;
const speedOf = (name: string): Speed =>
  name.startsWith('quick') ? 'quick' : name.startsWith('slow') ? 'slow' : 'unproven';
const facts = (name: string) => ({ endpoint: name, speed: speedOf(name) });

test('endpoints that may hang never take the slots of quick ones', () => {
  const unproven = ['new1', 'new2', 'new3', 'new4', 'new5'];
  expect(place([...unproven, 'quick1', 'quick2', 'quick3'], facts, IDLE, SLOTS)).toEqual({
    self: ['new1', 'new2', 'new3', 'quick1', 'quick2', 'quick3'],
    fanout: ['new4', 'new5'],
    slow: [],
    waiting: [],
  });
});

test('quick ones may take every slot', () => {
  const names = ['quick1', 'quick2', 'quick3', 'quick4', 'quick5', 'quick6', 'quick7'];
  const placing = place(names, facts, IDLE, SLOTS);
  expect(placing).toEqual({ self: names.slice(0, SLOTS), fanout: ['quick7'], slow: [], waiting: [] });
});

test('slow ones take no slot of the Shard and no place in the queue of quick ones, whatever is free', () => {
  expect(place(['slow1', 'slow2', 'quick1'], facts, IDLE, SLOTS)).toEqual({
    self: ['quick1'],
    fanout: [],
    slow: ['slow1', 'slow2'],
    waiting: [],
  });
});

test('one slow endpoint has a bounded number of claims under way, and others have theirs beside it', () => {
  const starts = Array.from({ length: SLOW_CLAIMS_MAX + 2 }, () => 'slow1');
  const placing = place([...starts, 'slow2'], facts, { ...IDLE, slow: new Map([['slow1', 3]]) }, SLOTS);
  expect(placing.slow.filter((name) => name === 'slow1')).toHaveLength(SLOW_CLAIMS_MAX - 3);
  expect(placing.slow).toContain('slow2');
  expect(placing.waiting).toHaveLength(5);
});

test('one endpoint has a bounded share of the queue', () => {
  const starts = Array.from({ length: FANOUT_ENDPOINT_CLAIMS_MAX + 2 }, () => 'new1');
  const placing = place([...starts, 'new2'], facts, { ...IDLE, self: SLOTS }, SLOTS);
  expect(placing.fanout).toHaveLength(FANOUT_ENDPOINT_CLAIMS_MAX + 1);
  expect(placing.waiting).toEqual(['new1', 'new1']);
});

test('over every bound, the rest waits for an end', () => {
  const full = { ...IDLE, self: SLOTS, fanout: FANOUT_CLAIMS_MAX };
  expect(place(['a', 'quick1'], facts, full, SLOTS)).toEqual({
    self: [],
    fanout: [],
    slow: [],
    waiting: ['a', 'quick1'],
  });
});

test('whatever starts, no bound is passed and nothing is lost', () => {
  const names = fc.array(fc.constantFrom('quick', 'new', 'slow'), { maxLength: 600 });
  fc.assert(
    fc.property(names, fc.nat(SLOTS), fc.nat(FANOUT_CLAIMS_MAX), (starts, self, fanout) => {
      const placing = place<string>(starts, facts, { ...IDLE, self, fanout }, SLOTS);
      const unproven = placing.self.filter((name) => speedOf(name) !== 'quick');
      expect(placing.self.length + self).toBeLessThanOrEqual(SLOTS);
      expect(unproven.length).toBeLessThanOrEqual(SLOTS / 2);
      expect(placing.fanout.length + fanout).toBeLessThanOrEqual(FANOUT_CLAIMS_MAX);
      expect(placing.slow.length).toBeLessThanOrEqual(SLOW_CLAIMS_MAX);
      const placed = [placing.self, placing.fanout, placing.slow, placing.waiting].flat();
      expect(placed.toSorted()).toEqual(starts.toSorted());
    }),
  );
});
