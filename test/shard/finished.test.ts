import { expect, test, vi } from 'vitest';
import type { ClaimRef } from '../../src/core/rpc.ts';
import { readDelivery, readEvent, readRecord } from '../../src/record/views.ts';
import { Bench, endpointOf, FAILURE, SUCCESS } from './bench.ts';

const NOT_FOUND = { statusCode: 404, error: { kind: 'http-4xx', message: 'no' } } as const;
const BY = { key: 'operator', reason: null, force: false };

/** A second endpoint beside the bench's own. */
const OTHER = endpointOf('other');

function publishToBoth(bench: Bench, id: string) {
  const endpoints = [bench.endpoint, OTHER];
  const { effects } = bench.ledger.accept(
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
          matches: endpoints.map((one) => one.id),
        },
      ],
      endpoints: endpoints.map(({ id: endpoint, ordering, status, statusReason, cutoff }) => ({
        id: endpoint,
        ordering,
        status,
        statusReason,
        cutoff,
      })),
      settings: { revision: 1, readAtMs: bench.nowMs, endpoints, retention: { payloadDays: 30, logDays: 30 } },
    },
    bench.at,
  );
  return effects.run.map(({ claim }) => claim);
}

function confirmAll(bench: Bench, sequence: number) {
  const event = bench.ledger.memory.load(sequence);
  const confirmations = (event?.slots ?? []).map(({ delivery: { endpoint, replay, revision } }) => ({
    sequence,
    endpoint,
    replay,
    revision,
  }));
  return bench.ledger.confirm(confirmations, bench.at);
}

test('two replays of one finished event, asked for with reads in between, are both there and both stay', () => {
  const bench = new Bench();
  for (const claim of publishToBoth(bench, 'evt_1')) bench.settle(claim, NOT_FOUND);
  confirmAll(bench, 1);
  const live: ClaimRef[] = publishToBoth(bench, 'evt_2');
  const replay = (endpoint: { id: string }) =>
    bench.ledger.replay({ sequence: 1, endpoint: endpoint.id, replay: 0 }, BY, endpointOf('x', endpoint), bench.at);

  expect(readEvent(bench.ledger.memory, 'evt_1')?.deliveries).toHaveLength(2);
  expect(replay(bench.endpoint).result.ok).toBe(true);
  readEvent(bench.ledger.memory, 'evt_1');
  expect(replay(OTHER).result.ok).toBe(true);

  const runs = live.flatMap((claim) => bench.settle(claim, SUCCESS).run);
  for (const { claim } of runs) bench.settle(claim, SUCCESS);
  bench.crash();
  const statuses = readEvent(bench.ledger.memory, 'evt_1')?.deliveries.map(({ status }) => status);
  expect(statuses).toEqual(['dead', 'dead', 'delivered', 'delivered']);
});

test('reading a finished record again and again keeps nothing in memory', () => {
  const bench = new Bench();
  for (const claim of publishToBoth(bench, 'evt_1')) bench.settle(claim, SUCCESS);
  confirmAll(bench, 1);
  const { memory } = bench.ledger;
  for (let n = 0; n < 3; n += 1) {
    readRecord(memory);
    readDelivery(memory, { sequence: 1, endpoint: OTHER.id, replay: 0 });
  }
  expect(memory.events.size).toBe(0);
});

test('the status of a record reads a wide event once, not once for each of its endpoints', () => {
  const bench = new Bench();
  for (const claim of publishToBoth(bench, 'evt_1')) bench.settle(claim, SUCCESS);
  confirmAll(bench, 1);
  const load = vi.spyOn(bench.ledger.memory, 'load');
  expect(readRecord(bench.ledger.memory)?.endpoints).toHaveLength(2);
  expect(load).toHaveBeenCalledTimes(1);
});

test('an answer of 410 disables under the settings that its request left under, not under newer ones', () => {
  const bench = new Bench();
  const [run] = bench.publish('evt_1').run;
  bench.revision = 6;
  const gone = { statusCode: 410, error: { kind: 'http-4xx', message: 'gone' } } as const;
  expect(bench.settle(run?.claim, gone).disable).toMatchObject([{ endpoint: bench.endpoint.id, seenRevision: 1 }]);
});

