/** E0 inside a Record: what a removed account left behind is nothing to a later one of its id. */
import { expect, test } from 'vitest';
import type { AccountSettings } from '../../src/core/endpoint.ts';
import { EndpointHints } from '../../src/record/hints.ts';
import { Runner } from '../../src/record/runner.ts';
import { readEvent } from '../../src/record/views.ts';
import { Bench, FAILURE, START_MS, SUCCESS } from './bench.ts';

/** The account was removed, its Record was not found, and another account of its id is there. */
function recreate(bench: Bench): void {
  bench.nowMs += 1_000;
  bench.createdAtMs = bench.nowMs;
  bench.endpoint = { ...bench.endpoint, id: bench.endpoint.id.replace('crm', 'erp') };
}

function tables(bench: Bench): unknown[] {
  return bench.database.prepare(`SELECT name FROM sqlite_master WHERE type = 'table'`).all();
}

test.each([
  ['whole', (bench: Bench) => bench],
  [
    'emptied by its retention',
    (bench: Bench) => {
      bench.nowMs += 30 * 86_400_000;
      bench.retain();
      return bench;
    },
  ],
])('a record that is still %s begins anew with the first event of a later account', (_, left) => {
  const bench = new Bench({ ordering: 'latest' });
  bench.deliver('evt_1', { version: 7 });
  left(bench);
  bench.restart();
  recreate(bench);
  const [run] = bench.publish('evt_1', { version: 3, contentHash: 'other' }).run;
  expect(run?.request).toMatchObject({ previous: null, eventId: 'evt_1', claim: { sequence: 1 } });
  bench.settle(run?.claim, SUCCESS);
  bench.restart();
  const { memory } = bench.ledger;
  expect(memory).toMatchObject({ lastSequence: 1, goneThrough: 0, life: bench.createdAtMs });
  expect([memory.ids.size, [...memory.lanes.keys()]]).toEqual([1, [bench.endpoint.id]]);
});

test('nothing of the former account is sent, settled or told to the log any more', () => {
  const bench = new Bench({ retry: { scheduleSeconds: [10], windowSeconds: 3_600, alsoRetry: [] } });
  const [waiting] = bench.publish('evt_1').run;
  bench.settle(waiting?.claim, FAILURE);
  const [second] = bench.publish('evt_2').run;
  expect(second).toBeUndefined();
  recreate(bench);
  const [own] = bench.publish('evt_3').run;
  bench.settle(waiting?.claim, SUCCESS);
  bench.settle(own?.claim, SUCCESS);
  bench.confirm(1);
  bench.nowMs += 3_600_000;
  expect(bench.alarm()).toMatchObject({ run: [], log: [], wakeAtMs: null });
  expect(readEvent(bench.ledger.memory, 'evt_1')).toBeNull();
});

test('a turn that begins anew and fails leaves all as it was', () => {
  const bench = new Bench();
  bench.deliver('evt_1');
  recreate(bench);
  bench.faults.failsNext = true;
  expect(() => bench.publish('evt_2')).toThrow('the disk is full');
  expect(readEvent(bench.ledger.memory, 'evt_1')).toMatchObject({ sequence: 1 });
  expect(bench.ledger.memory.life).toBe(START_MS);
});

test('a publish that was read under the former account is refused, and changes nothing', () => {
  const bench = new Bench();
  bench.createdAtMs = START_MS + 1;
  bench.deliver('evt_1');
  bench.createdAtMs = START_MS;
  expect(() => bench.publish('evt_2')).toThrow('an account that was removed');
  expect(bench.ledger.memory).toMatchObject({ lastSequence: 1, life: START_MS + 1 });
});

test('a record of a release that did not ask goes on, and learns whose it is from the next event', () => {
  const bench = new Bench();
  bench.deliver('evt_1');
  bench.database.exec(`UPDATE event SET facts = json_remove(facts, '$.accountCreatedAtMs')`);
  bench.restart();
  expect(bench.ledger.memory.life).toBeNull();
  bench.deliver('evt_2');
  bench.restart();
  expect(bench.ledger.memory).toMatchObject({ lastSequence: 2, life: START_MS });
});

/** `meanwhile`: while the account is asked. */
function runnerOf(bench: Bench, settings: () => AccountSettings | null, meanwhile = () => {}) {
  const kept: Promise<void>[] = [];
  const seen = { erased: 0, kept };
  const none = () => Promise.resolve();
  const runner = new Runner(bench.ledger, {
    nowMs: () => bench.nowMs,
    random: () => 0,
    settings: () => {
      const answer = settings();
      meanwhile();
      return Promise.resolve(answer);
    },
    attempt: () => Promise.reject(new Error('nothing is attempted here')),
    sendClaims: none,
    sendLog: none,
    admit: () => Promise.resolve({ kind: 'go' }),
    report: none,
    hints: new EndpointHints(),
    disable: none,
    erase: () => {
      seen.erased += 1;
      return Promise.resolve();
    },
    arm: () => undefined,
    keep: (work) => void kept.push(work),
    failed: () => undefined,
  });
  return { runner, seen };
}

/** How often the Record was erased by a look at the retention, as a quiet ring makes it. */
async function look(...[bench, settings, meanwhile]: Parameters<typeof runnerOf>): Promise<number> {
  const { runner, seen } = runnerOf(bench, settings, meanwhile);
  runner.perform(bench.ledger.alarm(bench.at, { isInherited: false, isQuiet: true }));
  await Promise.all(seen.kept);
  return seen.erased;
}

test('a quiet ring erases all where the account is gone or another has its id, and nothing where it is there', async () => {
  const bench = new Bench();
  bench.deliver('evt_1');
  expect(await look(bench, () => bench.settings())).toBe(0);
  expect(await look(bench, () => null)).toBe(1);
  expect(await look(bench, () => ({ ...bench.settings(), createdAtMs: START_MS + 5 }))).toBe(1);
  bench.nowMs += 30 * 86_400_000;
  bench.retain();
  expect(tables(bench)).toEqual([{ name: 'summary' }]);
  bench.restart();
  expect(await look(bench, () => null)).toBe(1);
});

test('what a later account publishes while the ring asks for the former one stays', async () => {
  const bench = new Bench();
  bench.deliver('evt_1');
  const erased = await look(
    bench,
    () => null,
    () => {
      recreate(bench);
      bench.publish('evt_2');
    },
  );
  expect([erased, bench.ledger.memory.lastSequence]).toEqual([0, 1]);
});

test('an attempt of an account that is gone is not made, and its record is erased rather than told to the log', async () => {
  const bench = new Bench();
  const [run] = bench.publish('evt_1').run;
  bench.settle(run?.claim, FAILURE);
  bench.nowMs += 10_000;
  const [again] = bench.alarm().run;
  if (again === undefined) throw new Error('nothing was claimed');
  const { runner, seen } = runnerOf(bench, () => null);
  expect(await runner.begin([again.claim])).toEqual([{ kind: 'gone' }]);
  expect(seen.erased).toBe(1);
  expect(bench.delivery(1).state.kind).toBe('waiting');
});
