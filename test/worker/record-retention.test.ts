/** O4 on the real runtime: the alarm of a quiet Record, what it lets go of, and the storage that is freed. */
import { env } from 'cloudflare:workers';
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { recordName } from '../../src/core/ids.ts';
import { DAY_MS, QUIET_RING_MS, RETENTION_EMPTIED_LOOK_MS } from '../../src/core/limits.ts';
import { quietPhaseMs } from '../../src/core/retention.ts';
import { Record as RecordObject } from '../../src/index.ts';
import { isQuietTime, RecordAlarm } from '../../src/record/alarm.ts';
import { recordAddress } from '../../src/delivery/address.ts';
import { call, newAccount } from '../support/api.ts';
import { soon } from '../support/soon.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response('ECHO PAYLOAD'));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

async function stubOf(account: string) {
  return env.RECORD.getByName(recordName(await recordAddress({ account }, 'sub/1')));
}

async function storageOf(account: string) {
  return runInDurableObject(await stubOf(account), async (_, { storage }) => ({
    alarmMs: await storage.getAlarm(),
    tables: storage.sql
      .exec(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'`)
      .toArray()
      .map(({ name }) => name),
    bytes: storage.sql.databaseSize,
  }));
}

async function publish(account: string, id: string) {
  const body = { type: 'a.b', record: 'sub/1', id, data: { text: 'PAYLOAD'.repeat(60) } };
  return (await call('POST', `/v1/accounts/${account}/events`, body)).body;
}

/** Delivered, logged, and the alarm moved to the retention. */
async function quiet(settings: object, events: number) {
  const account = await newAccount(settings);
  await call('POST', `/v1/accounts/${account}/endpoints`, { url: 'https://crm.example/hook' });
  const phaseMs = quietPhaseMs((await recordAddress({ account }, 'sub/1')).hash);
  const published = [];
  for (let n = 1; n <= events; n += 1) published.push(await publish(account, `evt-${n}`));
  const alarmMs = await soon(async () => {
    const { alarmMs: armed } = await storageOf(account);
    expect(isQuietTime(armed, phaseMs)).toBe(true);
    return armed ?? 0;
  });
  return { account, at: `/v1/accounts/${account}`, published, alarmMs };
}

/** As the platform does it (the test below): the new instance finds no alarm, and is told what it was armed for. */
async function wakeByAlarm(account: string, scheduledTime: number) {
  await runInDurableObject(await stubOf(account), (_, { storage }) => storage.deleteAlarm());
  await evictDurableObject(await stubOf(account));
  await runInDurableObject(await stubOf(account), (record) => {
    if (!(record instanceof RecordObject)) throw new Error('not a Record');
    return record.alarm({ scheduledTime, retryCount: 0, isRetry: false });
  });
}

test('the platform says what an alarm was armed for, and the instance that it wakes finds none', async () => {
  vi.useRealTimers();
  const stub = await stubOf('acme');
  await runInDurableObject(stub, () => undefined);
  const found = vi.spyOn(RecordAlarm.prototype, 'found');
  const rang = vi.spyOn(RecordAlarm.prototype, 'rang');
  const atMs = Date.now() + 500;
  await runInDurableObject(stub, (_, { storage }) => storage.setAlarm(atMs));
  await evictDurableObject(stub);
  await soon(() => expect(rang).toHaveBeenCalled());
  expect([found.mock.calls, rang.mock.calls]).toEqual([[[null]], [[false, atMs]]]);
});

test('a quiet record wakes after its days and a tenth, empties itself, tells the log nothing, and goes on with the next sequence', async () => {
  const startedMs = Date.now();
  const { account, at, alarmMs } = await quiet({}, 20);
  expect(alarmMs - startedMs).toBeGreaterThan(33 * DAY_MS);
  expect(alarmMs - startedMs).toBeLessThan(33 * DAY_MS + 2 * QUIET_RING_MS);
  const before = await storageOf(account);

  vi.setSystemTime(alarmMs);
  const told = vi.spyOn(Object.getPrototypeOf(env.LOG), 'send');
  await wakeByAlarm(account, alarmMs);
  const after = await soon(async () => {
    const now = await storageOf(account);
    expect(now.tables).toEqual(['summary']);
    return now;
  });
  expect(told).not.toHaveBeenCalled();
  // It looks at times whether its account is still there.
  const looksInMs = (after.alarmMs ?? 0) - alarmMs - RETENTION_EMPTIED_LOOK_MS;
  expect([0, QUIET_RING_MS]).toContain(looksInMs);
  console.log(`storage of a record with 20 events: ${before.bytes} bytes, emptied ${after.bytes}`);
  expect(after.bytes).toBeLessThan(before.bytes / 2);

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
  const { account, at, published, alarmMs } = await quiet({ retention: { payloadDays: 7, logDays: 30 } }, 1);
  const [{ deliveries }] = published;
  const delivery = `${at}/deliveries/${deliveries[0].id}`;
  expect((await call('GET', delivery)).body).toMatchObject({ payloadExpiredAt: null });
  vi.setSystemTime(alarmMs);
  expect(await runDurableObjectAlarm(await stubOf(account))).toBe(true);
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
  const { account, alarmMs } = await quiet({}, 1);
  vi.setSystemTime(alarmMs);
  const failing = vi.spyOn(env.ACCOUNT, 'getByName').mockImplementation(() => {
    throw new Error('the Account does not answer');
  });
  await runDurableObjectAlarm(await stubOf(account));
  const before = await storageOf(account);
  expect(before.tables).toEqual(['event']);
  expect(before.alarmMs).toBe(alarmMs + QUIET_RING_MS);
  failing.mockRestore();
  vi.setSystemTime(alarmMs + QUIET_RING_MS);
  await runDurableObjectAlarm(await stubOf(account));
  await soon(async () => expect((await storageOf(account)).tables).toEqual(['summary']));
});
