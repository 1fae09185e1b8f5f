/** The Job's Durable Object: its alarm never gives up, whatever does not answer. */
import { env } from 'cloudflare:workers';
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import type { Bindings } from '../../src/env.ts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { JOB_ITEM_TRIES_MAX } from '../../src/core/limits.ts';
import { call, newAccount } from '../support/api.ts';
import { jobOf, until, untilFinished } from '../support/jobs.ts';
import { soon } from '../support/soon.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: Date.now() }));
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function fails(): never {
  throw new Error('D1 is down');
}
const broken = { prepare: fails, batch: fails, exec: fails } as unknown as D1Database;

async function swap(id: string, given: object): Promise<void> {
  await runInDurableObject(jobOf(id), (instance) => {
    Object.assign(instance, { env: { ...env, ...given } });
  });
}

function alarmOf(id: string): Promise<number | null> {
  return runInDurableObject(jobOf(id), (_, { storage }) => storage.getAlarm());
}

async function startSweep(): Promise<string> {
  const account = await newAccount();
  const { id } = (await call('POST', `/v1/accounts/${account}/endpoints`, { url: 'https://job.example.com/' })).body;
  return (await call('DELETE', `/v1/accounts/${account}/endpoints/${id}`)).body.job;
}

test('while Shards and databases are down the job waits ever longer, says why, and owes its alarm; then it continues', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const id = await startSweep();
  await soon(async () => expect((await call('GET', `/v1/jobs/${id}`)).body.note).toContain('looks once more'));
  const down = { getByName: () => ({ sweep: () => Promise.reject(new Error('D1 is down')) }) };
  await swap(id, { SHARD: down as unknown as Bindings['SHARD'], CONFIG: broken });
  vi.setSystemTime(Date.now() + 61_000);
  // The list of Shards needs none of them.
  expect(await runDurableObjectAlarm(jobOf(id))).toBe(true);
  for (let rings = 1; rings < JOB_ITEM_TRIES_MAX; rings += 1) {
    expect(await runDurableObjectAlarm(jobOf(id))).toBe(true);
    const { note, status } = (await call('GET', `/v1/jobs/${id}`)).body;
    expect([status, note]).toEqual(['running', expect.stringContaining('D1 is down')]);
    const alarmMs = await alarmOf(id);
    expect(alarmMs).toBeGreaterThan(Date.now());
    vi.setSystemTime((alarmMs ?? 0) + 20_000);
  }
  await evictDurableObject(jobOf(id));
  expect((await untilFinished(id)).status).toBe('finished');
  expect((await call('GET', '/v1/jobs?status=finished')).body.data.map((job: { id: string }) => job.id)).toContain(id);
  expect(await alarmOf(id)).toBeNull();
});

test('a record that does not answer is tried again by itself, and the others are done meanwhile', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const accounts = [await newAccount(), await newAccount(), await newAccount()];
  // Ahead of the machine's clock no alarm rings by itself.
  vi.setSystemTime(Date.now() + 3_600_000);
  const { id } = (await call('POST', '/v1/broadcasts', { type: 'a.b', record: 'r', data: 1, accounts })).body;
  const ACCOUNT = {
    getByName: (name: string) => {
      if (name === `v1:${accounts[1]}`) throw new Error('the object is overloaded');
      return env.ACCOUNT.getByName(name);
    },
  };
  await swap(id, { ACCOUNT });
  await until(id, ({ progress }) => progress.done === 2);
  expect((await call('GET', `/v1/jobs/${id}`)).body).toMatchObject({ status: 'running', progress: { failed: 0 } });
  await swap(id, {});
  expect((await untilFinished(id)).progress).toEqual({ total: 3, done: 3, failed: 0, skipped: 0 });
});

test('a mere read of a job that never was writes nothing', async () => {
  const id = `job_${'0'.repeat(26)}`;
  expect(await jobOf(id).read()).toBeNull();
  expect(await jobOf(id).act('pause', { key: 'ops', reason: null })).toBeNull();
  const tables = await runInDurableObject(jobOf(id), (_, { storage }) =>
    storage.sql.exec(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf*'`).toArray(),
  );
  expect(tables).toEqual([]);
});
