/**
 * A Gate's protocol on real SQL: who goes, who waits, who is woken when, and what a new instance
 * still knows.
 */
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import type { GateSettings } from '../../src/core/admission.ts';
import type { Report } from '../../src/core/report.ts';
import { GateLedger, type Wake } from '../../src/gate/ledger.ts';
import { sqlOf } from '../shard/bench.ts';

const DAY_MS = 86_400_000;

class Bench {
  readonly database = new DatabaseSync(':memory:');
  nowMs = 1_000_000;
  gate = new GateLedger(sqlOf(this.database));
  settings: GateSettings = { revision: 1, status: 'enabled', rateLimitPerSecond: null, isWatched: false };

  get at() {
    return { nowMs: this.nowMs, random: () => 0 };
  }

  crash(): void {
    this.gate = new GateLedger(sqlOf(this.database));
  }

  change(given: Partial<GateSettings>) {
    this.settings = { ...this.settings, revision: this.settings.revision + 1, ...given };
    return this.gate.changed(this.settings, this.at);
  }

  ask(record: string, seen: Partial<GateSettings> = {}) {
    return this.gate.admit(record, { ...this.settings, ...seen }, this.at).answer;
  }

  report(record: string, answer: Report['answer'], given: Partial<Report> = {}) {
    const full: Report = { answer, retryAfterMs: null, successes: 0, atMs: this.nowMs, ...given };
    return this.gate.report(record, [full], this.at);
  }

  /** One step of the walk, in which every Record answers. */
  step(isStillParked = false): Wake[] {
    const { wakes } = this.gate.due(this.at);
    this.gate.settle(
      wakes.map((wake) => ({ wake, woken: { started: 1, isStillParked } })),
      this.at,
    );
    return wakes;
  }

  /** Opens the circuit by failures alone. */
  fail(): void {
    this.gate.changed(this.settings, this.at);
    for (let n = 0; n < 5; n += 1) this.report(`f${n}`, 'failed');
    this.settings = { ...this.settings, isWatched: true, revision: this.settings.revision + 1 };
    this.gate.changed(this.settings, this.at);
  }
}

const names = (wakes: Wake[]) => wakes.map(({ record }) => record);

