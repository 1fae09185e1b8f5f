import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UNDER_WAY_CHARS_MAX, UNDER_WAY_EVENTS_MAX, UNDER_WAY_MS_MAX } from '../../src/core/limits.ts';
import { type Load, UnderWay } from '../../src/core/under-way.ts';

const NOW_MS = 1_000_000;
const ONE: Load = { events: 1, chars: 100 };

/**
 * An isolate in which each of these accounts has begun so many publishes of one event at NOW_MS.
 */
function isolate(begun: Record<string, number>) {
  const underWay = new UnderWay();
  const ends = Object.entries(begun).flatMap(([account, times]) =>
    Array.from({ length: times }, () => underWay.enter(account, ONE, NOW_MS)),
  );
  return { underWay, ends };
}

const LATE_MS = NOW_MS + UNDER_WAY_MS_MAX;

describe('publishes under way in one isolate', () => {
  test('are refused where many are under way and the oldest has waited for long, and not before', () => {
    const { underWay } = isolate({ acme: UNDER_WAY_EVENTS_MAX });
    expect(underWay.refuses('acme', ONE, LATE_MS - 1)).toBe(false);
    expect(underWay.refuses('acme', ONE, LATE_MS)).toBe(true);
    expect(underWay.enter('acme', ONE, LATE_MS)).toBeNull();
  });

  test('are not refused for waiting alone: an object that is slow holds up few', () => {
    const { underWay } = isolate({ acme: UNDER_WAY_EVENTS_MAX - 1 });
    expect(underWay.refuses('acme', ONE, LATE_MS + 60_000)).toBe(false);
  });

  test('of an account that has less than its share are taken beside one that floods', () => {
    const { underWay } = isolate({ flood: 10 * UNDER_WAY_EVENTS_MAX, calm: UNDER_WAY_EVENTS_MAX / 2 - 1 });
    expect(underWay.refuses('flood', ONE, LATE_MS)).toBe(true);
    expect(underWay.refuses('calm', ONE, LATE_MS)).toBe(false);
    expect(underWay.refuses('calm', { events: 2, chars: 0 }, LATE_MS)).toBe(true);
    expect(underWay.refuses('another', ONE, LATE_MS)).toBe(false);
  });

  test('that have ended count no longer', () => {
    const { underWay, ends } = isolate({ acme: UNDER_WAY_EVENTS_MAX + 5 });
    for (const end of ends.slice(0, 6)) end?.();
    expect(underWay.refuses('acme', ONE, LATE_MS)).toBe(false);
    // Ended twice is ended once.
    for (const end of ends.slice(0, 6)) end?.();
    expect(underWay.refuses('acme', { events: 2, chars: 0 }, LATE_MS)).toBe(true);
  });

  test('the wait is that of the oldest which has not ended', () => {
    const underWay = new UnderWay();
    const old = underWay.enter('acme', ONE, NOW_MS);
    underWay.enter('acme', { events: UNDER_WAY_EVENTS_MAX, chars: 0 }, LATE_MS - 1);
    expect(underWay.refuses('acme', ONE, LATE_MS)).toBe(true);
    old?.();
    expect(underWay.refuses('acme', ONE, LATE_MS)).toBe(false);
  });

  test('a batch into an isolate that is idle is taken whole, whatever its size', () => {
    const underWay = new UnderWay();
    expect(underWay.enter('acme', { events: 10_000, chars: UNDER_WAY_CHARS_MAX }, NOW_MS)).not.toBeNull();
  });

  test('payloads beyond what memory holds are refused at once, and small ones of other accounts are taken', () => {
    const underWay = new UnderWay();
    underWay.enter('acme', { events: 1, chars: UNDER_WAY_CHARS_MAX }, NOW_MS);
    expect(underWay.refuses('acme', ONE, NOW_MS)).toBe(true);
    expect(underWay.refuses('other', ONE, NOW_MS)).toBe(false);
    expect(underWay.refuses('other', { events: 1, chars: UNDER_WAY_CHARS_MAX }, NOW_MS)).toBe(true);
  });

  test('whatever comes and goes: all that ends leaves an isolate that refuses nothing', () => {
    const publish = fc.record({
      account: fc.constantFrom('a', 'b', 'c'),
      events: fc.integer({ min: 1, max: 100 }),
      chars: fc.integer({ min: 0, max: UNDER_WAY_CHARS_MAX }),
      afterMs: fc.integer({ min: 0, max: 2 * UNDER_WAY_MS_MAX }),
    });
    fc.assert(
      fc.property(fc.array(publish, { maxLength: 40 }), (publishes) => {
        const underWay = new UnderWay();
        let nowMs = NOW_MS;
        const ends = publishes.map(({ account, afterMs, ...load }) => {
          nowMs += afterMs;
          return underWay.enter(account, load, nowMs);
        });
        for (const end of ends) end?.();
        const load = { events: 10 * UNDER_WAY_EVENTS_MAX, chars: 0 };
        for (const account of ['a', 'b', 'c', 'd']) expect(underWay.refuses(account, load, nowMs + 60_000)).toBe(false);
      }),
    );
  });
});
