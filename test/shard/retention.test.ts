/**
 * O4, P2 and I2 in a Shard: what goes when, what stays of it, and what a new instance knows
 * afterwards.
 */
import { describe, expect, test } from 'vitest';
import { DAY_MS, RETENTION_PAGE_ROWS } from '../../src/core/limits.ts';
import { readDelivery, readEvent, readEvents, readRecord } from '../../src/shard/views.ts';
import { Bench, FAILURE, SUCCESS } from './bench.ts';

const BY = { key: 'operator', reason: null, force: false };

function rows(bench: Bench, table: string): Record<string, unknown>[] {
  const [found] = bench.database.prepare(`SELECT 1 FROM sqlite_master WHERE name = ?`).all(table);
  return found === undefined ? [] : bench.database.prepare(`SELECT * FROM ${table}`).all();
}

const text = (bench: Bench) =>
  JSON.stringify(['event', 'wide', 'attempt', 'form', 'past'].map((table) => rows(bench, table)));

/** The live delivery of an event. */
const ref = (bench: Bench, sequence: number) => ({ sequence, endpoint: bench.endpoint.id, replay: 0 });

function days(bench: Bench, count: number): void {
  bench.nowMs += count * DAY_MS;
}

describe('what ended longer ago than the account keeps', () => {
  test('goes, and of a record of which nothing is left only its place in `past` stays', () => {
    const bench = new Bench();
    for (let n = 1; n <= 3; n += 1) bench.deliver(`evt_${n}`);
    days(bench, 30);
    bench.retain();
    expect(bench.shard.wakeAtMs()).toBeNull();
    expect([rows(bench, 'event'), rows(bench, 'past')]).toMatchObject([[], [{ first: '' }]]);
    expect(readRecord(bench.ledger.memory)).toMatchObject({ sequence: 3, endpoints: [], completeFrom: 4 });
    expect(readEvent(bench.ledger.memory, 'evt_1')).toBeNull();
  });

  test('stays until its days are over, and what came later stays with it or alone', () => {
    const bench = new Bench();
    bench.deliver('evt_1');
    days(bench, 3);
    bench.deliver('evt_2');
    days(bench, 26);
    bench.retain();
    expect(rows(bench, 'event')).toHaveLength(2);
    days(bench, 1);
    bench.retain();
    expect(rows(bench, 'event')).toMatchObject([{ sequence: 2 }]);
    expect(readEvents(bench.ledger.memory, 0, 50)).toMatchObject({ events: [{ id: 'evt_2' }], completeFrom: 2 });
  });

  test('counts from the end of its last delivery: a replay keeps the event as long as any', () => {
    const bench = new Bench();
    bench.deliver('evt_1');
    bench.deliver('evt_2');
    days(bench, 20);
    const { effects } = bench.ledger.replay(ref(bench, 1), BY, bench.endpoint, bench.at);
    bench.begin(effects.run[0]?.claim);
    bench.settle(effects.run[0]?.claim, SUCCESS);
    bench.confirm(1);
    days(bench, 20);
    bench.retain();
    expect(readEvents(bench.ledger.memory, 0, 50)).toMatchObject({ events: [{ id: 'evt_1' }], completeFrom: 3 });
  });

  test('is left alone while anything of it is open, or unknown to the log', () => {
    const bench = new Bench({ ordering: 'unordered' });
    const [open] = bench.publish('evt_1').run;
    bench.settle(open?.claim, FAILURE);
    const [unlogged] = bench.publish('evt_2').run;
    bench.settle(unlogged?.claim, SUCCESS);
    bench.publish('evt_3', { matches: [] });
    days(bench, 400);
    bench.retain();
    expect(rows(bench, 'event')).toHaveLength(3);
    bench.confirm(2);
    bench.confirm(3);
    bench.retain();
    expect(rows(bench, 'event')).toMatchObject([{ sequence: 1 }]);
  });

  test('goes a page at a time, and a pass that is cut off continues where it was', () => {
    const bench = new Bench();
    const many = RETENTION_PAGE_ROWS + 1;
    for (let n = 1; n <= many; n += 1) bench.publish(`evt_${n}`, { matches: [] });
    for (let n = 1; n <= many; n += 1) bench.confirm(n);
    days(bench, 30);
    bench.retain(bench.settings(), 1);
    expect(rows(bench, 'event')).toMatchObject([{ sequence: many }]);
    bench.restart();
    bench.retain(bench.settings(), 1);
    expect(rows(bench, 'event')).toEqual([]);
  });

  test('takes its record key with it, and its ids: what stays names nobody', () => {
    const bench = new Bench();
    bench.record = 'user/jane@example.com';
    bench.deliver('evt_jane', { type: 'jane.moved' });
    expect(text(bench)).toContain('jane');
    days(bench, 30);
    bench.retain();
    expect(text(bench)).not.toContain('jane');
    bench.restart();
    expect(readRecord(bench.ledger.memory)).toMatchObject({ record: null, sequence: 1 });
    const { log } = bench.deliver('evt_2');
    expect([log, readRecord(bench.ledger.memory)]).toMatchObject([[], { record: bench.record, sequence: 2 }]);
  });
});

