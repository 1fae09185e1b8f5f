import { expect, test } from 'vitest';
import { Bench, FAILURE, SUCCESS } from './bench.ts';

test('a request that left late, because settings were slow, is not repeated by a new instance while it may still run', () => {
  const bench = new Bench({ timeoutMs: 30_000 });
  const [first] = bench.publish('evt_1').run;
  bench.settle(first?.claim, FAILURE);
  bench.nowMs += 10_000;
  const [second] = bench.alarm().run;
  bench.nowMs += 40_000;
  bench.begin(second?.claim);
  bench.crash();
  bench.nowMs += 30_000;
  expect(bench.alarm().run).toEqual([]);
  bench.nowMs += 5_000;
  expect(bench.alarm().run).toMatchObject([{ claim: { claim: 3 } }]);
});

test('a claim whose doubled message has begun it is not taken back when the other one comes from the Gate', () => {
  const bench = new Bench({ ordering: 'unordered', status: 'paused' });
  const ids = ['evt_1', 'evt_2', 'evt_3', 'evt_4'];
  const [claim] = ids.flatMap((id) => bench.publish(id).fanout);
  if (claim === undefined) throw new Error('nothing was sent to the queue');
  expect(bench.ledger.begin(claim, bench.settings(), bench.at).result.kind).toBe('ask');
  const asked = bench.ledger.asking(bench.endpoint.id, 1);
  bench.endpoint = { ...bench.endpoint, status: 'enabled' };
  bench.revision += 1;
  expect(bench.begin(claim).attempt).toBe(1);
  bench.ledger.parked(claim, 'paused', asked, bench.at);
  expect(bench.delivery(4).claim?.number).toBe(1);
  bench.settle(claim, SUCCESS);
  expect(bench.delivery(4)).toMatchObject({ attempts: 1, state: { as: 'delivered' } });
});
