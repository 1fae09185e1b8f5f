/** What a Record does with its Gate's answers and wakes. */
import { expect, test } from 'vitest';
import { Bench, FAILURE, SUCCESS, RECORD } from './bench.ts';

test('a lane that was woken before it was parked is not held, also when a turn failed in between', () => {
  const bench = new Bench({ status: 'paused' });
  const [run] = bench.publish('evt_1').run;
  if (run === undefined) throw new Error('nothing was claimed');
  expect(bench.ledger.begin(run.claim, bench.settings(), bench.at).result.kind).toBe('ask');
  const asked = bench.ledger.asking(bench.endpoint.id, 1);
  // The Gate has the row; before its answer comes the endpoint is resumed and the Gate wakes this
  // record.
  bench.ledger.wake(bench.endpoint.id, 2, null, bench.at);
  bench.failTurn();
  bench.ledger.parked(run.claim, 'paused', asked, bench.at);
  expect(bench.delivery(1).state).toMatchObject({ kind: 'waiting', as: 'queued' });
});

/** A lane that failed once, and whose Gate has parked it when its retry was due. */
function parkedAfterFailure(bench: Bench): void {
  const [first] = bench.publish('evt_1').run;
  bench.settle(first?.claim, FAILURE);
  bench.endpoint = { ...bench.endpoint, isWatched: true };
  bench.nowMs += 10_000;
  const [retry] = bench.alarm().run;
  if (retry === undefined) throw new Error('nothing was claimed');
  expect(bench.ledger.begin(retry.claim, bench.settings(), bench.at).result.kind).toBe('ask');
  bench.ledger.parked(retry.claim, 'circuit', bench.ledger.asking(bench.endpoint.id, 1), bench.at);
}

test('a lane parked for the circuit uses up no attempt, plans no retry and rings no alarm for hours', () => {
  const bench = new Bench();
  parkedAfterFailure(bench);
  expect(bench.delivery(1)).toMatchObject({ attempts: 1, retries: 1, state: { as: 'retrying', parked: 'circuit' } });
  bench.nowMs += 3 * 3_600_000;
  expect(bench.alarm().run).toEqual([]);
  bench.nowMs += 3 * 3_600_000;
  expect(bench.alarm().run).toHaveLength(1);
});

test('a lane woken with one pass makes one attempt without asking, and asks for the next', () => {
  const bench = new Bench({ ordering: 'ordered' });
  parkedAfterFailure(bench);
  bench.publish('evt_2');
  const { result, effects } = bench.ledger.wake(bench.endpoint.id, 1, 1, bench.at);
  expect(result).toEqual({ started: 1, isStillParked: false });
  const [run] = effects.run;
  const { result: begun } = bench.ledger.begin(run?.claim ?? FAIL, bench.settings(), bench.at);
  expect(begun.kind).toBe('request');
  const [next] = bench.settle(run?.claim, SUCCESS).run;
  expect(bench.ledger.begin(next?.claim ?? FAIL, bench.settings(), bench.at).result.kind).toBe('ask');
});

test('a pass that was not used in time is asked for again: many of them would come at once', () => {
  const bench = new Bench();
  parkedAfterFailure(bench);
  const [run] = bench.ledger.wake(bench.endpoint.id, 1, 1, bench.at).effects.run;
  bench.nowMs += 201;
  expect(bench.ledger.begin(run?.claim ?? FAIL, bench.settings(), bench.at).result.kind).toBe('ask');
});

test('time parked does not count against the retry window', () => {
  const bench = new Bench({ retry: { scheduleSeconds: [10, 10], windowSeconds: 3_600, alsoRetry: [] } });
  parkedAfterFailure(bench);
  bench.nowMs += 4 * 3_600_000;
  const [run] = bench.ledger.wake(bench.endpoint.id, 1, 1, bench.at).effects.run;
  bench.begin(run?.claim);
  bench.settle(run?.claim, FAILURE);
  expect(bench.delivery(1)).toMatchObject({ heldMs: 4 * 3_600_000, state: { kind: 'waiting', as: 'retrying' } });
});

test('in a lane without order a wake frees as many as it has passes, and the rest stay with the Gate', () => {
  const bench = new Bench({ ordering: 'unordered', isWatched: true });
  const runs = ['evt_1', 'evt_2', 'evt_3'].flatMap((id) => bench.publish(id).run);
  for (const { claim } of runs) {
    expect(bench.ledger.begin(claim, bench.settings(), bench.at).result.kind).toBe('ask');
    bench.ledger.parked(claim, 'circuit', bench.ledger.asking(bench.endpoint.id, 1), bench.at);
  }
  expect(bench.ledger.wake(bench.endpoint.id, 1, 2, bench.at).result).toEqual({ started: 2, isStillParked: true });
  expect(bench.ledger.wake(bench.endpoint.id, 1, 2, bench.at).result).toEqual({ started: 1, isStillParked: false });
});

test('a start that the Gate has reserved is due then, and does not ask again', () => {
  const bench = new Bench({ rateLimitPerSecond: 1 });
  const [run] = bench.publish('evt_1').run;
  expect(bench.ledger.begin(run?.claim ?? FAIL, bench.settings(), bench.at).result.kind).toBe('ask');
  const { owed } = bench.ledger.promised(run?.claim ?? FAIL, bench.nowMs + 3_000, bench.at);
  expect(owed.wakeAtMs).toBe(bench.nowMs + 3_000);
  bench.nowMs += 3_000;
  const [again] = bench.alarm().run;
  expect(bench.ledger.begin(again?.claim ?? FAIL, bench.settings(), bench.at).result.kind).toBe('request');
});

test('a delivery that looks by itself while its lane is woken is not left behind as parked', () => {
  const bench = new Bench();
  parkedAfterFailure(bench);
  bench.nowMs += 6 * 3_600_000;
  const [look] = bench.alarm().run;
  const asked = bench.ledger.asking(bench.endpoint.id, 1);
  bench.ledger.wake(bench.endpoint.id, 1, 1, bench.at);
  bench.ledger.parked(look?.claim ?? FAIL, 'circuit', asked, bench.at);
  expect(bench.delivery(1).state).not.toHaveProperty('parked');
});

test('failures are reported, successes only while the endpoint is watched', () => {
  const bench = new Bench();
  const [first] = bench.publish('evt_1').run;
  expect(bench.settle(first?.claim, SUCCESS).settled?.reports).toEqual([]);
  const [second] = bench.publish('evt_2').run;
  expect(bench.settle(second?.claim, FAILURE).settled?.reports).toHaveLength(1);
  bench.endpoint = { ...bench.endpoint, isWatched: true };
  bench.nowMs += 10_000;
  const [retry] = bench.alarm().run;
  bench.ledger.begin(retry?.claim ?? FAIL, bench.settings(), bench.at, true);
  expect(bench.settle(retry?.claim, SUCCESS).settled?.reports).toHaveLength(1);
});

const FAIL = { record: RECORD, sequence: 0, endpoint: 'ep_none', replay: 0, claim: 0 };