describe('a payload whose days are over before those of the log', () => {
  function expired(): Bench {
    const bench = new Bench();
    bench.retention = { payloadDays: 7, logDays: 30 };
    const answer = { responseBody: 'PAYLOAD', responseHeaders: { 'x-echo': 'PAYLOAD' } };
    const forms = [{ schemaVersion: '1.0', dataJson: '"PAYLOAD"', endpoints: [] }];
    const [first] = bench.publish('evt_1', { dataJson: '"PAYLOAD"', schemaVersion: '2.0', forms }).run;
    bench.settle(first?.claim, { ...FAILURE, ...answer });
    bench.nowMs += 10_000;
    const [second] = bench.alarm().run;
    bench.begin(second?.claim);
    bench.settle(second?.claim, { ...SUCCESS, ...answer });
    bench.confirm(1);
    days(bench, 7);
    expect(text(bench)).toContain('PAYLOAD');
    bench.retain();
    return bench;
  }

  test('leaves no trace in any row; what the event was stays, and says when the payload went', () => {
    const bench = expired();
    expect(text(bench)).not.toContain('PAYLOAD');
    bench.restart();
    const { memory } = bench.ledger;
    const gone = { body: null, forms: [{ body: null }], payloadExpiredAtMs: bench.nowMs };
    expect(readEvent(memory, 'evt_1')).toMatchObject(gone);
    expect(readDelivery(memory, ref(bench, 1))).toMatchObject({
      body: null,
      delivery: { status: 'delivered' },
      event: gone,
      attempts: [
        { number: 1, responseBody: null },
        { number: 2, responseBody: null },
      ],
    });
  });

  test('cannot be replayed, forced or not; the event is still a duplicate, and can still be erased', () => {
    const bench = expired();
    const refused = bench.ledger.replay(ref(bench, 1), { ...BY, force: true }, bench.endpoint, bench.at).result;
    expect(refused).toEqual({ ok: false, error: { reason: 'payload-expired', expiredAtMs: bench.nowMs } });
    bench.publish('evt_1');
    expect(bench.ledger.memory.lastSequence).toBe(1);
    expect(bench.ledger.erasePayload('evt_1', bench.at).effects.log).toMatchObject([
      { event: { erasedAtMs: bench.nowMs } },
    ]);
  });

  test('brings no answer back with an outcome that comes later still', () => {
    const bench = new Bench({ retry: { scheduleSeconds: [], windowSeconds: 1, alsoRetry: [] } });
    bench.retention = { payloadDays: 7, logDays: 30 };
    const [run] = bench.publish('evt_1').run;
    days(bench, 1);
    bench.alarm();
    expect(bench.delivery(1).state).toMatchObject({ as: 'dead', reason: 'window-passed' });
    bench.confirm(1);
    days(bench, 7);
    bench.retain();
    const { log } = bench.settle(run?.claim, { ...SUCCESS, responseBody: 'PAYLOAD' });
    expect(log).toHaveLength(1);
    expect(JSON.stringify(log) + text(bench)).not.toContain('PAYLOAD');
  });

  test('is gone for good once the rows go too', () => {
    const bench = expired();
    days(bench, 23);
    bench.retain();
    expect(rows(bench, 'event')).toEqual([]);
  });
});