describe('paused', () => {
  test('everything parks; after the resume it is woken one a second, oldest first, at a growing pace', () => {
    const bench = new Bench();
    bench.change({ status: 'paused' });
    for (const record of ['a', 'b', 'c', 'd', 'e']) {
      expect(bench.ask(record)).toEqual({ kind: 'parked', why: 'paused' });
    }
    expect(bench.step()).toEqual([]);
    // However long it was: nothing is caught up with.
    bench.nowMs += 3_600_000;
    bench.change({ status: 'enabled', isWatched: true });
    expect(names(bench.step())).toEqual(['a']);
    expect(bench.step()).toEqual([]);
    bench.report('a', 'delivered');
    bench.nowMs += 1_000;
    expect(names(bench.step())).toEqual(['b']);
    bench.nowMs += 500;
    expect(names(bench.step())).toEqual(['c']);
  });

  test('a record that parks again while it is being woken stays parked', () => {
    const bench = new Bench();
    bench.change({ status: 'paused' });
    bench.ask('a');
    bench.change({ status: 'enabled', isWatched: true });
    const { wakes } = bench.gate.due(bench.at);
    expect(bench.ask('a')).toMatchObject({ kind: 'parked' });
    bench.gate.settle([{ wake: wakes[0] as Wake, woken: { started: 1, isStillParked: false } }], bench.at);
    bench.nowMs += 1_000;
    expect(names(bench.step())).toEqual(['a']);
  });

  test('a record that did not answer its wake goes behind those that wait, and is woken again', () => {
    const bench = new Bench();
    bench.change({ status: 'paused' });
    for (const record of ['a', 'b']) bench.ask(record);
    bench.change({ status: 'disabled' });
    const { wakes } = bench.gate.due(bench.at);
    expect(names(wakes)).toEqual(['a', 'b']);
    bench.gate.settle([{ wake: wakes[0] as Wake, woken: null }], bench.at);
    expect(names(bench.gate.due(bench.at).wakes)).toEqual(['b', 'a']);
  });

  test('who has seen less than the Gate knows is sent back to read', () => {
    const bench = new Bench();
    bench.change({ status: 'enabled' });
    expect(bench.ask('a', { revision: 1, status: 'paused' })).toEqual({ kind: 'changed' });
    bench.change({ status: 'disabled' });
    expect(bench.ask('a', { revision: 1 })).toEqual({ kind: 'changed' });
  });

  test('who still believes that it is paused after the resume is sent back to read, and does not go unseen', () => {
    const bench = new Bench();
    bench.change({ status: 'paused' });
    bench.change({ status: 'enabled', isWatched: true });
    expect(bench.ask('a', { revision: 2, status: 'paused', isWatched: false })).toEqual({ kind: 'changed' });
  });

  test('records that never answer their wake are asked again after seconds, not four times a second', () => {
    const bench = new Bench();
    bench.change({ status: 'paused' });
    for (const record of ['a', 'b']) bench.ask(record);
    bench.change({ status: 'disabled' });
    const { wakes } = bench.gate.due(bench.at);
    const { wakeAtMs } = bench.gate.settle(
      wakes.map((wake) => ({ wake, woken: null })),
      bench.at,
    );
    expect(wakeAtMs).toBe(bench.nowMs + 10_000);
  });

  test('records that have nothing to send take no start from those that have', () => {
    const bench = new Bench();
    bench.change({ status: 'paused' });
    for (let n = 0; n < 40; n += 1) bench.ask(`r${n}`);
    bench.change({ status: 'enabled', isWatched: true });
    let woken = 0;
    for (let step = 0; step < 40; step += 1) {
      bench.nowMs += 250;
      const { wakes } = bench.gate.due(bench.at);
      woken += wakes.length;
      bench.gate.settle(
        wakes.map((wake) => ({ wake, woken: { started: 0, isStillParked: false } })),
        bench.at,
      );
    }
    expect(woken).toBe(40);
  });

  test('what a Record has seen counts before the Account has told it', () => {
    const bench = new Bench();
    expect(bench.ask('a', { revision: 5, status: 'paused' })).toEqual({ kind: 'parked', why: 'paused' });
    bench.settings = { ...bench.settings, revision: 5 };
    bench.change({ isWatched: true });
    expect(names(bench.step())).toEqual(['a']);
  });

  test('all are woken at once, and freely, when the endpoint was disabled or removed: they will be cancelled', () => {
    for (const status of ['disabled', 'removed'] as const) {
      const bench = new Bench();
      bench.change({ status: 'paused' });
      for (const record of ['a', 'b', 'c']) bench.ask(record);
      bench.change({ status });
      expect(bench.step().map(({ passes }) => passes)).toEqual([null, null, null]);
    }
  });
});

