/** What `npm run bench:size` calls wrong, and what it lets pass. */
import { expect, test } from 'vitest';
import { compare, type Logged } from './judge.ts';
import { eventCount, eventIdOf, eventOf, isFailed, type Layout, placeOf } from './layout.ts';
import { Seen } from './seen.ts';

const layout: Layout = { accounts: 2, recordsOfAccount: 3, rounds: 2, seed: 1 };
const EVENTS = eventCount(layout);

/** Every event once, in order of publishing; no request of so few fails. */
function allSeen(): Seen {
  const seen = new Seen(layout);
  for (let event = 0; event < EVENTS; event += 1)
    seen.request(eventIdOf(event), placeOf(layout, event).round + 1, 1_000);
  return seen;
}

function logOf(seen: Seen): Logged {
  const none = new Uint8Array(EVENTS);
  return { deliveries: EVENTS, taken: seen.taken.slice(), failed: seen.failed.slice(), unknown: none, faults: [] };
}

test('an event has one place: each record gets one event of each round', () => {
  const places = Array.from({ length: EVENTS }, (_, event) => placeOf(layout, event));
  expect(new Set(places.map(({ record, round }) => `${record} ${round}`)).size).toBe(EVENTS);
  expect(places.every(({ record, account }) => Math.floor(record / layout.recordsOfAccount) === account)).toBe(true);
  expect(eventOf(eventIdOf(7))).toBe(7);
  expect(eventOf('evt_other')).toBeNull();
});

test('some half percent of the requests fail, and a repetition is another request', () => {
  const failed = Array.from({ length: 20_000 }, (_, event) => isFailed(layout, event, 0)).filter(Boolean).length;
  expect(failed).toBeGreaterThan(50);
  expect(failed).toBeLessThan(200);
  const again = Array.from({ length: 20_000 }, (_, event) => event).filter((event) => isFailed(layout, event, 0));
  expect(again.every((event) => isFailed(layout, event, 1))).toBe(false);
});

test('what came once, in order, and stands in the log is right', () => {
  const seen = allSeen();
  expect(seen.faults).toEqual([]);
  expect(compare(seen, logOf(seen))).toEqual({ faults: [], unsure: 0, unlike: 0 });
});

test('an event that comes before its predecessor is a fault; one that comes again is none', () => {
  const seen = new Seen(layout);
  const second = EVENTS / layout.rounds;
  seen.request(eventIdOf(second), 2, 1_000);
  expect(seen.faults).toEqual(['record 0: 2 came after 0']);
  const right = allSeen();
  right.request(eventIdOf(0), 1, 1_000);
  expect(right.faults).toEqual([]);
});

test('an attempt that the log lacks, has too much of, or does not know the end of, is a fault', () => {
  const seen = allSeen();
  const lacking = logOf(seen);
  lacking.taken[4] = 0;
  const doubled = logOf(seen);
  doubled.taken[4] = 2;
  const unknown = logOf(seen);
  unknown.unknown[4] = 1;
  for (const log of [lacking, doubled, unknown]) expect(compare(seen, log).faults).toHaveLength(1);
});

test('a kill excuses what was under way, but not that it never came', () => {
  const seen = new Seen(layout);
  seen.request(eventIdOf(0), 1, 1_000);
  seen.request(eventIdOf(1), 1, 90_000);
  seen.killed(3, 100_000);
  expect([...seen.unsure.slice(0, 4)]).toEqual([0, 1, 1, 0]);
  const { faults } = compare(seen, logOf(seen));
  expect(faults).toContain('event 2 was never delivered');
  const log = logOf(allSeen());
  log.taken[1] = 0;
  const whole = allSeen();
  whole.killed(3, 2_000);
  expect(compare(whole, log)).toEqual({ faults: [], unsure: 3, unlike: 1 });
});