describe('once rows are gone, also for a new instance,', () => {
  test('sequences go on, and an event that is published again is a new one', () => {
    const bench = new Bench();
    for (let n = 1; n <= 2; n += 1) bench.deliver(`evt_${n}`);
    days(bench, 30);
    bench.retain();
    bench.deliver('evt_2', { contentHash: 'another' });
    bench.restart();
    bench.deliver('evt_1', { contentHash: 'another' });
    expect(readEvent(bench.ledger.memory, 'evt_2')).toMatchObject({ sequence: 3 });
    expect(readEvent(bench.ledger.memory, 'evt_1')).toMatchObject({ sequence: 4 });
    expect(readRecord(bench.ledger.memory)).toMatchObject({ record: 'sub/1', sequence: 4, completeFrom: 3 });
    days(bench, 30);
    bench.retain();
    bench.restart();
    expect(bench.ledger.memory.lastSequence).toBe(4);
  });

  test('an older version is superseded at once in a latest lane', () => {
    const bench = new Bench({ ordering: 'latest' });
    bench.deliver('evt_1', { version: 7 });
    days(bench, 30);
    bench.retain();
    bench.restart();
    expect(bench.publish('evt_2', { version: 6 }).run).toEqual([]);
    expect(bench.delivery(2).state).toMatchObject({ as: 'superseded', supersededBy: 1 });
  });

  test('webhook-previous names what was sent before, and before that where its instance died', () => {
    const bench = new Bench({ retry: { scheduleSeconds: [10], windowSeconds: 100 * 86_400, alsoRetry: [] } });
    bench.deliver('evt_1');
    const [second] = bench.publish('evt_2').run;
    expect(second?.request?.previous).toBe(1);
    days(bench, 40);
    bench.retain();
    expect(rows(bench, 'event')).toMatchObject([{ sequence: 2 }]);
    // Its claim ran out while nothing ran, and so does the next one: the attempts count as lost,
    // and it is sent again.
    bench.crash();
    bench.nowMs += 60_000;
    const [again] = bench.alarm().run;
    expect(bench.begin(again?.claim)).toMatchObject({ previous: 1, attempt: 3 });
    bench.settle(again?.claim, SUCCESS);
    bench.confirm(2);
    days(bench, 40);
    bench.retain();
    bench.restart();
    const [third] = bench.publish('evt_3').run;
    expect(third?.request?.previous).toBe(2);
  });

  test('a replay of what stayed is not sent over a newer event of its type that has gone', () => {
    const bench = new Bench({ ordering: 'latest' });
    bench.deliver('evt_1');
    days(bench, 20);
    const { effects } = bench.ledger.replay(ref(bench, 1), BY, bench.endpoint, bench.at);
    bench.begin(effects.run[0]?.claim);
    bench.settle(effects.run[0]?.claim, SUCCESS);
    bench.confirm(1);
    bench.nowMs -= 20 * DAY_MS;
    bench.deliver('evt_2');
    days(bench, 30);
    bench.retain();
    bench.restart();
    expect(readEvents(bench.ledger.memory, 0, 50).events).toMatchObject([{ id: 'evt_1' }]);
    const { result } = bench.ledger.replay(ref(bench, 1), BY, bench.endpoint, bench.at);
    expect(result).toMatchObject({ ok: false, error: { reason: 'overtaken' } });
  });

  test('messages and acts that come late find nothing, and write nothing', () => {
    const bench = new Bench();
    const [run] = bench.publish('evt_1').run;
    const claim = run?.claim;
    bench.settle(claim, SUCCESS);
    const { revision } = bench.delivery(1);
    bench.confirm(1);
    days(bench, 30);
    bench.retain();
    const before = text(bench);
    if (claim === undefined) throw new Error('nothing was claimed');
    bench.settle(claim, FAILURE);
    bench.ledger.confirm([{ ...ref(bench, 1), revision }], bench.at);
    expect(bench.ledger.begin(claim, bench.settings(), bench.at).result).toEqual({ kind: 'gone' });
    expect(bench.ledger.replay(ref(bench, 1), BY, bench.endpoint, bench.at).result).toMatchObject({ ok: false });
    expect(bench.ledger.discard(ref(bench, 1), BY, bench.at).result).toMatchObject({ ok: false });
    expect(bench.ledger.erasePayload('evt_1', bench.at).result).toBeNull();
    expect(text(bench)).toBe(before);
  });

  test('endpoints that are no longer there are forgotten, and what only gone events could be compared with', () => {
    const bench = new Bench({ ordering: 'latest' });
    bench.deliver('evt_1');
    const old = bench.endpoint;
    bench.endpoint = { ...old, id: old.id.replace('crm', 'erp') };
    bench.deliver('evt_2');
    days(bench, 30);
    bench.retain();
    bench.restart();
    const lanes = [...bench.ledger.memory.lanes.values()];
    expect(lanes).toMatchObject([
      { endpoint: bench.endpoint.id, attemptedOfType: new Map(), lastSent: { sequence: 2 } },
    ]);
  });
});

describe('a turn that lets go', () => {
  test('and fails leaves all as it was, and the next one does it', () => {
    const bench = new Bench();
    bench.deliver('evt_1');
    days(bench, 30);
    const before = text(bench);
    bench.faults.failsNext = true;
    expect(() => bench.retain()).toThrow('the disk is full');
    expect(text(bench)).toBe(before);
    expect(readEvent(bench.ledger.memory, 'evt_1')).not.toBeNull();
    bench.restart();
    bench.retain();
    expect(rows(bench, 'event')).toEqual([]);
  });
});