describe('the circuit', () => {
  test('five failures and no success open it; the Account is told once, and then Records that ask are parked', () => {
    const bench = new Bench();
    bench.gate.changed(bench.settings, bench.at);
    for (let n = 0; n < 4; n += 1) expect(bench.report(`r${n}`, 'failed').watch).toBe(null);
    expect(bench.report('r', 'failed').watch).toBe(true);
    expect(bench.report('r', 'failed').watch).toBe(null);
    expect(bench.ask('r', { isWatched: true, revision: 2 })).toEqual({ kind: 'parked', why: 'circuit' });
  });

  test('also where the Gate never heard of its endpoint before', () => {
    const bench = new Bench();
    for (let n = 0; n < 4; n += 1) bench.report(`r${n}`, 'failed');
    expect(bench.report('r', 'failed').watch).toBe(true);
  });

  test('the successes that an isolate did not report count too: one failure in a hundred opens nothing', () => {
    const bench = new Bench();
    bench.gate.changed(bench.settings, bench.at);
    for (let n = 0; n < 50; n += 1) expect(bench.report(`r${n}`, 'failed', { successes: 99 }).watch).toBe(null);
  });

  test('failures that are half a minute apart do not add up', () => {
    const bench = new Bench();
    bench.gate.changed(bench.settings, bench.at);
    for (let n = 0; n < 20; n += 1) {
      expect(bench.report(`r${n}`, 'failed').watch).toBe(null);
      bench.nowMs += 8_000;
    }
  });

  test('after the pause one parked record is the probe; the others wait for its outcome', () => {
    const bench = new Bench();
    bench.fail();
    for (const record of ['a', 'b']) bench.ask(record);
    expect(bench.step()).toEqual([]);
    bench.nowMs += 10_000;
    expect(bench.step()).toMatchObject([{ record: 'a', passes: 1 }]);
    expect(bench.step()).toEqual([]);
    bench.report('a', 'failed');
    bench.nowMs += 10_000;
    expect(bench.step()).toEqual([]);
    bench.nowMs += 10_000;
    expect(names(bench.step())).toEqual(['b']);
  });

  test('where nothing is parked, the next that asks after the pause is the probe', () => {
    const bench = new Bench();
    bench.fail();
    bench.nowMs += 10_000;
    expect(bench.ask('new')).toEqual({ kind: 'go' });
    expect(bench.ask('other')).toEqual({ kind: 'parked', why: 'circuit' });
  });

  test('whose probe it is may ask again: its pass may have run out on the way', () => {
    const bench = new Bench();
    bench.fail();
    for (const record of ['a', 'b']) bench.ask(record);
    bench.nowMs += 10_000;
    bench.step();
    expect(bench.ask('a')).toEqual({ kind: 'parked', why: 'circuit' });
    bench.nowMs += 1_000;
    expect(bench.ask('a')).toEqual({ kind: 'go' });
    // What else waits in that record is no second probe.
    expect(bench.ask('a')).toEqual({ kind: 'parked', why: 'circuit' });
    expect(bench.ask('b')).toEqual({ kind: 'parked', why: 'circuit' });
  });

  test('failures of requests that left before it closed do not open it again', () => {
    const bench = new Bench();
    bench.fail();
    const before = bench.nowMs;
    bench.nowMs += 10_000;
    bench.ask('a');
    bench.report('a', 'delivered');
    expect(bench.gate.view().circuit).toBe('closed');
    for (let n = 0; n < 9; n += 1) bench.report(`s${n}`, 'failed', { atMs: before });
    expect(bench.gate.view().circuit).toBe('closed');
  });

  test('a probe of which nothing is heard gives way to another; one that started nothing, at once', () => {
    const bench = new Bench();
    bench.fail();
    for (const record of ['a', 'b', 'c']) bench.ask(record);
    bench.nowMs += 10_000;
    expect(names(bench.step())).toEqual(['a']);
    bench.nowMs += 45_000;
    const { wakes } = bench.gate.due(bench.at);
    expect(names(wakes)).toEqual(['b']);
    bench.gate.settle([{ wake: wakes[0] as Wake, woken: { started: 0, isStillParked: false } }], bench.at);
    expect(names(bench.step())).toEqual(['c']);
  });

  test('a backlog drains at a pace that about doubles each second with success, until it is full', () => {
    const bench = new Bench();
    bench.fail();
    for (let n = 0; n < 1_000; n += 1) bench.ask(`r${n}`);
    bench.nowMs += 10_000;
    const [probe] = bench.step();
    bench.report(probe?.record ?? '', 'delivered');
    const perSecond: number[] = [];
    for (let second = 0; second < 9; second += 1) {
      let woken = 0;
      for (let step = 0; step < 10; step += 1) {
        bench.nowMs += 100;
        for (const { record } of bench.step()) {
          bench.report(record, 'delivered');
          woken += 1;
        }
      }
      perSecond.push(woken);
    }
    for (const [second, woken] of perSecond.entries()) {
      const before = perSecond[second - 1] ?? 1;
      expect(woken).toBeLessThanOrEqual(Math.max(2, before * 2.5));
      expect(woken).toBeLessThanOrEqual(121);
    }
    expect(perSecond.at(-1)).toBeGreaterThan(50);
    expect(bench.gate.view().circuit).toBe('closed');
  });

  test('at the end of the backlog it closes, and Records stop asking once it has been calm', () => {
    const bench = new Bench();
    bench.fail();
    bench.ask('a');
    bench.nowMs += 10_000;
    bench.step();
    expect(bench.report('a', 'delivered').watch).toBe(null);
    expect(bench.gate.view()).toMatchObject({ circuit: 'closed', waitingRecords: 0 });
    bench.nowMs += 30_000;
    expect(bench.gate.due(bench.at).effects.watch).toBe(false);
  });

  test('a calm that is over while a backlog is still sent rings no alarm of its own', () => {
    const bench = new Bench();
    bench.change({ status: 'paused' });
    for (let n = 0; n < 100; n += 1) bench.ask(`r${n}`);
    bench.change({ status: 'enabled', isWatched: true });
    for (let n = 0; n < 200; n += 1) bench.report('r0', 'delivered');
    expect(bench.gate.view()).toMatchObject({ circuit: 'closed', waitingRecords: 100 });
    bench.nowMs += 60_000;
    bench.step();
    expect(bench.gate.due(bench.at).effects.wakeAtMs).toBeGreaterThan(bench.nowMs);
  });

  test('one record that is asked to wait makes no other wait', () => {
    const bench = new Bench();
    bench.gate.changed(bench.settings, bench.at);
    for (let n = 0; n < 20; n += 1) {
      expect(bench.report('r', 'failed', { retryAfterMs: 3_600_000, successes: 5 }).watch).toBe(null);
      bench.nowMs += 10_000;
    }
    expect(bench.gate.view().circuit).toBe('closed');
  });

  test('five that are asked one after the other make all wait; the probe confirms it, and is believed', () => {
    const bench = new Bench();
    bench.gate.changed(bench.settings, bench.at);
    for (let n = 0; n < 5; n += 1) {
      bench.report(`r${n}`, 'failed', { retryAfterMs: 60_000, successes: n === 0 ? 500 : 0, isTooMany: true });
      bench.nowMs += 100;
    }
    bench.change({ isWatched: true });
    for (const record of ['a', 'b']) expect(bench.ask(record)).toEqual({ kind: 'parked', why: 'circuit' });
    bench.nowMs += 10_000;
    expect(names(bench.step())).toEqual(['a']);
    bench.report('a', 'failed', { retryAfterMs: 49_000, isTooMany: true });
    bench.nowMs += 48_999;
    expect(bench.step()).toEqual([]);
    bench.nowMs += 1;
    expect(names(bench.step())).toEqual(['b']);
  });

  test('a new instance still knows that several were asked', () => {
    const bench = new Bench();
    bench.gate.changed(bench.settings, bench.at);
    for (let n = 0; n < 5; n += 1) bench.report(`r${n}`, 'failed', { retryAfterMs: 60_000, isTooMany: true });
    bench.change({ isWatched: true });
    bench.ask('a');
    bench.nowMs += 10_000;
    bench.crash();
    bench.step();
    bench.report('a', 'failed', { retryAfterMs: 49_000, isTooMany: true });
    expect(bench.gate.view()).toMatchObject({ circuit: 'open', nextProbeAtMs: bench.nowMs + 49_000 });
  });

  test('a change that a person made to a failing endpoint is tried at once', () => {
    const bench = new Bench();
    bench.fail();
    bench.ask('a');
    expect(bench.step()).toEqual([]);
    bench.change({});
    expect(names(bench.step())).toEqual(['a']);
  });

  test('somebody who knows better ends the pause, and a probe that is under way stays the only one', () => {
    const bench = new Bench();
    bench.fail();
    for (const record of ['a', 'b']) bench.ask(record);
    expect(bench.step()).toEqual([]);
    expect(bench.gate.probe(bench.at).outcome).toBe('probing');
    expect(names(bench.step())).toEqual(['a']);
    expect(bench.gate.probe(bench.at).outcome).toBe('under-way');
    expect(bench.step()).toEqual([]);
  });

  test('a wish for a probe is told why none is made', () => {
    const bench = new Bench();
    expect(bench.gate.probe(bench.at).outcome).toBe('not-needed');
    bench.fail();
    expect(bench.gate.probe(bench.at).outcome).toBe('nothing-waits');
    bench.change({ status: 'paused' });
    expect(bench.gate.probe(bench.at).outcome).toBe('paused');
    bench.change({ status: 'disabled' });
    expect(bench.gate.probe(bench.at).outcome).toBe('disabled');
  });

  test('a new instance knows the circuit, who is parked, and when to ring', () => {
    const bench = new Bench();
    bench.fail();
    bench.ask('a');
    bench.crash();
    expect(bench.ask('b')).toEqual({ kind: 'parked', why: 'circuit' });
    expect(bench.gate.due(bench.at).effects.wakeAtMs).toBe(bench.nowMs + 10_000);
  });
});

