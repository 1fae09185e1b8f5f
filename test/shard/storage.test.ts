/** A Record near the end of its storage takes nothing new, and ends what it has. */
import { expect, test } from 'vitest';
import { SHARD_BYTES_MAX } from '../../src/core/limits.ts';
import { Bench, SUCCESS } from './bench.ts';

test('a full record refuses new events and replays, answers known events as before, and delivers what it has', () => {
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
  expect(accept('evt_2', SHARD_BYTES_MAX)).toEqual([{ kind: 'storage-full', id: 'evt_2', bytes: SHARD_BYTES_MAX }]);
  expect(accept('evt_1', SHARD_BYTES_MAX)).toMatchObject([{ kind: 'accepted', duplicate: true }]);
  bench.settle(run?.claim, SUCCESS);
  expect(bench.delivery(1).state).toMatchObject({ kind: 'ended', as: 'delivered' });
  // A replay is something new; discarding and erasing make no more of it.
  const ref = { sequence: 1, endpoint: bench.endpoint.id, replay: 0 };
  const by = { key: 'operator', reason: null, force: true };
  const replayed = bench.ledger.replay(ref, by, bench.endpoint, bench.at, SHARD_BYTES_MAX).result;
  expect(replayed).toEqual({ ok: false, error: { reason: 'storage-full', bytes: SHARD_BYTES_MAX } });
  const missing = { sequence: 1, endpoint: bench.endpoint.id.replace('crm', 'erp') };
  const other = { ...bench.endpoint, id: missing.endpoint };
  expect(bench.ledger.replayMissing(missing, by, other, bench.at, SHARD_BYTES_MAX).result).toEqual(replayed);
  expect(bench.ledger.erasePayload('evt_1', bench.at).result).toMatchObject({ erasedAtMs: bench.nowMs });
  // Refused, it has used up no sequence: with room again, the next event is the second.
  expect(accept('evt_2', SHARD_BYTES_MAX - 1)).toMatchObject([{ kind: 'accepted', sequence: 2 }]);
});
