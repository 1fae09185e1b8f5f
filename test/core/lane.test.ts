import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Delivery } from '../../src/core/delivery.ts';
import type { Ordering } from '../../src/core/endpoint.ts';
import { type AttemptedVersion, isNewer, type LaneItem, planLane } from '../../src/core/lane.ts';
import { claimed, created, ended, retrying } from '../../src/core/status.ts';

const NOW_MS = 1_000_000;
const NONE = new Map<string, number>();
const ENDPOINT = 'ep_01aaaaaaaaaaaaaaaaaaaaaaaa';

type Like = {
  version?: number | null;
  type?: string;
  dueMs?: number;
  claimed?: boolean;
  replay?: number;
  force?: boolean;
  latestGroup?: string;
  latestOnly?: boolean;
};

function item(sequence: number, like: Like = {}): LaneItem {
  const replay = like.replay ?? 0;
  const facts = { of: 0, by: 'key', reason: null, atMs: NOW_MS, force: like.force ?? false };
  let delivery: Delivery = created({
    endpoint: ENDPOINT,
    ordering: 'ordered',
    dueMs: like.dueMs ?? NOW_MS,
    ...(replay > 0 ? { replay: { number: replay, facts, previous: null } } : {}),
  });
  if (like.claimed === true) {
    delivery = claimed(delivery, { via: 'self', begunAtMs: NOW_MS, untilMs: NOW_MS + 60_000 });
  }
  const { latestGroup, latestOnly } = like;
  return {
    sequence,
    type: like.type ?? 'plan.updated',
    version: like.version ?? null,
    latestGroup,
    latestOnly,
    delivery,
  };
}

function plan(ordering: Ordering, items: LaneItem[], attempted: AttemptedVersion | null = null) {
  const { start, superseded, dueMs } = planLane({ ordering, items, attempted, attemptedOfType: NONE }, NOW_MS);
  return {
    start: start.map(({ sequence, delivery }) => (delivery.replay > 0 ? `${sequence}r` : sequence)),
    superseded: superseded.map(({ item: { sequence }, by }) => [sequence, by]),
    dueMs,
  };
}

describe('an ordered lane', () => {
  test('starts its oldest event and nothing beside it', () => {
    expect(plan('ordered', [item(1), item(2)])).toEqual({ start: [1], superseded: [], dueMs: null });
  });
  test('waits for the outcome of the one under way', () => {
    expect(plan('ordered', [item(1, { claimed: true }), item(2)])).toEqual({ start: [], superseded: [], dueMs: null });
  });
  test('a head that waits for its retry holds back what is behind it', () => {
    const later = NOW_MS + 5_000;
    expect(plan('ordered', [item(1, { dueMs: later }), item(2)])).toEqual({ start: [], superseded: [], dueMs: later });
  });
  test('versions change nothing', () => {
    const items = [item(1, { version: 18 }), item(2, { version: 17 })];
    expect(plan('ordered', items, { version: 20, sequence: 9 }).superseded).toEqual([]);
  });
});

describe('a type of which only the latest matters, in an ordered lane', () => {
  const typing = { type: 'typing', latestOnly: true };

  test('is replaced by its newest that waits, and other types stay in their order', () => {
    const later = NOW_MS + 9_000;
    const items = [item(1, { ...typing, dueMs: later }), item(2), item(3, typing), item(4, typing)];
    expect(plan('ordered', items)).toEqual({
      start: [2],
      superseded: [
        [1, 4],
        [3, 4],
      ],
      dueMs: null,
    });
  });
  test('is not replaced while its request is under way, nor by a type that keeps its order', () => {
    const items = [item(1, { ...typing, claimed: true }), item(2, { type: 'typing' })];
    expect(plan('ordered', items).superseded).toEqual([]);
  });
  test('is newer by version where both have one, and what was attempted is no limit', () => {
    const items = [item(1, { ...typing, version: 5 }), item(2, { ...typing, version: 4 })];
    expect(plan('ordered', items).superseded).toEqual([[2, 1]]);
    expect(plan('ordered', [item(3, { ...typing, version: 4 })], { version: 9, sequence: 2 }).start).toEqual([3]);
  });
  test('stays by itself in an unordered lane', () => {
    expect(plan('unordered', [item(1, typing), item(2, typing)]).start).toEqual([1, 2]);
  });
});

