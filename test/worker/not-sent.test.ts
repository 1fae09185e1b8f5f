/**
 * V9: a fault of ours is told as ours. Here the endpoint's secret was sealed with another key, as
 * after a restart with a wrong MASTER_KEY.
 */
import { env } from 'cloudflare:workers';
import { runDurableObjectAlarm } from 'cloudflare:test';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { alertsTask } from '../../src/schedule/alerts.ts';
import { call, newAccount } from '../support/api.ts';
import { requests } from '../support/receiver.ts';
import { anEndpoint } from '../support/settings.ts';
import { soon } from '../support/soon.ts';
import { shardOf } from '../support/shards.ts';

const MINUTE_MS = 60_000;
const SEALED_ELSEWHERE = { key: 'master-1', sealed: 'A'.repeat(96) };
const ENDPOINT = 'ep_00000000000000000000000077';
let account: string;
let url: string;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  account = await newAccount();
  url = `https://${account.replace('_', '-')}.not-sent.example.com/crm`;
  const secret = {
    id: 'sec_1',
    kind: 'hmac' as const,
    secret: SEALED_ELSEWHERE,
    createdAtMs: Date.now(),
    expiresAtMs: null,
  };
  const settings = anEndpoint({ id: ENDPOINT, url, description: 'CRM', secrets: [secret], createdAtMs: Date.now() });
  await env.ACCOUNT.getByName(`v1:${account}`).createEndpoint(settings);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

async function publish(record: string): Promise<string> {
  const body = { type: 'plan.updated', record, data: {} };
  return (await call('POST', `/v1/accounts/${account}/events`, body)).body.deliveries[0].id;
}

async function ring(record: string): Promise<void> {
  await runDurableObjectAlarm(await shardOf(account, record));
}

const read = async (path: string) => (await call('GET', `/v1/accounts/${account}${path}`)).body;
const NOTE = 'A fault of ours keeps us from sending it to CRM';

test('a delivery that cannot be signed waits with all of its retries, and nothing speaks against its endpoint', async () => {
  const records = Array.from({ length: 8 }, (_, n) => `sub/${n}`);
  const ids = await Promise.all(records.map(publish));
  for (let n = 1; n <= 3; n += 1) {
    await soon(async () => {
      for (const id of ids) expect(await read(`/deliveries/${id}`)).toMatchObject({ status: 'retrying', attempts: n });
    });
    if (n < 3) vi.setSystemTime(Date.now() + 41_000);
    if (n < 3) await Promise.all(records.map(ring));
  }
  const delivery = await read(`/deliveries/${ids[0]}`);
  expect(delivery.note).toContain(`${NOTE}, retry in`);
  expect(delivery.lastAttempt.error).toMatchObject({
    kind: 'not-sent',
    message: expect.stringContaining('Not sent: '),
  });
  expect(await requests(url)).toEqual([]);
  expect((await read(`/endpoints/${ENDPOINT}`)).circuit).toMatchObject({ state: 'closed', waitingRecords: 0 });
  await soon(async () => {
    const { windows, lastFailureAt } = await read(`/endpoints/${ENDPOINT}/health`);
    expect(windows.last15Minutes).toMatchObject({ attempts: 24, failed: 0, notSent: 24, successRate: null });
    expect(lastFailureAt).toBe(null);
  });

  // For hours: no alert of the endpoint, one for the operator.
  vi.setSystemTime(Date.now() + MINUTE_MS);
  await alertsTask.run(env, Date.now());
  const ofAccount = await call('GET', `/v1/alerts?account=${account}&limit=200`);
  expect(ofAccount.body.data).toEqual([]);
  const { data } = (await call('GET', '/v1/alerts?rule=not-sent&limit=200')).body;
  expect(data).toEqual([expect.objectContaining({ account: null, status: 'open', value: 1 })]);
  expect(data[0].detail).toContain(`the secret of ${ENDPOINT} does not open with the master key "master-1"`);
});

test("a secret that does not open is the operator's to mend, and a reseal counts it", async () => {
  const { status, body } = await call('GET', `/v1/accounts/${account}/endpoints/${ENDPOINT}/secrets/sec_1`);
  expect([status, body.code]).toEqual([503, 'misconfigured']);
  expect(body.detail).toContain('MASTER_KEY');
  const resealed = await call('POST', `/v1/accounts/${account}/reseal`);
  expect(resealed.body).toMatchObject({ remaining: 0, unreadable: { count: 1, endpoints: [ENDPOINT] } });
});

test('a test send says that it was not sent, and why', async () => {
  const { status, body } = await call('POST', `/v1/accounts/${account}/endpoints/${ENDPOINT}/test`);
  expect([status, body.error.kind, body.statusCode]).toEqual([200, 'not-sent', null]);
  expect(await requests(url)).toEqual([]);
});
