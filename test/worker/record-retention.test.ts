/**
 * O4 on the real runtime: the alarm of a Shard whose log is whole, what its retention deletes, and
 * the storage that is freed.
 */
import { env } from 'cloudflare:workers';
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { shardName } from '../../src/core/ids.ts';
import { DAY_MS, RETENTION_AGAIN_MS, RETENTION_DAYS_MIN } from '../../src/core/limits.ts';
import { Shard } from '../../src/index.ts';
import { isWholeTime, ShardAlarm, wholePhaseMs } from '../../src/shard/alarm.ts';
import { call, newAccount } from '../support/api.ts';
import { soon } from '../support/soon.ts';
import { addressOf, shardOf } from '../support/shards.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response('ECHO PAYLOAD'));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

async function stubOf(account: string) {
  return await shardOf(account, 'sub/1');
}

async function storageOf(account: string) {
  return runInDurableObject(await stubOf(account), async (_, { storage }) => ({
    alarmMs: await storage.getAlarm(),
    events: storage.sql.exec('SELECT sequence FROM event').toArray().length,
    past: storage.sql.exec('SELECT first FROM past').toArray().length,
    bytes: storage.sql.databaseSize,
  }));
}

async function publish(account: string, id: string) {
  const body = { type: 'a.b', record: 'sub/1', id, data: { text: 'PAYLOAD'.repeat(60) } };
  return (await call('POST', `/v1/accounts/${account}/events`, body)).body;
}

/** Delivered, logged, and the alarm moved to the first pass of retention. */
async function whole(settings: object, events: number) {
  const account = await newAccount(settings);
  await call('POST', `/v1/accounts/${account}/endpoints`, { url: 'https://crm.example/hook' });
  const phaseMs = wholePhaseMs(shardName(await addressOf(account, 'sub/1')));
  const published = [];
  for (let n = 1; n <= events; n += 1) published.push(await publish(account, `evt-${n}`));
  // Where more is expected soon, the alarm says so only once it has run.
  await soon(async () => {
    const rows = await runInDurableObject(await stubOf(account), (_, { storage }) =>
      storage.sql.exec('SELECT 1 FROM event WHERE ended_ms IS NULL').toArray(),
    );
    expect(rows).toEqual([]);
  });
  const alarmMs = await soon(async () => {
    const { alarmMs: armed } = await storageOf(account);
    if (!isWholeTime(armed, phaseMs)) {
      vi.setSystemTime(Date.now() + 61_000);
      await runDurableObjectAlarm(await stubOf(account));
    }
    expect(isWholeTime(armed, phaseMs)).toBe(true);
    return armed ?? 0;
  });
  return { account, at: `/v1/accounts/${account}`, published, alarmMs };
}

/**
 * As the platform does it (the test below): the new instance finds no alarm, and is told what it
 * was armed for.
 */
async function wakeByAlarm(account: string, scheduledTime: number) {
  await runInDurableObject(await stubOf(account), (_, { storage }) => storage.deleteAlarm());
  await evictDurableObject(await stubOf(account));
  await runInDurableObject(await stubOf(account), (shard) => {
    if (!(shard instanceof Shard)) throw new Error('not a Shard');
    return shard.alarm({ scheduledTime, retryCount: 0, isRetry: false });
  });
}

test('the platform says what an alarm was armed for, and the instance that it wakes finds none', async () => {
  vi.useRealTimers();
  const stub = await stubOf(await newAccount());
  await runInDurableObject(stub, () => undefined);
  const found = vi.spyOn(ShardAlarm.prototype, 'found');
  const rang = vi.spyOn(ShardAlarm.prototype, 'ran');
  const atMs = Date.now() + 500;
  await runInDurableObject(stub, (_, { storage }) => storage.setAlarm(atMs));
  await evictDurableObject(stub);
  await soon(() => expect(rang).toHaveBeenCalled());
  expect([found.mock.calls, rang.mock.calls]).toEqual([[[null]], [[false, atMs]]]);
});

