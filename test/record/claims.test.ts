import { expect, test } from 'vitest';
import { Bench, FAILURE } from './bench.ts';

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
