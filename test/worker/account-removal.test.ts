/** E0: an account that is removed is gone at once, and a job erases everything of it. */
import { env } from 'cloudflare:workers';
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { recordName } from '../../src/core/ids.ts';
import { quietPhaseMs } from '../../src/core/retention.ts';
import { recordAddress } from '../../src/delivery/address.ts';
import { isQuietTime } from '../../src/record/alarm.ts';
import { alertsTask } from '../../src/schedule/alerts.ts';
import { writeFaults } from '../../src/store/faults.ts';
import { call, newAccount } from '../support/api.ts';
import { jobOf, until, untilFinished } from '../support/jobs.ts';
import { answers, requests } from '../support/receiver.ts';
import { soon } from '../support/soon.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: Date.now() }));
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const stubOf = async (account: string, record: string) =>
  env.RECORD.getByName(recordName(await recordAddress({ account }, record)));
const gateOf = (account: string, endpoint: string) => env.GATE.getByName(`v1:${account}:${endpoint}`);

async function tablesOf(stub: DurableObjectStub): Promise<unknown[]> {
  return runInDurableObject(stub, async (_, { storage }) => [
    ...storage.sql.exec(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf*'`).toArray(),
    ...((await storage.getAlarm()) === null ? [] : ['alarm']),
  ]);
}

async function rowsOf(account: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const [database, tables] of [
    [env.LOG_DB, ['deliveries', 'events', 'attempts', 'hours']],
    [env.CONFIG, ['accounts', 'endpoints', 'alerts', 'faults']],
  ] as const) {
    for (const table of tables) {
      const row = await database
        .prepare(`SELECT count(*) AS n FROM ${table} WHERE account = ?`)
        .bind(account)
        .first<{ n: number }>();
      counts[table] = row?.n ?? 0;
    }
  }
  return counts;
}
const NOTHING = { deliveries: 0, events: 0, attempts: 0, hours: 0, accounts: 0, endpoints: 0, alerts: 0, faults: 0 };

/** An account with everything: delivered, retrying and held deliveries, an unwanted event, a test, a removed endpoint and its job. */
async function fullAccount() {
  const account = await newAccount();
  const at = `/v1/accounts/${account}`;
  const host = `https://${account.replace('_', '-')}.removal.example.com`;
  const endpoint = async (name: string, settings: object = {}) =>
    (await call('POST', `${at}/endpoints`, { url: `${host}/${name}`, ...settings })).body.id as string;
  const up = await endpoint('up', { eventTypes: ['a.*'] });
  const down = await endpoint('down', { eventTypes: ['a.*'] });
  const paused = await endpoint('paused', { eventTypes: ['a.*'] });
  const removed = await endpoint('removed', { eventTypes: ['a.*'] });
  await answers(`${host}/down`, { status: 500 });
  await call('PATCH', `${at}/endpoints/${paused}`, { status: 'paused' });
  const { job: sweep } = (await call('DELETE', `${at}/endpoints/${removed}`)).body;
  for (const record of ['r/1', 'r/2', null]) {
    for (let n = 0; n < 3; n += 1) await call('POST', `${at}/events`, { type: 'a.b', record, data: { n } });
  }
  await call('POST', `${at}/events`, { type: 'nobody.wants', record: 'r/3', data: {} });
  expect((await call('POST', `${at}/endpoints/${up}/test`)).status).toBe(200);
  await soon(async () => {
    const { deliveries, events, attempts, endpoints } = await rowsOf(account);
    expect([Number(deliveries) >= 9, events, Number(attempts) >= 1, endpoints]).toEqual([true, 1, true, 4]);
  });
  return { account, at, host, endpoints: [up, down, paused, removed], sweep };
}