describe('types of one group', () => {
  const [a, b] = [
    { type: 'plan.updated', latestGroup: 'plan' },
    { type: 'plan.renewed', latestGroup: 'plan' },
  ];

  test('replace each other in a latest lane, and a type of that name does not', () => {
    const items = [item(1, a), item(2, { type: 'plan' }), item(3, b)];
    expect(plan('latest', items).superseded).toEqual([[1, 3]]);
  });
  test('keep their order in an ordered lane, unless only the latest matters', () => {
    expect(plan('ordered', [item(1, a), item(2, b)]).superseded).toEqual([]);
    const only = [item(1, { ...a, latestOnly: true }), item(2, { ...b, latestOnly: true })];
    expect(plan('ordered', only).superseded).toEqual([[1, 2]]);
  });
});

describe('a latest lane', () => {
  test('a newer version replaces an older one that waits, and says by which', () => {
    const items = [item(1, { version: 1, dueMs: NOW_MS + 9_000 }), item(2, { version: 2 })];
    expect(plan('latest', items)).toEqual({ start: [2], superseded: [[1, 2]], dueMs: null });
  });
  test('an older version that comes late is superseded by the newer one that waits', () => {
    const items = [item(1, { version: 18, dueMs: NOW_MS + 9_000 }), item(2, { version: 17 })];
    expect(plan('latest', items)).toEqual({ start: [], superseded: [[2, 1]], dueMs: NOW_MS + 9_000 });
  });
  test('a version below one already attempted never goes out, of whatever type', () => {
    const items = [item(4, { version: 17, type: 'plan.renamed' })];
    expect(plan('latest', items, { version: 18, sequence: 3 })).toEqual({
      start: [],
      superseded: [[4, 3]],
      dueMs: null,
    });
  });
  test('without versions the later sequence is the newer one', () => {
    expect(plan('latest', [item(1), item(2), item(3)])).toEqual({
      start: [3],
      superseded: [
        [1, 3],
        [2, 3],
      ],
      dueMs: null,
    });
  });
  test('with a version on one side only, neither replaces the other', () => {
    expect(plan('latest', [item(1, { version: 5 }), item(2)])).toEqual({ start: [1], superseded: [], dueMs: null });
  });
  test('equal versions both go out, one after the other', () => {
    const items = [item(1, { version: 5 }), item(2, { version: 5 })];
    expect(plan('latest', items)).toEqual({ start: [1], superseded: [], dueMs: null });
  });
  test('other types are left alone, and the lowest version goes first so that none is lost', () => {
    const items = [item(1, { version: 9, type: 'a.b' }), item(2, { version: 8, type: 'a.c' })];
    expect(plan('latest', items)).toEqual({ start: [2], superseded: [], dueMs: null });
  });
  test('the one under way is not replaced, but what waits behind it is', () => {
    const items = [item(1, { version: 1, claimed: true }), item(2, { version: 2 }), item(3, { version: 3 })];
    expect(plan('latest', items).superseded).toEqual([[2, 3]]);
  });
});

describe('an unordered lane', () => {
  test('starts everything that is due, beside what is under way', () => {
    const items = [item(1, { claimed: true }), item(2), item(3, { dueMs: NOW_MS + 1 }), item(4)];
    expect(plan('unordered', items)).toEqual({ start: [2, 4], superseded: [], dueMs: NOW_MS + 1 });
  });
});

test('of what is due no more is started than there is room for, and the plan says that there is more', () => {
  const items = [item(1), item(2), item(3)];
  const cut = planLane({ ordering: 'unordered', items, attempted: null, attemptedOfType: NONE }, NOW_MS, 2);
  expect([cut.start.map(({ sequence }) => sequence), cut.isCut]).toEqual([[1, 2], true]);
  expect(planLane({ ordering: 'unordered', items, attempted: null, attemptedOfType: NONE }, NOW_MS, 3).isCut).toBe(
    false,
  );
});

describe('a replay', () => {
  test.each<Ordering>(['ordered', 'latest', 'unordered'])('waits while something live is due (%s)', (ordering) => {
    expect(plan(ordering, [item(2), item(1, { replay: 1 })]).start).toEqual([2]);
  });
  test.each<Ordering>(['ordered', 'latest', 'unordered'])(
    'waits while something live is under way (%s)',
    (ordering) => {
      expect(plan(ordering, [item(2, { claimed: true }), item(1, { replay: 1 })]).start).toEqual([]);
    },
  );
  test('runs while a live delivery only waits for its retry', () => {
    const items = [item(2, { dueMs: NOW_MS + 5_000 }), item(1, { replay: 1 })];
    expect(plan('ordered', items).start).toEqual(['1r']);
  });
  test('of a version that a newer one has overtaken meanwhile is superseded, unless forced', () => {
    const attempted = { version: 5, sequence: 7 };
    expect(plan('ordered', [item(1, { replay: 1, version: 4 })], attempted).superseded).toEqual([[1, 7]]);
    expect(plan('ordered', [item(1, { replay: 1, version: 4, force: true })], attempted).start).toEqual(['1r']);
  });
});

