import { expect, test } from 'vitest';
import type { Effects } from '../../src/shard/ledger.ts';
import { readDelivery } from '../../src/shard/views.ts';
import { Bench } from './bench.ts';

/** The log has what these effects told it. */
function confirm(bench: Bench, { log }: Effects): Effects {
  const confirmations = log.flatMap(({ event, delivery }) =>
    delivery === null
      ? []
      : [
          {
            sequence: event.sequence,
            endpoint: delivery.endpoint,
            replay: delivery.replay,
            revision: delivery.revision,
          },
        ],
  );
  return bench.ledger.confirm(confirmations, bench.at);
}

test('what was read and then changed is confirmed like anything else, and the alarm goes', () => {
  const bench = new Bench();
  const [first] = bench.publish('evt_1').run;
  const refused = bench.settle(first?.claim, { statusCode: 404, error: { kind: 'http-4xx', message: 'not here' } });
  expect(confirm(bench, refused).owed.wakeAtMs).toBe(null);
  const ref = { sequence: 1, endpoint: bench.endpoint.id, replay: 0 };
  expect(readDelivery(bench.ledger.memory, ref)?.delivery.status).toBe('dead');
  const { effects } = bench.ledger.discard(ref, { key: 'key_1', reason: null }, bench.at);
  expect(effects.log).toHaveLength(1);
  expect(confirm(bench, effects).owed.wakeAtMs).toBe(null);
});
