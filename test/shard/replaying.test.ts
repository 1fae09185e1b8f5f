/**
 * Replays at their Record: what is out of order (R4), and whether what was replayed is resolved
 * (R1).
 */
import { expect, test } from 'vitest';
import { readDelivery } from '../../src/shard/views.ts';
import { Bench, FAILURE, SUCCESS } from './bench.ts';

const BY = { key: 'key_1', reason: null, force: false };
const REFUSED = { ...FAILURE, statusCode: 401, error: { kind: 'http-4xx', message: 'no' } } as const;

function refOf(bench: Bench, sequence: number, replay = 0) {
  return { sequence, endpoint: bench.endpoint.id, replay };
}

function view(bench: Bench, sequence: number, replay = 0) {
  return readDelivery(bench.ledger.memory, refOf(bench, sequence, replay))?.delivery;
}

/** Event 1 ends dead, event 2 is delivered. */
function overtaken(
  given: Parameters<Bench['publish']>[1][] = [{}, {}],
  endpoint: ConstructorParameters<typeof Bench>[0] = {},
) {
  const bench = new Bench(endpoint);
  const [first] = bench.publish('evt_1', given[0]).run;
  bench.settle(first?.claim, REFUSED);
  const [second] = bench.publish('evt_2', given[1]).run;
  bench.settle(second?.claim, SUCCESS);
  return bench;
}

test('an event without a version that a later one of its record has overtaken is replayed and marked', () => {
  const bench = overtaken();
  bench.ledger.replay(refOf(bench, 1), BY, bench.endpoint, bench.at);
  expect(view(bench, 1, 1)).toMatchObject({ isOutOfOrder: true });
  expect(view(bench, 1)).toMatchObject({ isOutOfOrder: false });
  bench.crash();
  expect(view(bench, 1, 1)).toMatchObject({ isOutOfOrder: true });
});

test('one that was overtaken while its replay waited is marked once its request leaves, also after a crash', () => {
  const bench = new Bench();
  const [first] = bench.publish('evt_1').run;
  bench.settle(first?.claim, REFUSED);
  const [replayed] = bench.ledger.replay(refOf(bench, 1), BY, bench.endpoint, bench.at).effects.run;
  bench.begin(replayed?.claim);
  expect(view(bench, 1, 1)).toMatchObject({ isOutOfOrder: false });
  bench.settle(replayed?.claim, FAILURE);
  const [second] = bench.publish('evt_2').run;
  bench.settle(second?.claim, SUCCESS);
  bench.nowMs += 60_000;
  const [again] = bench.alarm().run;
  bench.begin(again?.claim);
  expect(view(bench, 1, 1)).toMatchObject({ isOutOfOrder: true });
  bench.crash();
  expect(view(bench, 1, 1)).toMatchObject({ isOutOfOrder: true });
});

test('with a version it is out of order only where it was forced over a newer one; the newest never is', () => {
  const versions = [{ version: 1 }, { version: 2 }];
  const bench = overtaken(versions);
  expect(bench.ledger.replay(refOf(bench, 1), BY, bench.endpoint, bench.at).result).toMatchObject({
    error: { reason: 'older-version' },
  });
  bench.ledger.replay(refOf(bench, 1), { ...BY, force: true }, bench.endpoint, bench.at);
  expect(view(bench, 1, 1)).toMatchObject({ isOutOfOrder: true });
  const newest = overtaken(versions);
  newest.ledger.replay(refOf(newest, 2), BY, newest.endpoint, newest.at);
  expect(view(newest, 2, 1)).toMatchObject({ isOutOfOrder: false });
});

test('a lane without order has nothing to be out of', () => {
  const bench = overtaken([{}, {}], { ordering: 'unordered' });
  bench.ledger.replay(refOf(bench, 1), BY, bench.endpoint, bench.at);
  expect(view(bench, 1, 1)).toMatchObject({ isOutOfOrder: false });
});

test('a dead letter says whether its replays have arrived: not yet known, no, and yes', () => {
  const bench = new Bench();
  const [first] = bench.publish('evt_1').run;
  bench.settle(first?.claim, REFUSED);
  expect(view(bench, 1)).toMatchObject({ replayedBy: null, replayResolved: null });
  const [replayed] = bench.ledger.replay(refOf(bench, 1), BY, bench.endpoint, bench.at).effects.run;
  expect(view(bench, 1)).toMatchObject({ replayResolved: null });
  bench.settle(replayed?.claim, REFUSED);
  expect(view(bench, 1)).toMatchObject({ replayResolved: false });
  // Of the replay, not of the original: the original is resolved by it all the same.
  const [again] = bench.ledger.replay(refOf(bench, 1, 1), BY, bench.endpoint, bench.at).effects.run;
  expect(view(bench, 1)).toMatchObject({ replayResolved: null });
  bench.settle(again?.claim, SUCCESS);
  expect(view(bench, 1)).toMatchObject({ status: 'dead', replayResolved: true });
  expect(view(bench, 1, 1)).toMatchObject({ status: 'dead', replayResolved: true });
  expect(view(bench, 1, 2)).toMatchObject({ status: 'delivered', replayResolved: null });
});

test('a dead letter that was discarded after a job listed it is not sent when its turn comes', () => {
  const bench = overtaken();
  const job = { ...BY, job: 'job_1', statuses: ['dead'] };
  bench.ledger.discard(refOf(bench, 1), BY, bench.at);
  expect(bench.ledger.replay(refOf(bench, 1), job, bench.endpoint, bench.at).result).toEqual({
    ok: false,
    error: { reason: 'status-changed', status: 'cancelled' },
  });
  expect(view(bench, 1, 1)).toBeUndefined();
  // Who asks for the discarded ones by their status is given them.
  const asking = { ...BY, job: 'job_2', statuses: ['cancelled'] };
  expect(bench.ledger.replay(refOf(bench, 1), asking, bench.endpoint, bench.at).result.ok).toBe(true);
  // A step that is repeated is answered the replay that it made, whatever became of the status.
  expect(
    bench.ledger.replay(refOf(bench, 1), { ...asking, statuses: ['dead'] }, bench.endpoint, bench.at).result,
  ).toMatchObject({
    ok: true,
    value: { replayOf: expect.any(String) },
  });
});
