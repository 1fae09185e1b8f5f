import { expect, test } from 'vitest';
import { JOB_LOOKS_PER_SECOND, JOB_QUIET_AFTER_MS, JOB_STEP_ITEMS } from '../../src/core/limits.ts';
import type { JobSpec } from '../../src/core/job.ts';
import { kindOf } from '../../src/job/kinds.ts';
import { open, over } from '../../src/job/work.ts';
import { Bench, DONE, pages, START_MS } from './bench.ts';

test('a job lists, works in bounded steps at its pace, and ends with exact counts and its history', () => {
  const bench = new Bench();
  bench.finish(pages(60, 40), () => DONE);
  expect(bench.view()).toMatchObject({
    status: 'finished',
    progress: { total: 60, done: 60, failed: 0, skipped: 0 },
    history: [
      { action: 'started', by: 'operator' },
      { action: 'finished', by: 'tubepost' },
    ],
    endedAtMs: bench.nowMs,
  });
  // The last step waits for nothing after it.
  expect(bench.nowMs - START_MS).toBeGreaterThanOrEqual(((60 - JOB_STEP_ITEMS) / bench.kind.pacePerSecond) * 1_000);
  expect(bench.performed).toHaveLength(60);
});

test('a crash after each step repeats that step, and nothing is counted twice or left out', () => {
  const bench = new Bench();
  for (let steps = 0; steps < 50 && bench.view().status === 'running'; steps += 1) {
    bench.sleep();
    bench.step(pages(60, 40), () => DONE, true);
    bench.step(pages(60, 40), () => DONE);
    bench.crash();
  }
  expect(bench.view()).toMatchObject({ status: 'finished', progress: { total: 60, done: 60 } });
  expect(new Set(bench.performed).size).toBe(60);
  expect(bench.performed.length).toBe(120);
});

test('paused, it makes no step and owes no alarm once the lists know; resumed, it continues where it was', () => {
  const bench = new Bench();
  bench.step(pages(60, 60), () => DONE);
  const task = bench.next();
  expect(task.kind).toBe('perform');
  bench.ledger.act('pause', { key: 'ops', reason: 'too much' }, bench.kind, bench.nowMs);
  // The step that was under way is still counted.
  if (task.kind === 'perform') {
    bench.ledger.performed(
      task.items.map((item) => [item, DONE]),
      bench.kind,
      bench.nowMs,
      bench.nowMs,
    );
  }
  expect(bench.view()).toMatchObject({ status: 'paused', progress: { done: JOB_STEP_ITEMS } });
  bench.nowMs += 3_600_000;
  expect(bench.next()).toEqual({ kind: 'wait' });
  const owed = bench.ledger.owed(bench.nowMs);
  bench.ledger.projected(owed?.revision ?? 0, true, bench.nowMs);
  expect(bench.ledger.wakeAtMs()).toBeNull();
  bench.ledger.act('resume', { key: 'ops', reason: null }, bench.kind, bench.nowMs);
  expect(bench.ledger.wakeAtMs()).toBe(bench.nowMs);
  bench.finish(pages(60, 60), () => DONE);
  expect(bench.view()).toMatchObject({
    progress: { done: 60 },
    history: [{ action: 'started' }, { action: 'paused', by: 'ops', reason: 'too much' }, { action: 'resumed' }, {}],
  });
});

test('cancelled, it stops for good; what was done stays done, and what was under way is counted', () => {
  const bench = new Bench();
  bench.step(pages(60, 60), () => DONE);
  const task = bench.next();
  expect(bench.ledger.act('cancel', { key: 'ops', reason: null }, bench.kind, bench.nowMs)).toMatchObject({ ok: true });
  if (task.kind === 'perform') {
    bench.ledger.performed(
      task.items.map((item) => [item, DONE]),
      bench.kind,
      bench.nowMs,
      bench.nowMs,
    );
  }
  bench.nowMs += 60_000;
  expect(bench.next()).toEqual({ kind: 'wait' });
  expect(bench.view()).toMatchObject({ status: 'cancelled', progress: { total: 60, done: JOB_STEP_ITEMS } });
  expect(bench.ledger.act('cancel', { key: 'ops', reason: null }, bench.kind, bench.nowMs)).toMatchObject({ ok: true });
  const refusal = { ok: false, error: { reason: 'ended', status: 'cancelled' } };
  expect(bench.ledger.act('resume', { key: 'ops', reason: null }, bench.kind, bench.nowMs)).toEqual(refusal);
  expect(bench.database.prepare('SELECT count(*) AS n FROM item').get()).toEqual({ n: 0 });
});

