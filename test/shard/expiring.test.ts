/** C4: what a Record does with the windows and ends that an event type gave its events. */
import { expect, test } from 'vitest';
import { Bench, FAILURE, START_MS, SUCCESS } from './bench.ts';

const EXPIRES = { expireAfterSeconds: 60 };
const EXPIRED = { kind: 'ended', as: 'dead', reason: 'expired' };

test('what still waits when its time is over is dead, and the alarm is armed for that moment', () => {
  const bench = new Bench({ retry: { scheduleSeconds: [40, 600], windowSeconds: 3_600, alsoRetry: [] } });
  const [run] = bench.publish('evt_1', EXPIRES).run;
  bench.settle(run?.claim, FAILURE);
  bench.nowMs += 40_000;
  const again = bench.alarm();
  // The next retry would come after ten minutes.
  bench.settle(again.run[0]?.claim, FAILURE);
  expect(bench.delivery(1)).toMatchObject({ state: EXPIRED, attempts: 2 });
});

test('an event behind a stuck head expires by the alarm, also for an instance that knows only the rows', () => {
  const bench = new Bench({ retry: { scheduleSeconds: [3_600], windowSeconds: 7_200, alsoRetry: [] } });
  const [run] = bench.publish('evt_1').run;
  bench.settle(run?.claim, FAILURE);
  expect(bench.publish('evt_2', EXPIRES).owed.wakeAtMs).toBeLessThanOrEqual(START_MS + 60_000);
  bench.crash();
  bench.nowMs += 59_999;
  expect(bench.alarm().owed.wakeAtMs).toBe(START_MS + 60_000);
  expect(bench.delivery(2).state.kind).toBe('waiting');
  bench.nowMs += 1;
  bench.alarm();
  expect(bench.delivery(2)).toMatchObject({ state: EXPIRED, attempts: 0 });
});

test('a claim that begins too late gets no request: the alarm may ring late', () => {
  const bench = new Bench();
  bench.revision = 2;
  // Settings that a publish does not carry: the claim is made, and begun once they are read.
  const effects = bench.ledger.accept(
    {
      account: 'acme',
      record: 'sub/1',
      events: [
        {
          ...{ id: 'evt_1', type: 'typing', version: null, schemaVersion: null, occurredAt: null },
          ...{ contentHash: 'a', dataJson: '{}', matches: [bench.endpoint.id], expireAfterSeconds: 1 },
        },
      ],
      endpoints: [bench.endpoint],
      settings: null,
    },
    bench.at,
  ).effects;
  bench.nowMs += 1_000;
  const claim = effects.run[0]?.claim;
  if (claim === undefined) throw new Error('nothing was claimed');
  expect(bench.ledger.begin(claim, bench.settings(), bench.at).result.kind).toBe('gone');
  expect(bench.delivery(1)).toMatchObject({ state: EXPIRED, attempts: 0, claim: null });
});

test('a request that is under way when its time is over may still deliver; its failure ends it', () => {
  for (const [outcome, as] of [
    [SUCCESS, 'delivered'],
    [FAILURE, 'dead'],
  ] as const) {
    const bench = new Bench();
    const [run] = bench.publish('evt_1', { expireAfterSeconds: 5 }).run;
    bench.nowMs += 6_000;
    bench.alarm();
    expect(bench.delivery(1).state.kind).toBe('waiting');
    bench.settle(run?.claim, outcome);
    expect(bench.delivery(1).state).toMatchObject({ kind: 'ended', as });
  }
});

test('a Retry-After that ends too late ends the delivery: it is not sent before the receiver wants it', () => {
  const bench = new Bench();
  const [run] = bench.publish('evt_1', EXPIRES).run;
  bench.settle(run?.claim, { ...FAILURE, statusCode: 503, retryAfterMs: 120_000 });
  expect(bench.delivery(1).state).toMatchObject(EXPIRED);
});

test('the shorter of the two retry windows is in force', () => {
  for (const [typeSeconds, endpointSeconds, isRetried] of [
    [5, 3_600, false],
    [3_600, 5, false],
    [3_600, 3_600, true],
  ] as const) {
    const bench = new Bench({ retry: { scheduleSeconds: [10], windowSeconds: endpointSeconds, alsoRetry: [] } });
    const [run] = bench.publish('evt_1', { retryWindowSeconds: typeSeconds }).run;
    bench.settle(run?.claim, FAILURE);
    expect(bench.delivery(1).state.as).toBe(isRetried ? 'retrying' : 'dead');
  }
});

test('an event without a form, an end or a group stores nothing of them', () => {
  const bench = new Bench();
  bench.publish('evt_1');
  const [row] = bench.database.prepare('SELECT facts, deliveries FROM event').all();
  expect(JSON.stringify(row)).not.toMatch(/form|expires|latest|retryWindow/);
  for (const table of ['wide', 'attempt', 'form', 'due', 'past']) {
    expect(bench.database.prepare(`SELECT * FROM ${table}`).all()).toEqual([]);
  }
});