test('a replay of an event without a version is not sent over a newer one of its type in a latest lane, unless forced', () => {
  const lane = { ordering: 'latest' as const, attempted: null, attemptedOfType: new Map([['plan.updated', 7]]) };
  const overtaken = planLane({ ...lane, items: [item(3, { replay: 1 })] }, NOW_MS);
  expect(overtaken.superseded.map(({ by }) => by)).toEqual([7]);
  expect(planLane({ ...lane, items: [item(3, { replay: 1, force: true })] }, NOW_MS).start).toHaveLength(1);
  expect(planLane({ ...lane, items: [item(3, { replay: 1, type: 'other' })] }, NOW_MS).start).toHaveLength(1);
  expect(planLane({ ...lane, ordering: 'ordered', items: [item(3, { replay: 1 })] }, NOW_MS).start).toHaveLength(1);
});

const anyItem = fc.record({
  version: fc.option(fc.integer({ min: 1, max: 6 })),
  type: fc.constantFrom('a.b', 'a.c'),
  due: fc.boolean(),
  state: fc.constantFrom('waiting', 'claimed', 'replay'),
});
const anyLane = fc.array(anyItem, { maxLength: 8 }).map((list) =>
  list.map(({ version, type, due, state }, index) =>
    item(index + 1, {
      version,
      type,
      dueMs: due ? NOW_MS : NOW_MS + 1_000,
      claimed: state === 'claimed' && index === 0,
      replay: state === 'replay' ? 1 : 0,
    }),
  ),
);
const anyOrdering = fc.constantFrom<Ordering>('ordered', 'latest', 'unordered');

describe('whatever is in a lane', () => {
  test('at most one delivery is under way, unless the lane is unordered', () => {
    fc.assert(
      fc.property(anyLane, fc.constantFrom<Ordering>('ordered', 'latest'), (items, ordering) => {
        const busy = items.filter(({ delivery }) => delivery.claim !== null).length;
        expect(
          busy + planLane({ ordering, items, attempted: null, attemptedOfType: NONE }, NOW_MS).start.length,
        ).toBeLessThanOrEqual(1);
      }),
    );
  });
  test('nothing is both started and superseded, and nothing claimed is superseded', () => {
    fc.assert(
      fc.property(anyLane, anyOrdering, (items, ordering) => {
        const { start, superseded } = planLane({ ordering, items, attempted: null, attemptedOfType: NONE }, NOW_MS);
        const gone = superseded.map((one) => one.item);
        expect(start.filter((one) => gone.includes(one))).toEqual([]);
        expect(gone.filter(({ delivery }) => delivery.claim !== null)).toEqual([]);
      }),
    );
  });
  test('a lane with something open starts it, waits for an outcome, or knows when to look again', () => {
    fc.assert(
      fc.property(anyLane, anyOrdering, (items, ordering) => {
        const { start, superseded, dueMs } = planLane(
          { ordering, items, attempted: null, attemptedOfType: NONE },
          NOW_MS,
        );
        const left = items.filter((one) => !superseded.some((gone) => gone.item === one));
        const isBusy = items.some(({ delivery }) => delivery.claim !== null);
        if (left.length > 0) expect(start.length > 0 || isBusy || dueMs !== null).toBe(true);
      }),
    );
  });
  test('superseding names an event that is newer, and still there or already sent', () => {
    fc.assert(
      fc.property(anyLane, (items) => {
        const { superseded } = planLane({ ordering: 'latest', items, attempted: null, attemptedOfType: NONE }, NOW_MS);
        for (const { item: old, by } of superseded) {
          const winner = items.find(({ sequence, delivery }) => sequence === by && delivery.replay === 0);
          expect(winner !== undefined && isNewer(winner, old)).toBe(true);
          expect(superseded.some((other) => other.item === winner)).toBe(false);
        }
      }),
    );
  });
});

describe('a transition', () => {
  const waiting = item(1).delivery;
  test('a retry that was lost uses up its attempt number but no retry', () => {
    expect(retrying(waiting, NOW_MS, false).retries).toBe(0);
    expect(retrying(waiting, NOW_MS, true).retries).toBe(1);
  });
  test('an end leaves an open claim in place: its request may still be running', () => {
    const under = item(1, { claimed: true }).delivery;
    expect(ended(under, 'delivered', NOW_MS).claim).toEqual(under.claim);
  });
});
