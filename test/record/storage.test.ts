/** A Record near the end of its storage takes nothing new, and ends what it has. */
import { expect, test } from 'vitest';
import { RECORD_BYTES_MAX } from '../../src/core/limits.ts';
import { Bench, SUCCESS } from './bench.ts';

test('a full record refuses new events, answers known ones as before, and goes on with what it has', () => {
  const bench = new Bench();
  const [run] = bench.publish('evt_1').run;
  const accept = (id: string, storageBytes: number) =>
    bench.ledger.accept(
      {
        account: 'acme',
        record: 'sub/1',
        events: [
          {
            id,
            type: 'plan.updated',
            version: null,
            schemaVersion: null,
            occurredAt: null,
            contentHash: id,
            dataJson: '{}',
            matches: [],
          },
        ],
        endpoints: [],
        settings: null,
      },
      bench.at,
      storageBytes,
    ).result;
  expect(accept('evt_2', RECORD_BYTES_MAX)).toEqual([{ kind: 'storage-full', id: 'evt_2', bytes: RECORD_BYTES_MAX }]);
  expect(accept('evt_1', RECORD_BYTES_MAX)).toMatchObject([{ kind: 'accepted', duplicate: true }]);
  bench.settle(run?.claim, SUCCESS);
  expect(bench.delivery(1).state).toMatchObject({ kind: 'ended', as: 'delivered' });
  // Refused, it has used up no sequence: with room again, the next event is the second.
  expect(accept('evt_2', RECORD_BYTES_MAX - 1)).toMatchObject([{ kind: 'accepted', sequence: 2 }]);
});
