/**
 * P4: one event to every account, or to those named, through the same path as a publish, by a job.
 */
import { env } from 'cloudflare:workers';
import { evictDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { call, newAccount } from '../support/api.ts';
import { jobOf, until, untilFinished } from '../support/jobs.ts';
import { arrival, requests } from '../support/receiver.ts';
import { soon } from '../support/soon.ts';
import { recordCalls } from '../support/shards.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: Date.now() }));
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

let hosts = 0;
async function withEndpoint(settings: object = {}) {
  const account = await newAccount();
  hosts += 1;
  const url = `https://b${hosts}.broadcast.example.com/hook`;
  expect((await call('POST', `/v1/accounts/${account}/endpoints`, { url, ...settings })).status).toBe(201);
  return { account, url };
}

/** The lists know of an account a moment after its creation. */
async function inLists(...accounts: string[]): Promise<void> {
  await soon(async () => {
    const { results } = await env.CONFIG.prepare('SELECT account FROM accounts').all<{ account: string }>();
    for (const account of accounts) expect(results.map((row) => row.account)).toContain(account);
  });
}

async function recordOf(account: string, record: string) {
  return (await call('GET', `/v1/accounts/${account}/records/${encodeURIComponent(record)}`)).body;
}

const EVENT = { type: 'plan.changed', record: 'plans/pro', data: { price: 20 } };

test('every account gets the event under one id, by its own match and filters, in its record’s order', async () => {
  const wants = await withEndpoint();
  const filters = await withEndpoint({ filter: { field: 'data.price', lessThan: 10 } });
  const bare = await newAccount();
  await inLists(wants.account, filters.account, bare);
  const before = await call('POST', `/v1/accounts/${wants.account}/events`, { ...EVENT, data: { price: 10 } });
  expect(before.status).toBe(202);

  const started = await call('POST', '/v1/broadcasts', EVENT);
  expect(started.status, started.text).toBe(202);
  expect(started.body).toMatchObject({ kind: 'broadcast', account: null, status: 'running', by: 'operator' });
  vi.setSystemTime(Date.now() + 5);
  const late = await newAccount();
  const done = await untilFinished(started.body.id);
  expect(done.progress).toMatchObject({ failed: 0, skipped: 0, total: done.progress.done });

  await call('POST', `/v1/accounts/${wants.account}/events`, { ...EVENT, data: { price: 30 } });
  // The clock jumped while attempts were under way: some count as lost, and come again.
  const sent = await soon(async () => {
    const arrived = (await requests(wants.url)).map(({ body }) => JSON.parse(body));
    const once = [...new Map(arrived.map((event) => [event.id, event])).values()];
    expect(once).toHaveLength(3);
    return once;
  });
  expect(sent.map(({ data }) => data.price)).toEqual([10, 20, 30]);
  expect(sent.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  expect(sent[1].id).toBe(started.body.event);
  expect(await requests(filters.url)).toEqual([]);
  const unwanted = await call('GET', `/v1/accounts/${filters.account}/events/${started.body.event}`);
  expect(unwanted.body).toMatchObject({ id: started.body.event, deliveryCount: 0, data: { price: 20 } });
  expect(await recordOf(bare, EVENT.record)).toMatchObject({ sequence: 1 });
  // Created after the start: not included, though the last pass began after its creation.
  expect((await recordOf(late, EVENT.record)).code).toBe('not-found');
});

test('steps that are repeated after the job died publish nothing twice and leave nobody out', async () => {
  const accounts: string[] = [];
  for (let n = 0; n < 60; n += 1) accounts.push(await newAccount());
  await inLists(...accounts);
  const { body } = await call('POST', '/v1/broadcasts', { ...EVENT, accounts });
  for (const share of [1, 26, 51]) {
    await until(body.id, ({ progress }) => progress.done >= share);
    await evictDurableObject(jobOf(body.id));
  }
  const done = await untilFinished(body.id);
  expect(done.progress).toEqual({ total: 60, done: 60, failed: 0, skipped: 0 });
  for (const account of accounts) {
    const stub = await recordCalls(account, EVENT.record);
    const { events } = await stub.readEvents(0, 10);
    expect(events.map(({ id }) => id)).toEqual([body.event]);
  }
});

test('unknown accounts among those named are reported by name, and the others get the event', async () => {
  const { account, url } = await withEndpoint();
  const taken = await newAccount();
  await call('POST', `/v1/accounts/${taken}/events`, { ...EVENT, id: 'news-1', data: 'other' });
  const { body } = await call('POST', '/v1/broadcasts', {
    ...EVENT,
    id: 'news-1',
    accounts: [account, 'nobody', taken],
  });
  const done = await untilFinished(body.id);
  expect(done.progress).toEqual({ total: 3, done: 1, failed: 2, skipped: 0 });
  expect(done.failures).toEqual(
    expect.arrayContaining([
      { item: 'nobody', reason: 'there is no such account' },
      { item: taken, reason: expect.stringContaining('news-1 is taken there') },
    ]),
  );
  expect((await arrival(url, 1))[0]?.headers['webhook-id']).toBe('news-1');
});

test('the same broadcast sent again is the same job; other content under its id is a 409', async () => {
  const account = await newAccount();
  const given = { ...EVENT, id: 'news-2', accounts: [account] };
  const first = await call('POST', '/v1/broadcasts', given);
  await untilFinished(first.body.id);
  const again = await call('POST', '/v1/broadcasts', given);
  expect([again.status, again.body.id, again.body.status]).toEqual([202, first.body.id, 'finished']);
  const keyed = await call(
    'POST',
    '/v1/broadcasts',
    { ...EVENT, accounts: [account] },
    { 'idempotency-key': 'news-2' },
  );
  expect(keyed.body.id).toBe(first.body.id);
  const other = await call('POST', '/v1/broadcasts', { ...given, data: { price: 21 } });
  expect([other.status, other.body.code, other.body.job]).toEqual([409, 'event-conflict', first.body.id]);
});

test('an account that the lists did not know yet at the start is found by the last pass', async () => {
  const account = await newAccount();
  await inLists(account);
  const { results } = await env.CONFIG.prepare('SELECT * FROM accounts WHERE account = ?').bind(account).all();
  await env.CONFIG.prepare('DELETE FROM accounts WHERE account = ?').bind(account).run();
  const { body } = await call('POST', '/v1/broadcasts', EVENT);
  await until(body.id, ({ note }) => note.includes('looks once more'));
  expect((await recordOf(account, EVENT.record)).code).toBe('not-found');
  const row = results[0] ?? {};
  await env.CONFIG.prepare(
    `INSERT INTO accounts (${Object.keys(row).join(', ')}) VALUES (${Object.keys(row)
      .map(() => '?')
      .join(', ')})`,
  )
    .bind(...Object.values(row))
    .run();
  const done = await untilFinished(body.id);
  expect(done.progress.total).toBe(done.progress.done);
  expect(await recordOf(account, EVENT.record)).toMatchObject({ sequence: 1 });
});

test('paused it sends nothing, resumed it continues, cancelled it stops: by whom and why stays', async () => {
  const accounts: string[] = [];
  for (let n = 0; n < 40; n += 1) accounts.push(await newAccount());
  const { id } = (await call('POST', '/v1/broadcasts', { ...EVENT, accounts })).body;
  const paused = await call('POST', `/v1/jobs/${id}/pause`, { reason: 'wrong price' });
  expect(paused.body).toMatchObject({ status: 'paused' });
  await soon(async () => {
    const { data } = (await call('GET', '/v1/jobs?kind=broadcast&status=paused')).body;
    expect(data).toMatchObject([{ id, status: 'paused' }]);
  });
  const { done } = (await call('GET', `/v1/jobs/${id}`)).body.progress;
  vi.setSystemTime(Date.now() + 60_000);
  expect((await call('GET', `/v1/jobs/${id}`)).body.progress.done).toBe(done);
  expect((await call('POST', `/v1/jobs/${id}/resume`)).body.status).toBe('running');
  await until(id, ({ progress }) => progress.done >= 25);
  const cancelled = await call('POST', `/v1/jobs/${id}/cancel`, { reason: 'never mind' });
  expect(cancelled.body).toMatchObject({ status: 'cancelled', endedAt: expect.any(String) });
  expect(cancelled.body.history).toMatchObject([
    { action: 'started', by: 'operator' },
    { action: 'paused', by: 'operator', reason: 'wrong price' },
    { action: 'resumed' },
    { action: 'cancelled', reason: 'never mind' },
  ]);
  const refused = await call('POST', `/v1/jobs/${id}/resume`);
  expect([refused.status, refused.body.code]).toEqual([409, 'job-ended']);
});

test.each([
  [{ type: 'a.b', data: 1, accounts: [] }, 'accounts must name 1 to 10000 accounts; it names 0'],
  [{ type: 'a.b', data: 1, accounts: ['a b'] }, 'accounts.0 must be 1 to 64 letters'],
  [{ type: 'a..b', data: 1 }, 'type must be a dotted name'],
  [{ type: 'a.b', data: 1, acounts: ['a'] }, '"acounts" is not a field of this request'],
])('a refusal names the field, the rule and the value: %j', async (given, message) => {
  const { status, body } = await call('POST', '/v1/broadcasts', given);
  expect([status, body.code]).toEqual([400, 'invalid-request']);
  expect(body.errors[0].message).toContain(message);
});

test.each([
  ['GET', '/v1/jobs/job_1', 404, 'unknown-job'],
  ['GET', `/v1/jobs/job_${'0'.repeat(26)}`, 404, 'unknown-job'],
  ['POST', `/v1/jobs/job_${'0'.repeat(26)}/pause`, 404, 'unknown-job'],
  ['GET', '/v1/jobs?kind=other', 400, 'invalid-request'],
  ['PUT', '/v1/broadcasts', 405, 'method-not-allowed'],
])('%s %s is %i', async (method, path, status, code) => {
  const answer = await call(method, path);
  expect([answer.status, answer.body.code]).toEqual([status, code]);
});

test('a broadcast that is sent again is the same job, however it is written and whatever the catalogue says by then', async () => {
  const { account } = await withEndpoint();
  const type = `again.a${Date.now()}`;
  const again = (data: string) =>
    call(
      'POST',
      '/v1/broadcasts',
      `{"id":"again-1","type":"${type}","record":"r","data":${data},"accounts":["${account}"]}`,
    );
  const first = await again('{"a":1,"b":2}');
  expect(first.status, first.text).toBe(202);
  for (const change of [{ expireAfterSeconds: 600 }, { archived: true }]) {
    await call('PUT', `/v1/event-types/${type}`, change);
    const second = await again('{"b":2.0,"a":1}');
    expect([second.status, second.body.id]).toEqual([202, first.body.id]);
  }
  expect((await again('{"a":1}')).body).toMatchObject({ status: 409 });
  await untilFinished(first.body.id);
});
