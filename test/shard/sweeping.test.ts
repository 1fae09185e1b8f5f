import { expect, test } from 'vitest';
import { SWEEP_DELIVERIES_MAX } from '../../src/core/limits.ts';
import { Bench, FAILURE, SUCCESS, RECORD } from './bench.ts';

function removed(bench: Bench) {
  return { ...bench.settings(), endpoints: [] };
}

test('what waits for a removed endpoint is cancelled in one turn, with its reason and time, and told to the log', () => {
  const bench = new Bench();
  const [run] = bench.publish('evt_1').run;
  bench.settle(run?.claim, FAILURE);
  bench.publish('evt_2');
  bench.nowMs += 1_000;
  const { result, effects } = bench.ledger.sweep(bench.endpoint.id, removed(bench), bench.at);
  expect(result).toEqual({ cancelled: 2, left: 0, kept: 0, isMore: false });
  expect(effects.run).toEqual([]);
  expect(effects.log.map(({ delivery }) => [delivery?.status, delivery?.reason, delivery?.endedAtMs])).toEqual([
    ['cancelled', 'endpoint-removed', bench.nowMs],
    ['cancelled', 'endpoint-removed', bench.nowMs],
  ]);
  bench.crash();
  expect(bench.delivery(1).state).toMatchObject({ kind: 'ended', as: 'cancelled' });
  const again = bench.ledger.sweep(bench.endpoint.id, removed(bench), bench.at);
  expect(again.result).toEqual({ cancelled: 0, left: 0, kept: 0, isMore: false });
});

test('what is under way is left to its outcome, and may still be delivered', () => {
  const bench = new Bench();
  const [run] = bench.publish('evt_1').run;
  bench.publish('evt_2');
  const { result, effects } = bench.ledger.sweep(bench.endpoint.id, removed(bench), bench.at);
  expect(result).toEqual({ cancelled: 1, left: 1, kept: 0, isMore: false });
  expect(effects.run).toEqual([]);
  bench.settle(run?.claim, SUCCESS);
  expect(bench.delivery(1).state).toMatchObject({ as: 'delivered' });
  expect(bench.ledger.sweep(bench.endpoint.id, removed(bench), bench.at).result.left).toBe(0);
});

test('an endpoint that was disabled and enabled again loses what was cut off and keeps what came after', () => {
  const bench = new Bench();
  const [run] = bench.publish('evt_1').run;
  bench.settle(run?.claim, FAILURE);
  bench.nowMs += 1_000;
  const cutoff = { atMs: bench.nowMs, reason: 'endpoint-disabled: moved' };
  bench.nowMs += 1_000;
  // Published through an isolate that did not know yet: the cutoff did not travel with it.
  bench.publish('evt_2');
  bench.endpoint = { ...bench.endpoint, cutoff };
  const { result } = bench.ledger.sweep(bench.endpoint.id, bench.settings(), bench.at);
  expect(result).toMatchObject({ cancelled: 1, kept: 1 });
  expect(bench.delivery(1).state).toMatchObject({ as: 'cancelled', reason: 'endpoint-disabled: moved' });
  expect(bench.delivery(2).state.kind).toBe('waiting');
});

test('one call cancels a bounded number, the newest first, so that the lane’s head starts nothing behind it', () => {
  const bench = new Bench();
  const [run] = bench.publish('evt_0').run;
  bench.settle(run?.claim, FAILURE);
  for (let n = 1; n < SWEEP_DELIVERIES_MAX + 10; n += 1) bench.publish(`evt_${n}`);
  const first = bench.ledger.sweep(bench.endpoint.id, removed(bench), bench.at);
  expect(first.result).toEqual({ cancelled: SWEEP_DELIVERIES_MAX, left: 0, kept: 0, isMore: true });
  expect(first.effects.run).toEqual([]);
  expect(bench.delivery(1).state.kind).toBe('waiting');
  const second = bench.ledger.sweep(bench.endpoint.id, removed(bench), bench.at);
  expect(second.result).toEqual({ cancelled: 10, left: 0, kept: 0, isMore: false });
});

test('what travels through a queue and has not begun is cancelled too, and its message finds it gone', () => {
  const bench = new Bench({ ordering: 'unordered' });
  for (let n = 0; n < 8; n += 1) bench.publish(`evt_${n}`);
  const queued = [...bench.ledger.memory.claimed].filter(({ delivery }) => delivery.claim?.via !== 'self');
  expect(queued.length).toBeGreaterThan(0);
  const [slot] = queued;
  if (slot === undefined) throw new Error('nothing was claimed for a queue');
  const { endpoint, replay, claims } = slot.delivery;
  const { result } = bench.ledger.sweep(bench.endpoint.id, removed(bench), bench.at);
  expect(result).toMatchObject({ cancelled: queued.length, left: 8 - queued.length });
  const message = { record: RECORD, sequence: slot.sequence, endpoint, replay, claim: claims };
  expect(bench.ledger.begin(message, bench.settings(), bench.at).result).toEqual({ kind: 'gone' });
});
