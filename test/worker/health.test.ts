/**
 * V4: the health of an endpoint, against what its receiver saw, and against rows that the log
 * holds.
 */
import { env } from 'cloudflare:workers';
import { runDurableObjectAlarm } from 'cloudflare:test';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { rfc3339 } from '../../src/core/body.ts';
import { shardName } from '../../src/core/ids.ts';
import { endpointAttempts, waitingFor } from '../../src/store/log/endpoint-health.ts';
import { writeLog } from '../../src/store/log/log-write.ts';
import { call, newAccount } from '../support/api.ts';
import { ACCEPTED_MS, aDelivery, aMessage, anAttempt, anEntry, endpointOf } from '../support/log.ts';
import { answers, arrival, requests } from '../support/receiver.ts';
import { soon } from '../support/soon.ts';
import { shardOf, addressOf } from '../support/shards.ts';

let account: string;
let url: string;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  account = await newAccount();
  url = `https://${account.replace('_', '-')}.health.example.com/crm`;
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

async function endpoint(given: object = {}): Promise<string> {
  return (await call('POST', `/v1/accounts/${account}/endpoints`, { url, description: 'CRM', ...given })).body.id;
}
const publish = (record: string) => call('POST', `/v1/accounts/${account}/events`, { type: 'a.b', record, data: {} });
const health = async (id: string) => (await call('GET', `/v1/accounts/${account}/endpoints/${id}/health`)).body;

async function ring(record: string): Promise<void> {
  const stub = await shardOf(account, record);
  await runDurableObjectAlarm(stub as unknown as DurableObjectStub);
}

test('counts what the receiver saw: successes, failures by code, what waits and when it is tried again', async () => {
  const id = await endpoint();
  const fresh = await health(id);
  expect(fresh).toMatchObject({ lastSuccessAt: null, waiting: { count: 0 }, circuit: { state: 'closed' } });
  expect(fresh.windows.last24Hours).toMatchObject({ attempts: 0, successRate: null, latencyMs: { p50: null } });
  for (const record of ['a', 'b', 'c']) await publish(record);
  await arrival(url, 3);
  await answers(url, { status: 503 });
  await publish('d');
  await arrival(url, 4);
  await answers(url, { status: 404 });
  await publish('e');
  await arrival(url, 5);
  const shown = await soon(async () => {
    const body = await health(id);
    expect(body.windows.last15Minutes.attempts).toBe(5);
    expect(body.waiting.count).toBe(1);
    return body;
  });
  expect(shown.windows.last15Minutes).toMatchObject({
    isComplete: true,
    succeeded: 3,
    failed: 2,
    lost: 0,
    notSent: 0,
    successRate: 0.6,
    statusCodes: { 200: 3, 404: 1, 503: 1 },
    errors: { 'http-4xx': 1, 'http-5xx': 1 },
  });
  expect(shown.windows.last24Hours.succeeded).toBe(3);
  const waiting = (await call('GET', `/v1/accounts/${account}/deliveries?status=retrying`)).body.data;
  expect(waiting).toHaveLength(1);
  expect([shown.nextRetryAt, shown.waiting.oldestAcceptedAt]).toEqual([
    waiting[0].nextAttemptAt,
    waiting[0].acceptedAt,
  ]);

  // A retry that succeeds, then a look when a quarter of an hour has passed.
  await answers(url, { status: 202 });
  vi.setSystemTime(Date.parse(shown.nextRetryAt) + 1);
  await ring('d');
  await arrival(url, 6);
  await soon(async () => expect((await health(id)).windows.last15Minutes.statusCodes[202]).toBe(1));
  expect((await health(id)).waiting).toEqual({ count: 0, oldestAcceptedAt: null, isComplete: true });
  vi.setSystemTime(Date.now() + 15 * 60_000 + 1_000);
  const later = await health(id);
  expect([later.windows.last15Minutes.attempts, later.windows.last24Hours.attempts]).toEqual([0, 6]);
  expect((await requests(url)).length).toBe(6);
});

