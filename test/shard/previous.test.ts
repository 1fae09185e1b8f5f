import { expect, test } from 'vitest';
import { Bench, FAILURE, SUCCESS, RECORD } from './bench.ts';

test('webhook-previous stays what it was when the instance dies after the first request has left', () => {
  const bench = new Bench();
  const [first] = bench.publish('evt_1').run;
  bench.settle(first?.claim, SUCCESS);
  bench.nowMs += 1_000;
  const [second] = bench.publish('evt_2').run;
  expect(second?.request?.previous).toBe(1);
  bench.crash();
  bench.nowMs += 60_000;
  const [again] = bench.alarm().run;
  expect(bench.begin(again?.claim)).toMatchObject({ attempt: 2, previous: 1 });
});

test('webhook-previous stays what it was when only the claim was stored before the instance died', () => {
  const bench = new Bench();
  const [first] = bench.publish('evt_1').run;
  bench.publish('evt_2');
  const [second] = bench.settle(first?.claim, SUCCESS).run;
  expect(bench.begin(second?.claim).previous).toBe(1);
  bench.crash();
  bench.nowMs += 60_000;
  bench.alarm();
  bench.crash();
  bench.nowMs += 60_000;
  const [again] = bench.alarm().run;
  expect(bench.begin(again?.claim)).toMatchObject({ previous: 1 });
});

test('in an ordered lane webhook-previous follows the sequence, also when the clock was set back between instances', () => {
  const bench = new Bench();
  const [first] = bench.publish('evt_1').run;
  bench.settle(first?.claim, SUCCESS);
  bench.nowMs -= 2_000;
  const [second] = bench.publish('evt_2').run;
  bench.settle(second?.claim, SUCCESS);
  const [third] = bench.publish('evt_3').run;
  expect(third?.request?.previous).toBe(2);
});

test('a replay of what was never sent keeps its webhook-previous, whatever its lane sends before the next attempt', () => {
  const bench = new Bench();
  const [first] = bench.publish('evt_1').run;
  bench.publish('evt_2');
  const ref = { sequence: 2, endpoint: bench.endpoint.id, replay: 0 };
  bench.ledger.discard(ref, { key: 'key_1', reason: null }, bench.at);
  bench.settle(first?.claim, SUCCESS);
  const by = { key: 'key_1', reason: null, force: false };
  const [replayed] = bench.ledger.replay(ref, by, bench.endpoint, bench.at).effects.run;
  expect(bench.begin(replayed?.claim)).toMatchObject({ attempt: 1, previous: 1 });
  bench.publish('evt_3');
  bench.crash();
  bench.nowMs += 60_000;
  const [third] = bench.alarm().run;
  expect(bench.begin(third?.claim).claim.sequence).toBe(3);
  const [again] = bench.settle(third?.claim, SUCCESS).run;
  expect(bench.begin(again?.claim)).toMatchObject({ attempt: 2, previous: 1, claim: { sequence: 2, replay: 1 } });
});

test('a claim that was given back unsent is nobody’s webhook-previous, also when rows were read again meanwhile', () => {
  const bench = new Bench();
  const [first] = bench.publish('evt_1').run;
  bench.settle(first?.claim, FAILURE);
  bench.publish('evt_2');
  bench.ledger.discard(
    { sequence: 1, endpoint: bench.endpoint.id, replay: 0 },
    { key: 'key_1', reason: null },
    bench.at,
  );
  // The claim of 2 still waits for settings.
  bench.failTurn();
  const claim = { record: RECORD, sequence: 2, endpoint: bench.endpoint.id, replay: 0, claim: 1 };
  bench.ledger.release([claim], bench.nowMs + 10_000, bench.at);
  bench.ledger.discard(
    { sequence: 2, endpoint: bench.endpoint.id, replay: 0 },
    { key: 'key_1', reason: null },
    bench.at,
  );
  const [third] = bench.publish('evt_3').run;
  expect(third?.request?.previous).toBe(1);
});
