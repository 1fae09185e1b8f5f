import { expect, test } from 'vitest';
import { readDelivery, readEvent } from '../../src/shard/views.ts';
import { Bench, FAILURE, SUCCESS } from './bench.ts';

const ECHO = { responseHeaders: { 'x-echo': 'PAYLOAD' }, responseBody: 'PAYLOAD' };
const FORMS = { schemaVersion: '2.0', forms: [{ schemaVersion: '1.0', dataJson: '"PAYLOAD"', endpoints: [] }] };

const erase = (bench: Bench, id = 'evt_1') => bench.ledger.erasePayload(id, bench.at);

/** Every cell of every table, as text. */
function stored(bench: Bench): string {
  const tables = bench.database.prepare(`SELECT name FROM sqlite_master WHERE type = 'table'`).all();
  return JSON.stringify(tables.map(({ name }) => bench.database.prepare(`SELECT * FROM ${String(name)}`).all()));
}

test('the body, older forms and echoed answers leave no trace in any row; facts and hash stay', () => {
  const bench = new Bench();
  const [first] = bench.publish('evt_1', { ...FORMS, dataJson: '"PAYLOAD"' }).run;
  bench.settle(first?.claim, { ...FAILURE, ...ECHO });
  bench.nowMs += 10_000;
  const [second] = bench.alarm().run;
  bench.begin(second?.claim);
  bench.settle(second?.claim, { ...SUCCESS, ...ECHO });
  expect(stored(bench).match(/PAYLOAD/g)?.length).toBeGreaterThanOrEqual(6);

  const { result, effects } = erase(bench);
  expect(stored(bench)).not.toContain('PAYLOAD');
  expect(result).toMatchObject({ id: 'evt_1', body: null, forms: [{ body: null }], erasedAtMs: bench.nowMs });
  // The log hears of both attempts again, and that they are erased.
  expect(effects.log).toMatchObject([
    { event: { erasedAtMs: bench.nowMs }, delivery: { status: 'delivered' }, attempts: [{ number: 1 }, { number: 2 }] },
  ]);
  expect(JSON.stringify(effects.log)).not.toContain('PAYLOAD');
  const again = bench.ledger.accept(
    { account: 'acme', record: 'sub/1', events: [newEvent('evt_1')], endpoints: [], settings: null },
    bench.at,
  );
  expect(again.result).toMatchObject([{ kind: 'accepted', duplicate: true }]);
});

function newEvent(id: string) {
  const none = { version: null, schemaVersion: null, occurredAt: null };
  return { id, type: 'plan.updated', ...none, contentHash: id, dataJson: '{}', matches: [] };
}

test('what waits is cancelled, also a claim that is in a queue, and what is behind it continues', () => {
  const bench = new Bench();
  const [first] = bench.publish('evt_1').run;
  bench.settle(first?.claim, FAILURE);
  expect(bench.publish('evt_2').run).toHaveLength(0);
  const { effects } = erase(bench);
  expect(bench.delivery(1).state).toMatchObject({ kind: 'ended', as: 'cancelled', reason: 'payload erased' });
  expect(effects.run.map(({ claim }) => claim.sequence)).toEqual([2]);
});

test('a request under way ends: its success delivers, its failure cancels, and neither answer is kept', () => {
  for (const [outcome, as] of [
    [SUCCESS, 'delivered'],
    [FAILURE, 'cancelled'],
  ] as const) {
    const bench = new Bench();
    const [run] = bench.publish('evt_1').run;
    erase(bench);
    expect(bench.delivery(1).state.kind).toBe('waiting');
    const { log, run: next } = bench.settle(run?.claim, { ...outcome, ...ECHO });
    expect(bench.delivery(1).state).toMatchObject({ kind: 'ended', as });
    expect(next).toEqual([]);
    expect(JSON.stringify(log) + stored(bench)).not.toContain('PAYLOAD');
  }
});

test('a claim that still reads its settings finds nothing to send, also after a crash', () => {
  const bench = new Bench();
  const [first] = bench.publish('evt_1').run;
  bench.settle(first?.claim, FAILURE);
  bench.nowMs += 10_000;
  const [second] = bench.alarm().run;
  if (second === undefined) throw new Error('nothing was claimed');
  expect(second.request).toBeNull();
  erase(bench);
  expect(bench.ledger.begin(second.claim, bench.settings(), bench.at).result).toEqual({ kind: 'gone' });
  bench.crash();
  bench.nowMs += 3_600_000;
  expect(bench.alarm().run).toEqual([]);
  expect(bench.delivery(1).state).toMatchObject({ as: 'cancelled', reason: 'payload erased' });
});

test('a lost attempt whose true outcome comes after the erasure brings no answer back', () => {
  const bench = new Bench();
  const [first] = bench.publish('evt_1').run;
  bench.nowMs += 3_600_000;
  bench.alarm();
  erase(bench);
  const { log } = bench.settle(first?.claim, { ...SUCCESS, ...ECHO });
  expect(JSON.stringify(log) + stored(bench)).not.toContain('PAYLOAD');
});

test('erasing again changes nothing, an unknown event is null, and a replay is refused, forced or not', () => {
  const bench = new Bench();
  const [first] = bench.publish('evt_1').run;
  bench.settle(first?.claim, SUCCESS);
  const erasedAtMs = erase(bench).result?.erasedAtMs;
  bench.nowMs += 1_000;
  const again = erase(bench);
  expect([again.result?.erasedAtMs, again.effects.log]).toEqual([erasedAtMs, []]);
  expect(erase(bench, 'evt_9').result).toBeNull();
  const ref = { sequence: 1, endpoint: bench.endpoint.id, replay: 0 };
  const by = { key: 'operator', reason: null, force: true };
  const refused = bench.ledger.replay(ref, by, bench.endpoint, bench.at).result;
  expect(refused).toEqual({ ok: false, error: { reason: 'payload-erased', erasedAtMs } });
});

test('an erasure that the log confirmed nothing of is told again after a crash, of a finished event too', () => {
  const bench = new Bench();
  const [first] = bench.publish('evt_1').run;
  bench.settle(first?.claim, SUCCESS);
  const { revision } = bench.delivery(1);
  bench.ledger.confirm([{ sequence: 1, endpoint: bench.endpoint.id, replay: 0, revision }], bench.at);
  expect(bench.ledger.memory.events.size).toBe(0);
  expect(erase(bench).effects.owed.wakeAtMs).not.toBeNull();
  bench.crash();
  const { log } = bench.alarm();
  expect(log).toMatchObject([{ event: { erasedAtMs: bench.nowMs }, attempts: [{ number: 1, responseBody: null }] }]);
  expect(readEvent(bench.ledger.memory, 'evt_1')?.body).toBeNull();
  const ref = { sequence: 1, endpoint: bench.endpoint.id, replay: 0 };
  expect(readDelivery(bench.ledger.memory, ref)).toMatchObject({ body: null, event: { erasedAtMs: bench.nowMs } });
});
