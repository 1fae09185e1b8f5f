/** E0: an account that is removed is gone at once, and a job erases everything of it. */
import { env } from 'cloudflare:workers';
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { alertsTask } from '../../src/schedule/alerts.ts';
import { writeFaults } from '../../src/store/config/faults.ts';
import { call, newAccount } from '../support/api.ts';
import { jobOf, until, untilFinished } from '../support/jobs.ts';
import { answers, requests } from '../support/receiver.ts';
import { soon } from '../support/soon.ts';
import { recordOf, shardOf, shardsIn } from '../support/shards.ts';
import { writeLog } from '../../src/store/log/log-write.ts';
import { aMessage, anEntry } from '../support/log.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: Date.now() }));
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Tables with anything in them: of a removed Shard only its tombstone is left. */
function rowsIn(shard: DurableObjectStub): Promise<string[]> {
  return runInDurableObject(shard, (_, { storage }) =>
    ['event', 'wide', 'attempt', 'form', 'watch', 'due', 'past'].filter(
      (table) => storage.sql.exec(`SELECT 1 FROM ${table} LIMIT 1`).toArray().length > 0,
    ),
  );
}
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

/**
 * An account with everything: delivered, retrying and held deliveries, an unwanted event, a test, a
 * removed endpoint and its job.
 */
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
  const shards = await shardsIn(account);
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
  for (const shard of shards) expect(await rowsIn(shard)).toEqual([]);
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
  const shards = await shardsIn(account);
  const late = await shardOf(account, 'r/late');
  const record = await recordOf(account, 'r/late');
  const { job } = (await call('DELETE', at)).body;
  await evictDurableObject(env.ACCOUNT.getByName(`v1:${account}`));
  await until(job, ({ progress }) => progress.done >= 5);
  await evictDurableObject(jobOf(job));
  await until(job, ({ note }) => note.includes('looks once more'));
  expect(await rowsOf(account)).toEqual(NOTHING);

  // A publish that had read the settings just before is refused, also by an instance that has just
  // started.
  await evictDurableObject(late);
  const event = { id: 'late', type: 'a.b', version: null, schemaVersion: null, occurredAt: null };
  const request = {
    account,
    record: 'r/late',
    events: [{ ...event, contentHash: '00', dataJson: '1', matches: [] }],
    endpoints: [],
    settings: null,
  };
  const refused = await late.accept([{ record, request }]).then(
    () => null,
    (error: unknown) => String(error),
  );
  expect(refused).toContain('was removed');
  // A log message that was on its way is erased by a later pass.
  await writeLog(env.LOG_DB, [aMessage(account, [anEntry({}, null, [])])]);
  expect((await rowsOf(account))['events']).toBe(1);
  await untilFinished(job);
  expect(await rowsOf(account)).toEqual(NOTHING);
  for (const shard of shards) expect(await rowsIn(shard)).toEqual([]);
});

test('an account that never was cannot be removed, and the job of another erases nothing', async () => {
  expect((await call('DELETE', '/v1/accounts/nobody')).status).toBe(404);
  const account = await newAccount();
  await env.ACCOUNT.getByName(`v1:${account}`).erase(`job_${'0'.repeat(26)}`);
  expect((await call('GET', `/v1/accounts/${account}`)).status).toBe(200);
});