test('everything is gone: objects, rows of both databases, jobs; and the id is free for a new account', async () => {
  const { account, at, endpoints, sweep, host } = await fullAccount();
  const boundKey = () =>
    call('POST', '/v1/keys', { name: 'theirs', scopes: ['read'], account }, { 'idempotency-key': 'theirs' });
  const { key } = (await boundKey()).body;
  await writeFaults(env.CONFIG, [{ kind: 'record-storage', account, subject: 'k', detail: 'full' }], Date.now());
  await alertsTask.run(env, Date.now());
  expect((await rowsOf(account))['alerts']).toBeGreaterThan(0);
  const removed = await call('DELETE', `${at}?reason=closed`);
  expect(removed.status, removed.text).toBe(202);
  expect(removed.body).toEqual({ account, job: expect.any(String), effectiveWithinMs: 5_000 });
  const { job } = removed.body;

  for (const [method, path, body] of [
    ['GET', at],
    ['GET', `${at}/endpoints`],
    ['GET', `${at}/audit`],
    ['GET', `${at}/records/r%2F1`],
    ['POST', `${at}/events`, { type: 'a.b', data: 1 }],
    ['POST', `${at}/endpoints`, { url: 'https://a.example.com/' }],
  ] as const) {
    const answer = await call(method, path, body);
    expect([path, answer.status, answer.body.code]).toEqual([path, 404, 'unknown-account']);
  }
  expect((await call('DELETE', at)).body.job).toBe(job);
  const again = await call('PUT', at, {});
  expect([again.status, again.body.code, again.body.job]).toEqual([409, 'account-removing', job]);
  const cancel = await call('POST', `/v1/jobs/${job}/cancel`);
  expect([cancel.status, cancel.body.code]).toEqual([409, 'job-refused']);

  const done = await untilFinished(job);
  expect(done).toMatchObject({ kind: 'account-removal', account, by: 'operator', reason: 'closed' });
  expect(done.progress.done).toBe(done.progress.total);
  expect(done.progress.done).toBeGreaterThan(15);
  expect(await rowsOf(account)).toEqual(NOTHING);
  for (const record of ['r/1', 'r/2', 'r/3']) expect(await tablesOf(await stubOf(account, record))).toEqual([]);
  for (const endpoint of endpoints) expect(await tablesOf(gateOf(account, endpoint))).toEqual([]);
  expect(await tablesOf(env.ACCOUNT.getByName(`v1:${account}`))).toEqual([]);
  expect((await call('GET', `/v1/jobs/${sweep}`)).status).toBe(404);
  const listed = await call('GET', `/v1/jobs?account=${account}`);
  expect(listed.body.data).toMatchObject([{ id: job, status: 'finished' }]);

  // A new account with the same id begins anew: its records too.
  expect((await call('PUT', at, { name: 'New' })).status).toBe(201);
  expect((await call('GET', at, undefined, { authorization: `Bearer ${key}` })).status).toBe(401);
  // Not even the request that made a key under an Idempotency-Key makes it once more.
  const other = (await boundKey()).body.key;
  expect(other).not.toBe(key);
  expect((await call('GET', at, undefined, { authorization: `Bearer ${key}` })).status).toBe(401);
  expect((await call('GET', at, undefined, { authorization: `Bearer ${other}` })).status).toBe(200);
  const fresh = await call('POST', `${at}/endpoints`, { url: `${host}/fresh` });
  const event = await call('POST', `${at}/events`, { type: 'a.b', record: 'r/1', data: 'fresh' });
  expect(event.body).toMatchObject({ sequence: 1, deliveries: [{ endpoint: fresh.body.id }] });
  await soon(async () => expect(await requests(`${host}/fresh`)).toHaveLength(1));
});

test('the removal survives the death of its job and of the account’s object, and what the log learns late is erased too', async () => {
  const { account, at } = await fullAccount();
  const { job } = (await call('DELETE', at)).body;
  await evictDurableObject(env.ACCOUNT.getByName(`v1:${account}`));
  await until(job, ({ progress }) => progress.done >= 5);
  await evictDurableObject(jobOf(job));
  await until(job, ({ note }) => note.includes('looks once more'));
  expect(await rowsOf(account)).toEqual(NOTHING);

  // A publish that had read the settings just before, and a log message that was on its way.
  const late = await stubOf(account, 'r/late');
  const event = { id: 'late', type: 'a.b', version: null, schemaVersion: null, occurredAt: null };
  await late.accept({
    account,
    record: 'r/late',
    events: [{ ...event, contentHash: '00', dataJson: '1', matches: [] }],
    endpoints: [],
    settings: null,
  });
  await soon(async () => expect((await rowsOf(account))['events']).toBe(1));
  await untilFinished(job);
  expect(await rowsOf(account)).toEqual(NOTHING);
  expect(await tablesOf(late)).toEqual([]);
});