test('a pause has no next retry, what is disabled has nothing waiting; an unknown one is 404', async () => {
  const id = await endpoint();
  await answers(url, { status: 500 });
  await publish('a');
  await soon(async () => expect((await health(id)).waiting.count).toBe(1));
  const path = `/v1/accounts/${account}/endpoints/${id}`;
  await call('PATCH', path, { status: 'paused' });
  expect(await health(id)).toMatchObject({ status: 'paused', nextRetryAt: null, waiting: { count: 1 } });
  await call('PATCH', path, { status: 'disabled' });
  expect(await health(id)).toMatchObject({ nextRetryAt: null, waiting: { count: 0, oldestAcceptedAt: null } });
  expect((await call('GET', `/v1/accounts/${account}/endpoints/ep_nope/health`)).body.code).toBe('unknown-endpoint');
});

test('reads the newest rows where there are more, and says since when they are all of them', async () => {
  const at = (n: number) => ACCEPTED_MS + n * 10_000;
  const failed = { statusCode: 500, error: { kind: 'http-5xx' as const, message: 'x' } };
  await writeLog(
    env.LOG_DB,
    Array.from({ length: 10 }, (_, n) =>
      aMessage('sampled', [
        anEntry({ sequence: n + 1, acceptedAtMs: at(n) }, aDelivery({ status: 'retrying', attempts: 2 }), [
          anAttempt({ ...failed, atMs: at(n) + 10 }),
          anAttempt({ number: 2, atMs: at(n) + 5_000, latencyMs: 400 }),
        ]),
      ]),
    ),
  );
  const window = { account: 'sampled', fromMs: at(0), toMs: at(100) };
  const read = (rows: number) => endpointAttempts(env.LOG_DB, { ...window, rows }, endpointOf(1), at(8));
  const sum = (groups: { count: number }[]) => groups.reduce((n, { count }) => n + count, 0);
  const all = await read(10);
  const recent = all.found.filter(({ isRecent }) => isRecent);
  expect([sum(all.found), sum(recent), all.sinceMs]).toEqual([20, 4, at(0)]);
  // Four of each table are read, and the fourth stands at the edge.
  const cut = await read(3);
  expect([sum(cut.found), cut.sinceMs]).toEqual([6, at(6) + 5_001]);
  expect(await waitingFor(env.LOG_DB, 'sampled', endpointOf(1), null, 4)).toMatchObject({
    count: 4,
    isComplete: false,
  });
  expect(await waitingFor(env.LOG_DB, 'sampled', endpointOf(1), at(6))).toEqual({
    count: 3,
    oldestAcceptedAtMs: at(7),
    nextRetryAtMs: null,
    isComplete: true,
  });
  expect(rfc3339(cut.sinceMs)).toMatch(/Z$/);
});

test('the status of many records in one call, in order, unknown ones named, one failing Record alone', async () => {
  await endpoint();
  await publish('plan/1');
  await publish('plan/2');
  await arrival(url, 2);
  const path = `/v1/accounts/${account}/record-statuses`;
  const ask = (records: string[]) => call('POST', path, { records });
  const { body } = await ask(['plan/2', 'plan/none', 'plan/1']);
  expect(body.data.map((entry: { record: string; outcome: string }) => [entry.record, entry.outcome])).toEqual([
    ['plan/2', 'found'],
    ['plan/none', 'not-found'],
    ['plan/1', 'found'],
  ]);
  expect(body.data[2].status).toEqual((await call('GET', `/v1/accounts/${account}/records/plan%2F1`)).body);

  const broken = shardName(await addressOf(account, 'plan/1'));
  const original = env.SHARD.getByName.bind(env.SHARD);
  vi.spyOn(env.SHARD, 'getByName').mockImplementation((name: string) => {
    if (name === broken) throw Object.assign(new Error('storage is away'), { overloaded: true });
    return original(name);
  });
  const partial = (await ask(['plan/1', 'plan/2'])).body.data;
  vi.restoreAllMocks();
  expect(partial[1].outcome).toBe('found');
  expect(partial[0]).toEqual({
    record: 'plan/1',
    outcome: 'unavailable',
    error: { code: 'unavailable', message: expect.any(String) },
  });
  const refused = await ask(Array.from({ length: 51 }, (_, n) => `r/${n}`));
  expect([refused.status, refused.body.errors[0].message]).toEqual([
    400,
    'records must have 1 to 50 records; it has 51',
  ]);
  expect((await ask([''])).status).toBe(400);
});
