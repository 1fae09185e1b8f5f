/**
 * What a Shard does when what it remembers, or what waits in it, is older than the endpoint's
 * settings.
 */
import { expect, test } from 'vitest';
import type { Admission } from '../../src/core/admission.ts';
import type { AccountSettings } from '../../src/core/endpoint.ts';
import { EndpointHints } from '../../src/shard/hints.ts';
import { Runner } from '../../src/shard/runner.ts';
import type { Task } from '../../src/shard/shard-ledger.ts';
import { readRecord } from '../../src/shard/views.ts';
import { Bench, FAILURE, START_MS, SUCCESS } from './bench.ts';

const CUTOFF = { atMs: START_MS + 500, reason: 'endpoint-disabled: moved' };

function runnerOf(
  bench: Bench,
  remembered: AccountSettings,
  reads: boolean[],
  admit: () => Promise<Admission> = () => Promise.resolve({ kind: 'parked', why: 'paused' }),
) {
  const none = () => Promise.resolve();
  const act = <T>({ record, run }: Task<T>): T => {
    const [done] = bench.shard.turn([{ record, run }], bench.at);
    if (done?.ok !== true) throw done?.error ?? new Error('a task has no outcome');
    // A turn answers its task with what the task itself returned.
    return done.result as T;
  };
  return new Runner({
    nowMs: () => bench.nowMs,
    random: () => 0,
    ledger: (record) => bench.shard.ledger(record),
    act,
    join: (task) => Promise.resolve(act(task)),
    settings: ({ isFresh }) => {
      reads.push(isFresh);
      return Promise.resolve(isFresh ? bench.settings() : remembered);
    },
    attempt: () => Promise.reject(new Error('nothing is attempted here')),
    sendClaims: none,
    sendLog: none,
    admit,
    report: none,
    hints: new EndpointHints(),
    disable: none,
    remove: () => undefined,
    keep: (work) => void work,
    failed: () => undefined,
  });
}

/** A delivery that is due again, and its claim. */
function retried(bench: Bench) {
  const [first] = bench.publish('evt_1').run;
  bench.settle(first?.claim, FAILURE);
  bench.nowMs += 10_000;
  const [again] = bench.alarm().run;
  if (again === undefined) throw new Error('nothing was claimed');
  return again.claim;
}

test('an endpoint younger than what is remembered is not taken for removed: nothing is cancelled from a memory', async () => {
  const bench = new Bench();
  const claim = retried(bench);
  const reads: boolean[] = [];
  const remembered = { ...bench.settings(), endpoints: [] };
  expect(await runnerOf(bench, remembered, reads).begin([claim])).toMatchObject([{ kind: 'request' }]);
  expect(reads).toEqual([false, true]);
});

test('an endpoint remembered as disabled that was enabled since is sent to', async () => {
  const bench = new Bench();
  const claim = retried(bench);
  const remembered = { ...bench.settings(), endpoints: [{ ...bench.endpoint, status: 'disabled' as const }] };
  expect(await runnerOf(bench, remembered, []).begin([claim])).toMatchObject([{ kind: 'request' }]);
});

test('what a disabling cut off holds back nothing that is published after the enabling, however far off its retry is', () => {
  const bench = new Bench({ retry: { scheduleSeconds: [3_600], windowSeconds: 86_400, alsoRetry: [] } });
  const [first] = bench.publish('evt_1').run;
  bench.settle(first?.claim, FAILURE);
  bench.endpoint = { ...bench.endpoint, cutoff: CUTOFF };
  bench.nowMs += 1_000;
  expect(bench.publish('evt_2').run).toMatchObject([{ claim: { sequence: 2 } }]);
  expect(bench.delivery(1).state).toMatchObject({ as: 'cancelled', reason: CUTOFF.reason });
});

test('what a disabling cut off can be replayed as soon as the endpoint is enabled', () => {
  const bench = new Bench({ retry: { scheduleSeconds: [3_600], windowSeconds: 86_400, alsoRetry: [] } });
  const [first] = bench.publish('evt_1').run;
  bench.settle(first?.claim, FAILURE);
  bench.endpoint = { ...bench.endpoint, cutoff: CUTOFF };
  bench.nowMs += 1_000;
  const ref = { sequence: 1, endpoint: bench.endpoint.id, replay: 0 };
  const by = { key: 'operator', reason: null, force: false };
  expect(bench.ledger.replay(ref, by, bench.endpoint, bench.at).result.ok).toBe(true);
});

test('an older version published late does not hide from the status that the newest is still owed', () => {
  const bench = new Bench({ ordering: 'latest' });
  const [first] = bench.publish('evt_7', { version: 7 }).run;
  bench.settle(first?.claim, FAILURE);
  bench.publish('evt_4', { version: 4 });
  expect(readRecord(bench.ledger.memory)?.endpoints).toMatchObject([{ delivery: { version: 7, status: 'retrying' } }]);
  bench.nowMs += 10_000;
  bench.settle(bench.alarm().run[0]?.claim, SUCCESS);
  expect(readRecord(bench.ledger.memory)?.endpoints).toMatchObject([{ delivery: { version: 7, status: 'delivered' } }]);
});

test('a consumer does not wait for a Gate that hangs: its claim comes again, and its neighbours go', async () => {
  const bench = new Bench({ ordering: 'unordered', isWatched: true });
  const [claim] = ['evt_1', 'evt_2', 'evt_3', 'evt_4'].flatMap((id) => bench.publish(id).fanout);
  if (claim === undefined) throw new Error('nothing was sent to the queue');
  const hangs = new Promise<never>(() => undefined);
  const runner = runnerOf(bench, bench.settings(), [], () => hangs);
  expect(await runner.begin([claim])).toEqual([{ kind: 'gone' }]);
});