test('where nothing of a step is answered the note says why, until something is', () => {
  const bench = new Bench();
  const silent = { kind: 'unanswered' as const, reason: 'D1 is down' };
  bench.step(pages(2, 2), () => DONE);
  bench.step(pages(2, 2), (item) => (item.key === 'i1' ? silent : DONE));
  expect(bench.view().note).not.toContain('D1 is down');
  bench.nowMs += 60_000;
  bench.step(pages(2, 2), () => silent);
  expect(bench.view().note).toContain('D1 is down');
  bench.nowMs += 60_000;
  bench.step(pages(2, 2), () => DONE);
  expect(bench.view().note).not.toContain('D1 is down');
});

test('an item that cannot be reached waits ever longer, holds up no other, and is named once it is given up', () => {
  const bench = new Bench();
  bench.finish(pages(30, 30), (item) =>
    item.key === 'i7' ? { kind: 'unanswered' as const, reason: 'no answer' } : DONE,
  );
  expect(bench.view()).toMatchObject({
    progress: { total: 30, done: 29, failed: 1 },
    failures: [{ item: 'i7', reason: 'no answer' }],
  });
  expect(bench.performed.filter((key) => key === 'i7')).toHaveLength(3);
  expect(bench.performed.slice(0, 30)).toContain('i29');
});

test('an item in several parts uses up no tries, and its weight is not counted again', () => {
  const bench = new Bench();
  let left = 10;
  bench.finish(
    () => ({ items: [{ key: 'wide', weight: 10 }], next: null, total: 10 }),
    (item) => {
      left -= 1;
      return left === 0 ? over(item.weight) : open({ done: 1 });
    },
  );
  expect(bench.view()).toMatchObject({ status: 'finished', progress: { total: 10, done: 10, failed: 0 } });
});

test('passes are repeated until one that began a minute after the start found nothing', () => {
  const bench = new Bench({ passes: 'until-quiet' });
  const begun: number[] = [];
  const late = (_: string | null, pass: number) => {
    begun.push(bench.nowMs - START_MS);
    return { items: pass <= 2 ? [{ key: 'late', weight: 0 }] : [], next: null };
  };
  bench.finish(late, () => DONE);
  expect(bench.view()).toMatchObject({ status: 'finished', progress: { total: 2, done: 2 } });
  expect(begun).toHaveLength(3);
  expect(begun[1]).toBeGreaterThan(JOB_QUIET_AFTER_MS);
});

test('what was done is not done again by a later pass, where the kind remembers it', () => {
  const bench = new Bench({ passes: 'until-quiet', isRemembering: true });
  const all = () => ({
    items: [
      { key: 'a', weight: 1 },
      { key: 'b', weight: 1 },
    ],
    next: null,
  });
  bench.finish(all, () => DONE);
  expect(bench.performed).toEqual(['a', 'b']);
  expect(bench.view().progress).toMatchObject({ total: 2, done: 2 });
});

test('a database that does not answer is asked ever more rarely, and the note says so', () => {
  const bench = new Bench();
  const waits: number[] = [];
  for (let n = 0; n < 12; n += 1) {
    expect(bench.next().kind).toBe('list');
    bench.ledger.failed('D1 is down', bench.nowMs);
    expect(bench.view().note).toContain('D1 is down');
    const fromMs = bench.nowMs;
    while (bench.next().kind === 'wait') bench.nowMs += 1_000;
    waits.push((bench.nowMs - fromMs) / 1_000);
  }
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
});

test('starting it again answers it as it is; with another task it is refused', () => {
  const bench = new Bench();
  bench.step(pages(60, 60), () => DONE);
  const again = bench.ledger.start({ ...bench.given, by: 'other' }, bench.kind, bench.nowMs + 5);
  expect(again).toMatchObject({ ok: true, value: { by: 'operator', createdAtMs: START_MS, progress: { total: 60 } } });
  const spec = { kind: 'account-removal', account: 'acme', incarnation: 'a'.repeat(12), shards: 4 } as const;
  expect(bench.ledger.start({ ...bench.given, spec }, bench.kind, bench.nowMs)).toEqual({
    ok: false,
    error: { reason: 'other-content' },
  });
});