describe('a rate limit', () => {
  test.each([10, 100, 500])('of %i a second is what a backlog is sent at, also where steps are slow', (limit) => {
    for (const stepMs of [250, 1_000]) {
      const bench = new Bench();
      bench.change({ rateLimitPerSecond: limit });
      for (let n = 0; n < 12 * limit; n += 1) bench.ask(`r${n}`);
      bench.nowMs += 5_000;
      const perStep: number[] = [];
      for (let ms = 0; ms < 5_000; ms += stepMs) {
        bench.nowMs += stepMs;
        perStep.push(bench.step().reduce((sum, { passes }) => sum + (passes ?? 0), 0));
      }
      const sent = perStep.reduce((sum, one) => sum + one, 0);
      const most = stepMs === 250 ? 5.3 * limit : Math.min(5.3 * limit, 5 * 150);
      expect(sent).toBeLessThanOrEqual(most);
      expect(sent).toBeGreaterThanOrEqual(Math.min(4.7 * limit, (5_000 / stepMs) * 150));
    }
  });

  test('starts are reserved a few seconds ahead; who comes later parks, and is woken at the pace', () => {
    const bench = new Bench();
    bench.change({ rateLimitPerSecond: 10 });
    const answers = Array.from({ length: 60 }, (_, n) => bench.ask(`r${n}`));
    expect(answers.slice(0, 2)).toEqual([{ kind: 'go' }, { kind: 'go' }]);
    expect(answers[2]).toEqual({ kind: 'at', atMs: bench.nowMs + 100 });
    expect(answers.filter(({ kind }) => kind === 'at')).toHaveLength(50);
    expect(answers.slice(52)).toEqual(Array(8).fill({ kind: 'parked', why: 'pace' }));
    expect(bench.step()).toEqual([]);
    bench.nowMs += 5_100;
    expect(names(bench.step())).toEqual(['r52']);
    bench.nowMs += 200;
    expect(names(bench.step())).toEqual(['r53', 'r54']);
  });

  test('who waits already goes first', () => {
    const bench = new Bench();
    bench.change({ rateLimitPerSecond: 1 });
    for (let n = 0; n < 10; n += 1) bench.ask(`r${n}`);
    bench.nowMs += 60_000;
    expect(bench.ask('late')).toEqual({ kind: 'parked', why: 'pace' });
  });

  test('a new instance does not forget what was reserved', () => {
    const bench = new Bench();
    bench.change({ rateLimitPerSecond: 10 });
    for (let n = 0; n < 30; n += 1) bench.ask(`r${n}`);
    bench.crash();
    const answer = bench.ask('next');
    expect(answer.kind).toBe('at');
    expect(answer.kind === 'at' && answer.atMs).toBeGreaterThanOrEqual(bench.nowMs + 2_900);
  });

  test('a healthy endpoint without a limit is never made to wait, also if it is asked about', () => {
    const bench = new Bench();
    for (let n = 0; n < 100; n += 1) expect(bench.ask(`r${n}`, { isWatched: true })).toEqual({ kind: 'go' });
  });
});

