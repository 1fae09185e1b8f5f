/**
 * E5: what waits for an endpoint that is removed or disabled is cancelled by a job, there and then.
 */
import { env } from 'cloudflare:workers';
import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { call, newAccount } from '../support/api.ts';
import { jobOf, until, untilFinished } from '../support/jobs.ts';
import { answers, arrival, release, requests } from '../support/receiver.ts';
import { soon } from '../support/soon.ts';
import { shardOf, recordCalls } from '../support/shards.ts';
import { SWEEP_DELIVERIES_MAX } from '../../src/core/limits.ts';

let account: string;
let host: string;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  account = await newAccount();
  host = `https://${account.replace('_', '-')}.sweep.example.com`;
});
afterEach(() => {
  vi.useRealTimers();
});

const at = () => `/v1/accounts/${account}`;
const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

async function stubOf(record: string) {
  return await shardOf(account, record);
}

async function brokenEndpoint(): Promise<string> {
  await answers(`${host}/crm`, { status: 500 });
  const created = await call('POST', `${at()}/endpoints`, { url: `${host}/crm`, retry: { scheduleSeconds: [40_000] } });
  expect(created.status, created.text).toBe(201);
  return created.body.id;
}

async function publish(record: string, count: number): Promise<void> {
  for (let left = count; left > 0; left -= 100) {
    const events = Array.from({ length: Math.min(100, left) }, (_, n) => ({ type: 'a.b', record, data: { n } }));
    const answer = await call('POST', `${at()}/events/batch`, { events });
    expect(answer.body.results.every(({ status }: { status: number }) => status === 202)).toBe(true);
  }
}

/**
 * The log learns of what waits when it has waited for ten seconds: the alarms of the records tell
 * it.
 */
async function waitInLog(records: string[], endpoint: string, deliveries: number): Promise<void> {
  later(11_000);
  for (const record of records) await runDurableObjectAlarm(await stubOf(record));
  await soon(async () => expect(await inLog(endpoint, OPEN)).toBe(deliveries));
}
const OPEN = `status IN ('queued', 'retrying', 'held', 'delivering')`;

async function inLog(endpoint: string, condition: string): Promise<number> {
  const row = await env.LOG_DB.prepare(
    `SELECT count(*) AS n FROM deliveries WHERE account = ? AND endpoint = ? AND ${condition}`,
  )
    .bind(account, endpoint)
    .first<{ n: number }>();
  return row?.n ?? 0;
}

describe('the sweep', () => {
  test.each([
    ['DELETE', undefined, 'endpoint-removed'],
    ['PATCH', { status: 'disabled', statusReason: 'moved' }, 'endpoint-disabled: moved'],
  ])('%s starts a job that cancels what waits, with the reason and the time', async (how, body, reason) => {
    const endpoint = await brokenEndpoint();
    await publish('sub/1', 3);
    await publish('sub/2', 2);
    await waitInLog(['sub/1', 'sub/2'], endpoint, 5);
    const changed = await call(how, `${at()}/endpoints/${endpoint}`, body);
    expect(changed.body).toMatchObject({ id: endpoint, job: expect.any(String), effectiveWithinMs: 5_000 });
    const started = await call('GET', `/v1/jobs/${changed.body.job}`);
    expect(started.body).toMatchObject({ kind: 'sweep', account, endpoint, by: 'operator', status: 'running' });

    const done = await untilFinished(changed.body.job);
    expect(done.progress).toEqual({ total: 5, done: 5, failed: 0, skipped: 0 });
    expect(done.history.map(({ action }) => action)).toEqual(['started', 'finished']);
    for (const [record, sequence] of [
      ['sub/1', 1],
      ['sub/1', 3],
      ['sub/2', 2],
    ] as const) {
      const detail = await (await recordCalls(account, record)).readDelivery({ sequence, endpoint, replay: 0 });
      expect(detail?.delivery).toMatchObject({ status: 'cancelled', reason, endedAtMs: expect.any(Number) });
    }
    await soon(async () => expect(await inLog(endpoint, `status = 'cancelled' AND ended_at_ms > 0`)).toBe(5));
    const listed = await call('GET', `/v1/jobs?account=${account}`);
    expect(listed.body.data).toMatchObject([{ id: changed.body.job, status: 'finished', progress: { done: 5 } }]);
  });
});
test('what the log did not know yet is cancelled at once, and what was under way once its outcome is known', async () => {
  // Ahead of the machine's clock no alarm rings by itself.
  later(3_600_000);
  const endpoint = await brokenEndpoint();
  await answers(`${host}/crm`, 'hang');
  await publish('sub/1', 3);
  await arrival(`${host}/crm`, 1);
  const { job } = (await call('DELETE', `${at()}/endpoints/${endpoint}`)).body;
  await until(job, ({ progress }) => progress.done === 2);
  await release(`${host}/crm`, { status: 500 });
  const done = await untilFinished(job);
  expect(done.progress).toEqual({ total: 3, done: 3, failed: 0, skipped: 0 });
  const detail = await (await recordCalls(account, 'sub/1')).readDelivery({ sequence: 1, endpoint, replay: 0 });
  expect(detail?.delivery).toMatchObject({ status: 'cancelled', reason: 'endpoint-removed', attempts: 1 });
});

test('10,000 deliveries in 100 records: publishes answer meanwhile, and an eviction in the middle loses nothing', async () => {
  const endpoint = await brokenEndpoint();
  const records = Array.from({ length: 100 }, (_, n) => `sub/${n}`);
  for (const record of records) await publish(record, 100);
  await waitInLog(records, endpoint, 10_000);

  const { job } = (await call('DELETE', `${at()}/endpoints/${endpoint}`)).body;
  const half = await until(job, ({ progress }) => progress.done >= 500);
  expect(half.status).toBe('running');
  await evictDurableObject(jobOf(job));
  await evictDurableObject(await stubOf(records[0] ?? ''));
  expect((await call('POST', `${at()}/events`, { type: 'a.b', record: 'sub/99', data: {} })).status).toBe(202);

  const done = await untilFinished(job);
  // What the step under way had cancelled when its job died is not counted twice, and perhaps not
  // once.
  expect(done.progress.done).toBeGreaterThanOrEqual(10_000 - SWEEP_DELIVERIES_MAX);
  expect(done.progress).toMatchObject({ total: done.progress.done, failed: 0, skipped: 0 });
  await soon(async () =>
    expect(await inLog(endpoint, `status = 'cancelled' AND reason = 'endpoint-removed'`)).toBe(10_000),
  );
  expect(await inLog(endpoint, OPEN)).toBe(0);
  expect(await requests(host)).toHaveLength(100);
}, 200_000);