test('the removal of an account can be paused, not cancelled', () => {
  const spec: JobSpec = { kind: 'account-removal', account: 'acme', incarnation: 'a'.repeat(12), shards: 4 };
  const bench = new Bench(kindOf(spec), spec);
  const by = { key: 'ops', reason: null };
  expect(bench.ledger.act('cancel', by, bench.kind, bench.nowMs)).toEqual({
    ok: false,
    error: { reason: 'not-cancellable' },
  });
  expect(bench.ledger.act('pause', by, bench.kind, bench.nowMs)).toMatchObject({ ok: true });
});

test('a mere read of a job that never was writes nothing', () => {
  const bench = new Bench();
  bench.database.exec('DROP TABLE start; DROP TABLE state; DROP TABLE item');
  bench.crash();
  expect(bench.ledger.read(bench.kind, bench.nowMs)).toBeNull();
  expect([bench.next(), bench.ledger.wakeAtMs(), bench.ledger.owed(bench.nowMs)]).toEqual([
    { kind: 'wait' },
    null,
    null,
  ]);
  expect(bench.database.prepare(`SELECT name FROM sqlite_master WHERE type = 'table'`).all()).toEqual([]);
});

/** Set going at the first step, over at the look that says so. */
function setGoing(isOver: () => boolean, started: number[], bench: Bench) {
  const begun = new Set<string>();
  return (item: { key: string }) => {
    if (!begun.has(item.key)) {
      begun.add(item.key);
      started.push(bench.nowMs);
      return open({ waitsFor: 'held', afterMs: 2_000, weight: 1, isFound: false });
    }
    return isOver() ? DONE : open({ waitsFor: 'held', afterMs: 2_000, weight: 1, isFound: false });
  };
}

test('looks at what waits do not slow what is still to be sent, and have a bound of their own', () => {
  const bench = new Bench({ pacePerSecond: 50 });
  const started: number[] = [];
  const perform = setGoing(() => false, started, bench);
  for (let steps = 0; steps < 3_000 && bench.nowMs < START_MS + 60_000; steps += 1) {
    bench.sleep();
    bench.step(pages(2_000, 1_000), perform);
  }
  // 2,000 at 50 a second, whatever is looked at beside them.
  expect(started).toHaveLength(2_000);
  expect((started.at(-1) ?? 0) - START_MS).toBeLessThan(41_000);
  const looks = bench.performed.length - 2_000;
  expect(looks).toBeGreaterThan(1_000);
  expect(looks).toBeLessThanOrEqual(61 * JOB_LOOKS_PER_SECOND);
});

test('it says what it waits for, and by which name each skipped item is known', () => {
  const bench = new Bench({ nameOf: (key) => `item ${key}` });
  const state = { isOver: false };
  const perform = setGoing(() => state.isOver, [], bench);
  for (let steps = 0; steps < 4; steps += 1) {
    bench.sleep();
    bench.step(pages(3, 3), (item) =>
      item.key === 'i2' ? { kind: 'skipped', reason: 'older-version' } : perform(item),
    );
  }
  expect(bench.view()).toMatchObject({
    waitingFor: { held: 2 },
    skips: [{ item: 'item i2', reason: 'older-version' }],
    note: 'running: 0 of 3 done, 1 skipped; waits for 2 held: the endpoint is paused',
  });
  state.isOver = true;
  bench.finish(pages(3, 3), perform);
  expect(bench.view()).toMatchObject({ status: 'finished', waitingFor: {}, progress: { done: 2, skipped: 1 } });
});

test('a job that an earlier release started continues, with items that it stored', () => {
  const bench = new Bench();
  bench.step(pages(60, 60), () => DONE);
  bench.step(pages(60, 60), () => DONE);
  bench.database.exec('ALTER TABLE item DROP COLUMN waits_for');
  bench.database.exec(`UPDATE state SET state = json_remove(state, '$.paceMs', '$.looksMs', '$.skips')`);
  bench.crash();
  bench.finish(pages(60, 60), () => DONE);
  expect(bench.view()).toMatchObject({ status: 'finished', progress: { total: 60, done: 60 } });
});

test.each([
  [50, 5],
  [100, 10],
  [500, 10],
  [1, 1],
])('at %d a second it does %d at a time, so that others wait behind few', (pacePerSecond, most) => {
  const bench = new Bench({ pacePerSecond });
  bench.step(pages(60, 60), () => DONE);
  const task = bench.next();
  expect(task.kind === 'perform' && task.items.length).toBe(most);
});