test('what joins a held lane waits with it: no claim, no Gate, and one row of its own', () => {
  const bench = new Bench({ ordering: 'unordered', status: 'paused' });
  const [run] = bench.publish('evt_1').run;
  if (run === undefined) throw new Error('nothing was claimed');
  bench.ledger.begin(run.claim, bench.settings(), bench.at);
  bench.ledger.parked(run.claim, 'paused', bench.ledger.asking(bench.endpoint.id, 1), bench.at);
  const changes = () => Number(bench.database.prepare('SELECT total_changes() AS n').get()?.['n']);
  const before = changes();
  const effects = bench.publish('evt_2');
  expect(effects).toMatchObject({ run: [], fanout: [], log: [{ delivery: { status: 'held' } }] });
  expect(changes() - before).toBe(1);
  bench.endpoint = { ...bench.endpoint, status: 'enabled' };
  expect(bench.ledger.wake(bench.endpoint.id, 2, null, bench.at).effects.run).toHaveLength(2);
});

test('a lost attempt whose policy died with its instance is not judged by another window', () => {
  const bench = new Bench({ retry: { scheduleSeconds: [90_000], windowSeconds: 7 * 86_400, alsoRetry: [] } });
  const [first] = bench.publish('evt_1').run;
  bench.settle(first?.claim, FAILURE);
  bench.nowMs += 90_000_000;
  expect(bench.alarm().run).toHaveLength(1);
  bench.crash();
  bench.nowMs += 60_000;
  bench.alarm();
  expect(bench.delivery(1)).toMatchObject({ attempts: 2, state: { kind: 'waiting', as: 'retrying' } });
});

test('time held counts, also where the lane found out by its own look and not from the Gate', () => {
  const bench = new Bench({ retry: { scheduleSeconds: [10, 10], windowSeconds: 3_600, alsoRetry: [] } });
  const [first] = bench.publish('evt_1').run;
  bench.settle(first?.claim, FAILURE);
  bench.endpoint = { ...bench.endpoint, status: 'paused' };
  bench.nowMs += 10_000;
  const [held] = bench.alarm().run;
  if (held === undefined) throw new Error('nothing was claimed');
  bench.ledger.begin(held.claim, bench.settings(), bench.at);
  bench.ledger.parked(held.claim, 'paused', bench.ledger.asking(bench.endpoint.id, 1), bench.at);
  bench.endpoint = { ...bench.endpoint, status: 'enabled' };
  bench.nowMs += 6 * 3_600_000;
  const [again] = bench.alarm().run;
  bench.begin(again?.claim);
  bench.settle(again?.claim, FAILURE);
  expect(bench.delivery(1)).toMatchObject({ heldMs: 6 * 3_600_000, heldSinceMs: null, state: { as: 'retrying' } });
});

test('attempts too many for one log entry follow in the next, until the log has all', () => {
  const bench = new Bench({ retry: { scheduleSeconds: Array(9).fill(1), windowSeconds: 86_400, alsoRetry: [] } });
  let runs = bench.publish('evt_1').run;
  for (let n = 0; n < 8; n += 1) {
    const [run] = runs;
    if (run !== undefined && run.request === null) bench.begin(run.claim);
    bench.settle(run?.claim, { ...FAILURE, responseBody: '\u0001'.repeat(4_096) });
    bench.nowMs += 1_000;
    runs = bench.alarm().run;
  }
  bench.crash();
  const told: number[] = [];
  let { log } = bench.alarm(true);
  for (let n = 0; n < 10 && log.length > 0; n += 1) {
    expect(JSON.stringify(log).length).toBeLessThan(60 * 1_024);
    told.push(...log.flatMap(({ attempts }) => attempts.map(({ number }) => number)));
    log = confirmAll(bench, 1).log;
  }
  expect(told).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});
