/**
 * C3 over whole lives of a lane: whatever is published, in whatever order and with whatever
 * versions, and however attempts end.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Ordering } from '../../src/core/endpoint.ts';
import { type AttemptedVersion, isNewer, type LaneItem, planLane } from '../../src/core/lane.ts';
import { claimed, created, ended, retrying } from '../../src/core/status.ts';

const NOW_MS = 1_000_000;
const RETRY_MS = 10_000;

type Step =
  | { kind: 'publish'; type: string; version: number | null }
  | { kind: 'end'; how: 'delivered' | 'dead' | 'retry' }
  | { kind: 'wait' };
type Item = LaneItem & { starts: number; supersededBy: number | null };

/**
 * One lane as a Record keeps it, without rows: publishes, ends of attempts and time, with a plan
 * after each.
 */
function live(ordering: Ordering, steps: Step[]) {
  const all: Item[] = [];
  const sent: Item[] = [];
  const attemptedOfType = new Map<string, number>();
  let attempted: AttemptedVersion | null = null;
  let nowMs = NOW_MS;

  const plan = () => {
    const items = all.filter(({ delivery }) => delivery.state.kind === 'waiting' || delivery.claim !== null);
    const { superseded, start } = planLane({ ordering, items, attempted, attemptedOfType }, nowMs);
    for (const { item, by } of superseded) {
      item.delivery = ended(item.delivery, 'superseded', nowMs, { supersededBy: by });
      item.supersededBy = by;
    }
    for (const item of start) {
      const { version, sequence, type } = item;
      item.delivery = claimed(item.delivery, { via: 'self', begunAtMs: nowMs, untilMs: nowMs + 60_000 });
      item.starts += 1;
      sent.push(item);
      if (version === null) attemptedOfType.set(type, Math.max(sequence, attemptedOfType.get(type) ?? 0));
      else if (attempted === null || version > attempted.version) attempted = { version, sequence };
    }
  };
  const end = (item: Item, how: 'delivered' | 'dead' | 'retry') => {
    const free = { ...item.delivery, claim: null, attempts: item.delivery.attempts + 1 };
    item.delivery = how === 'retry' ? retrying(free, nowMs + RETRY_MS, true) : ended(free, how, nowMs);
  };
  const underWay = () => all.find(({ delivery }) => delivery.claim !== null);

  for (const step of steps) {
    if (step.kind === 'publish') {
      const delivery = created({ endpoint: 'ep_01aaaaaaaaaaaaaaaaaaaaaaaa', ordering, dueMs: nowMs });
      const { type, version } = step;
      all.push({ sequence: all.length + 1, type, version, delivery, starts: 0, supersededBy: null });
    } else if (step.kind === 'wait') nowMs += RETRY_MS;
    else {
      const item = underWay();
      if (item !== undefined) end(item, step.how);
    }
    plan();
  }
  for (let left = 3 * all.length; left > 0; left -= 1) {
    nowMs += RETRY_MS;
    plan();
    const item = underWay();
    if (item === undefined) break;
    end(item, 'delivered');
  }
  return { all, sent };
}

const anyPublish = fc.record({
  kind: fc.constant('publish' as const),
  type: fc.constantFrom('plan.updated', 'plan.renamed'),
  version: fc.option(fc.integer({ min: 1, max: 5 })),
});
const anyEnd = fc.record({
  kind: fc.constant('end' as const),
  how: fc.constantFrom('delivered' as const, 'dead' as const, 'retry' as const),
});
const anySteps = fc.array(fc.oneof(anyPublish, anyEnd, fc.constant({ kind: 'wait' as const })), { maxLength: 24 });

function always(ordering: Ordering, holds: (lane: ReturnType<typeof live>) => void): void {
  fc.assert(
    fc.property(anySteps, (steps) => {
      holds(live(ordering, steps));
    }),
    { numRuns: 500 },
  );
}

describe.each<Ordering>(['ordered', 'latest', 'unordered'])('in a lane that is %s', (ordering) => {
  test('everything ends', () => {
    always(ordering, ({ all }) => expect(all.filter(({ delivery }) => delivery.state.kind !== 'ended')).toEqual([]));
  });
});

describe('in an ordered lane', () => {
  test('every event is sent, in the order of publishing, whatever the versions', () => {
    always('ordered', ({ all, sent }) => {
      expect([...new Set(sent)].map(({ sequence }) => sequence)).toEqual(all.map(({ sequence }) => sequence));
      // Once the next has started, nothing of the one before leaves any more.
      expect(sent.map(({ sequence }) => sequence)).toEqual(
        sent.map(({ sequence }) => sequence).toSorted((a, b) => a - b),
      );
    });
  });
});

describe('in an unordered lane', () => {
  test('every event is sent and none is superseded', () => {
    always('unordered', ({ all }) => {
      expect(all.every(({ starts, supersededBy }) => starts > 0 && supersededBy === null)).toBe(true);
    });
  });
});

describe('in a latest lane', () => {
  test('no version below one that was attempted leaves', () => {
    always('latest', ({ sent }) => {
      const versions = sent.flatMap(({ version }) => (version === null ? [] : [version]));
      expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    });
  });

  test('what was superseded names an event that is newer, by version or where neither has one by sequence', () => {
    always('latest', ({ all }) => {
      for (const item of all.filter(({ supersededBy }) => supersededBy !== null)) {
        const by = all.find(({ sequence }) => sequence === item.supersededBy);
        expect(by !== undefined && isNewer(by, item)).toBe(true);
        if (by?.type !== item.type) expect(by?.starts).toBeGreaterThan(0);
      }
    });
  });

  test('of each type the newest is sent, unless a higher version of another type went out before', () => {
    always('latest', ({ all }) => {
      for (const item of all.filter(({ starts }) => starts === 0)) {
        const newer = all.filter((other) => isNewer(other, item) && other.starts > 0);
        expect(newer.length).toBeGreaterThan(0);
      }
    });
  });

  test('equal versions are all sent, and in the order of publishing, unless a higher one replaced them', () => {
    always('latest', ({ all, sent }) => {
      const first = [...new Set(sent)];
      for (const one of all) {
        const twins = first.filter(
          ({ type, version }) => type === one.type && version === one.version && version !== null,
        );
        expect(twins.map(({ sequence }) => sequence)).toEqual(
          twins.map(({ sequence }) => sequence).toSorted((a, b) => a - b),
        );
        if (one.starts === 0 && one.version !== null) {
          expect(all.some(({ version, starts }) => starts > 0 && (version ?? 0) > (one.version ?? 0))).toBe(true);
        }
      }
    });
  });

  test('with a version and without one are nothing to each other', () => {
    always('latest', ({ all }) => {
      for (const { version, supersededBy } of all) {
        if (supersededBy === null) continue;
        const by = all.find(({ sequence }) => sequence === supersededBy);
        expect((by?.version ?? null) === null).toBe(version === null);
      }
    });
  });
});
