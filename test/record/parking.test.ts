import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { GateLedger } from '../../src/gate/ledger.ts';
import { Bench, sqlOf } from './bench.ts';

const NOW_MS = 1_000;

test('a record that parks again while it is being woken stays parked: it has seen newer settings than the walk', () => {
  const gate = new GateLedger(sqlOf(new DatabaseSync(':memory:')));
  gate.park('record', 5, NOW_MS);
  gate.changed(6, 'enabled', NOW_MS);
  const walk = gate.due();
  expect(walk.records).toEqual(['record']);
  // The record was woken, read settings that say paused again, and parks before the walk ends.
  expect(gate.park('record', 7, NOW_MS).answer).toBe('parked');
  gate.settle(walk.records, [], walk.revision, NOW_MS);
  gate.changed(8, 'enabled', NOW_MS);
  expect(gate.due().records).toEqual(['record']);
});

test('a record that did not answer its wake goes behind those that wait, and is woken again', () => {
  const gate = new GateLedger(sqlOf(new DatabaseSync(':memory:')));
  gate.park('a', 5, NOW_MS);
  gate.park('b', 5, NOW_MS);
  gate.changed(6, 'enabled', NOW_MS);
  const walk = gate.due();
  gate.settle([], ['a'], walk.revision, NOW_MS);
  expect(gate.due().records).toEqual(['b', 'a']);
});

test('a lane that was woken before it was parked is not held, also when a turn failed in between', () => {
  const bench = new Bench({ status: 'paused' });
  const [run] = bench.publish('evt_1').run;
  if (run === undefined) throw new Error('nothing was claimed');
  expect(bench.ledger.begin(run.claim, bench.settings(), bench.at).result.kind).toBe('park');
  // The Gate has the row; before its answer comes the endpoint is resumed and the Gate wakes this record.
  bench.ledger.wake(bench.endpoint.id, 2, bench.at);
  bench.failTurn();
  bench.ledger.parked(run.claim, 1, bench.at);
  expect(bench.delivery(1).state).toMatchObject({ kind: 'waiting', as: 'queued' });
});