test('an account that never was cannot be removed, and the job of another erases nothing', async () => {
  expect((await call('DELETE', '/v1/accounts/nobody')).status).toBe(404);
  const account = await newAccount();
  await env.ACCOUNT.getByName(`v1:${account}`).erase(`job_${'0'.repeat(26)}`);
  expect((await call('GET', `/v1/accounts/${account}`)).status).toBe(200);
});

/** What the log has let go of is not found by the removal of its account. */
async function unknownToTheLog() {
  const account = await newAccount();
  const at = `/v1/accounts/${account}`;
  const host = `https://${account.replace('_', '-')}.left.example.com`;
  await call('POST', `${at}/endpoints`, { url: host });
  const event = { type: 'a.b', record: 'user/jane@example.com', id: 'evt-1', data: 'of the former' };
  const { deliveries } = (await call('POST', `${at}/events`, event)).body;
  const record = await stubOf(account, event.record);
  const phaseMs = quietPhaseMs((await recordAddress({ account }, event.record)).hash);
  const isQuiet = () =>
    runInDurableObject(record, async (_, { storage }) => isQuietTime(await storage.getAlarm(), phaseMs));
  await soon(async () => expect(await isQuiet()).toBe(true));
  await env.LOG_DB.prepare('DELETE FROM deliveries WHERE account = ?').bind(account).run();
  const { job } = (await call('DELETE', at)).body;
  await untilFinished(job);
  expect(await tablesOf(record)).toEqual([{ name: 'event' }, 'alarm']);
  return { account, at, host, event, record, delivery: deliveries[0].id as string };
}

test('a record that the log no longer knew erases itself when its alarm rings', async () => {
  const { record } = await unknownToTheLog();
  expect(await runDurableObjectAlarm(record)).toBe(true);
  await soon(async () => expect(await tablesOf(record)).toEqual([]));
});

test('a later account of the id reads nothing of such a record, acts on nothing of it, and begins anew with its first event', async () => {
  const { at, host, event, record, delivery } = await unknownToTheLog();
  expect((await call('PUT', at, {})).status).toBe(201);
  const fresh = (await call('POST', `${at}/endpoints`, { url: `${host}/fresh` })).body.id;
  const key = encodeURIComponent(event.record);
  for (const [method, path] of [
    ['GET', `records/${key}`],
    ['GET', `record?key=${key}`],
    ['GET', `events/evt-1?record=${key}`],
    ['GET', `deliveries/${delivery}`],
    ['POST', `deliveries/${delivery}/replay`],
    ['POST', `deliveries/${delivery}/discard`],
    ['DELETE', `events/evt-1/payload?record=${key}`],
  ] as const) {
    const answer = await call(method, `${at}/${path}`);
    expect([path, answer.status, answer.text.includes('of the former')]).toEqual([path, 404, false]);
  }
  expect((await call('GET', `${at}/records/${key}/events`)).body).toEqual({ data: [], next: null, completeFrom: 1 });
  expect((await call('POST', `${at}/record-statuses`, { records: [event.record] })).body.data).toMatchObject([
    { outcome: 'not-found' },
  ]);

  const published = await call('POST', `${at}/events`, { ...event, data: 'of the later' });
  expect(published.status, published.text).toBe(202);
  expect(published.body).toMatchObject({ sequence: 1, duplicate: false, deliveries: [{ endpoint: fresh }] });
  await evictDurableObject(record);
  expect((await call('GET', `${at}/events/evt-1?record=${key}`)).body).toMatchObject({ data: 'of the later' });
  expect((await call('GET', `${at}/deliveries/${delivery}`)).status).toBe(404);
});