describe('days of failure', () => {
  /** One report at the end of each day. */
  function daily(bench: Bench, answers: Report['answer'][]) {
    return answers.map((answer) => {
      bench.nowMs += DAY_MS;
      return bench.report('r', answer).failing;
    });
  }

  test('nothing but failures for five days asks the Account to disable; one success in between does not', () => {
    const bench = new Bench();
    bench.gate.changed(bench.settings, bench.at);
    const sinceMs = bench.nowMs + DAY_MS;
    expect(daily(bench, Array<'refused'>(6).fill('refused'))).toEqual([null, null, null, null, null, { sinceMs }]);
    const other = new Bench();
    other.gate.changed(other.settings, other.at);
    const answers: Report['answer'][] = ['failed', 'failed', 'delivered', 'failed', 'failed', 'failed', 'failed'];
    expect(daily(other, answers)).toEqual(Array(7).fill(null));
  });

  test('two hiccups five days apart are no five days of failure', () => {
    const bench = new Bench();
    bench.report('r', 'failed');
    bench.nowMs += 6 * DAY_MS;
    expect(bench.report('r', 'failed').failing).toBe(null);
  });

  test('successes that an isolate did not report count here too', () => {
    const bench = new Bench();
    daily(bench, ['failed', 'failed', 'failed', 'failed']);
    bench.report('r', 'failed', { successes: 1 });
    expect(daily(bench, ['failed', 'failed', 'failed'])).toEqual([null, null, null]);
  });

  test('the log has the last word: a success that it found begins the count anew, and is asked for once an hour', () => {
    const bench = new Bench();
    const answers = Array<'failed'>(6).fill('failed');
    expect(daily(bench, answers).at(-1)).not.toBe(null);
    expect(bench.report('r', 'failed').failing).toBe(null);
    bench.gate.succeeded(bench.nowMs, bench.at);
    expect(daily(bench, answers).slice(0, 4)).toEqual([null, null, null, null]);
  });
});