/** Passes come until one finds nothing stored, or so many. */
async function pass(account: string, most: number): Promise<number> {
  let { alarmMs } = await storageOf(account);
  for (let n = 0; n < most && alarmMs !== null; n += 1) {
    vi.setSystemTime(alarmMs);
    const before: number = alarmMs;
    await wakeByAlarm(account, before);
    await soon(async () => {
      ({ alarmMs } = await storageOf(account));
      expect(alarmMs).not.toBe(before);
    });
  }
  return Date.now();
}

test('a shard deletes what is past its days, within a tenth of them, sends the log nothing, and continues with the next sequence', async () => {
  const startedMs = Date.now();
  const { account, at, alarmMs } = await whole({}, 20);
  expect(alarmMs - startedMs).toBeGreaterThan(RETENTION_DAYS_MIN * DAY_MS - 1_000);
  const before = await storageOf(account);
  expect(before.events).toBe(20);

  const sent = vi.spyOn(Object.getPrototypeOf(env.LOG), 'send');
  const endedMs = await pass(account, 60);
  const after = await storageOf(account);
  expect(after).toMatchObject({ alarmMs: null, events: 0, past: 1 });
  expect(endedMs - startedMs).toBeGreaterThanOrEqual(30 * DAY_MS);
  expect(endedMs - startedMs).toBeLessThan(34 * DAY_MS);
  expect(sent).not.toHaveBeenCalled();
  console.log(`storage of a shard with 20 events: ${before.bytes} bytes, emptied ${after.bytes}`);
  expect(after.bytes).toBeLessThan(before.bytes);

  await evictDurableObject(await stubOf(account));
  const record = (await call('GET', `${at}/records/sub%2F1`)).body;
  expect(record).toMatchObject({ sequence: 20, status: null, late: false, endpoints: [] });
  expect(record.note).toContain('past their retention');
  expect((await call('GET', `${at}/records/sub%2F1/events?after=3`)).body).toEqual({
    data: [],
    next: null,
    completeFrom: 21,
  });
  expect((await call('GET', `${at}/events/evt-1?record=sub%2F1`)).status).toBe(404);
  expect(await publish(account, 'evt-1')).toMatchObject({ sequence: 21, duplicate: false });
});

test('a payload goes before the rows where its days are over first, and every read says when', async () => {
  const { account, at, published, alarmMs } = await whole({ retention: { payloadDays: 7, logDays: 30 } }, 1);
  const [{ deliveries }] = published;
  const delivery = `${at}/deliveries/${deliveries[0].id}`;
  expect((await call('GET', delivery)).body).toMatchObject({ payloadExpiredAt: null });
  await pass(account, 1);
  const gone = { data: null, erasedAt: null, payloadExpiredAt: expect.any(String) };
  await soon(async () => expect((await call('GET', delivery)).body).toMatchObject(gone));
  const detail = await call('GET', delivery);
  expect(detail.body).toMatchObject({ status: 'delivered', body: null, attemptLog: [{ responseBody: null }] });
  expect(detail.text).not.toContain('PAYLOAD');
  expect((await call('GET', `${at}/events/evt-1?record=sub%2F1`)).body).toMatchObject(gone);
  const replay = await call('POST', `${delivery}/replay`, { force: true });
  expect([replay.status, replay.body.code]).toEqual([409, 'payload-expired']);
  expect(await publish(account, 'evt-1')).toMatchObject({ sequence: 1, duplicate: true });
  // The rows have their own time.
  expect((await storageOf(account)).alarmMs).toBeGreaterThan(alarmMs);
});

test('an account whose settings do not answer is asked again within the hour, and nothing goes meanwhile', async () => {
  const { account } = await whole({ retention: { payloadDays: 7, logDays: 7 } }, 1);
  const failing = vi.spyOn(env.ACCOUNT, 'getByName').mockImplementation(() => {
    throw new Error('the Account does not answer');
  });
  await pass(account, 1);
  const before = await storageOf(account);
  expect(before.events).toBe(1);
  expect(before.alarmMs).toBeLessThanOrEqual(Date.now() + RETENTION_AGAIN_MS + 1_000);
  failing.mockRestore();
  await pass(account, 6);
  expect(await storageOf(account)).toMatchObject({ events: 0, past: 1 });
});
