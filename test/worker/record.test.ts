import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { call, newAccount } from '../support/api.ts';
import { answers, arrival, release, requests } from '../support/receiver.ts';
import { soon } from '../support/soon.ts';
import { shardOf, recordCalls } from '../support/shards.ts';

const OK = { status: 200 };
const BROKEN = { status: 500 };
let host: string;
let account: string;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  account = await newAccount();
  host = `https://${account.replace('_', '-')}.example.com`;
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

async function endpoint(name: string, settings: object = {}): Promise<string> {
  const created = await call('POST', `/v1/accounts/${account}/endpoints`, {
    url: `${host}/${name}`,
    description: name,
    ...settings,
  });
  expect(created.status, created.text).toBe(201);
  return created.body.id;
}

async function publish(record: string | null, fields: object = {}) {
  const body = { type: 'plan.updated', ...(record === null ? {} : { record }), data: { plan: 'pro' }, ...fields };
  const answer = await call('POST', `/v1/accounts/${account}/events`, body);
  expect(answer.status, answer.text).toBe(202);
  return answer.body;
}

async function status(record: string) {
  const answer = await call('GET', `/v1/accounts/${account}/records/${encodeURIComponent(record)}`);
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
}

async function delivery(id: string) {
  return (await call('GET', `/v1/accounts/${account}/deliveries/${id}`)).body;
}

/** Waits until one delivery has this status. */
function becomes(id: string, wanted: string) {
  return soon(async () => {
    const now = await delivery(id);
    if (now.status !== wanted) throw new Error(`${id} is ${now.status}, not ${wanted}`);
    return now;
  });
}

async function stubOf(record: string) {
  return await shardOf(account, record);
}

function later(ms: number) {
  vi.setSystemTime(Date.now() + ms);
}

describe('a record', () => {
  test('says what is true right after the publish, and after the outcome', async () => {
    await endpoint('crm');
    await answers(`${host}/crm`, 'hang');
    const { deliveries } = await publish('sub/1');
    expect(await status('sub/1')).toMatchObject({ status: 'delivering', sequence: 1 });
    await arrival(`${host}/crm`, 1);
    await release(`${host}/crm`, OK);
    await becomes(deliveries[0].id, 'delivered');
    expect(await status('sub/1')).toMatchObject({ status: 'delivered', endpoints: [{ waiting: 0 }] });
  });

  test('a failing head delays its own lane and no other', async () => {
    await endpoint('down');
    await endpoint('up');
    await answers(`${host}/down`, BROKEN);
    await answers(`${host}/up`, OK);
    const first = await publish('sub/1');
    const second = await publish('sub/1');
    const [down1, up1] = first.deliveries;
    const [down2, up2] = second.deliveries;
    await becomes(up1.id, 'delivered');
    await becomes(up2.id, 'delivered');
    expect(await becomes(down1.id, 'retrying')).toMatchObject({ attempts: 1, lastAttempt: { statusCode: 500 } });
    expect(await delivery(down2.id)).toMatchObject({ status: 'queued', blockedBy: down1.id });
  });

  test('is retried by its alarm, also when the object was evicted in between', async () => {
    await endpoint('crm');
    await answers(`${host}/crm`, BROKEN);
    const { deliveries } = await publish('sub/1');
    await becomes(deliveries[0].id, 'retrying');
    await answers(`${host}/crm`, OK);
    const stub = await stubOf('sub/1');
    await evictDurableObject(stub);
    expect((await delivery(deliveries[0].id)).attempts).toBe(1);
    later(10_000);
    await runDurableObjectAlarm(stub);
    const done = await becomes(deliveries[0].id, 'delivered');
    expect(done.attempts).toBe(2);
    const [first, second] = await requests(`${host}/crm`);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(second?.body).toEqual(first?.body);
    expect(second?.headers['webhook-attempt']).toBe('2');
  });

  test('an attempt whose instance died counts as lost, keeps its number and uses up no retry', async () => {
    await endpoint('crm', { retry: { scheduleSeconds: [10] } });
    await answers(`${host}/crm`, 'hang');
    const { deliveries } = await publish('sub/1');
    await arrival(`${host}/crm`, 1);
    const stub = await stubOf('sub/1');
    await runInDurableObject(stub, (_, state) => state.abort('killed by the test')).catch(() => undefined);
    await answers(`${host}/crm`, OK);
    expect((await delivery(deliveries[0].id)).status).toBe('delivering');
    later(60_000);
    await runDurableObjectAlarm(await stubOf('sub/1'));
    await becomes(deliveries[0].id, 'delivered');
    const detail = await (
      await recordCalls(account, 'sub/1')
    ).readDelivery({
      sequence: 1,
      endpoint: deliveries[0].endpoint,
      replay: 0,
    });
    expect(detail?.attempts.map(({ number, error }) => [number, error?.kind ?? null])).toEqual([
      [1, 'lost'],
      [2, null],
    ]);
  });

  test('hung endpoints, however many, do not hold back one that answers quickly: the surplus rides the queue', async () => {
    await endpoint('healthy');
    await answers(`${host}/healthy`, OK);
    const first = await publish('sub/1');
    await becomes(first.deliveries[0].id, 'delivered');
    for (let n = 1; n <= 12; n += 1) {
      await endpoint(`hung${n}`);
      await answers(`${host}/hung${n}`, 'hang');
    }
    const { deliveries } = await publish('sub/1');
    const [healthy] = deliveries;
    await becomes(healthy.id, 'delivered');
    for (let n = 1; n <= 12; n += 1) {
      await arrival(`${host}/hung${n}`, 1);
      await release(`${host}/hung${n}`, OK);
    }
    for (const { id } of deliveries) expect(await becomes(id, 'delivered')).toMatchObject({ attempts: 1 });
  });

  test('a paused endpoint holds its lane; resumed, it gets everything in order', async () => {
    const id = await endpoint('crm');
    await answers(`${host}/crm`, OK);
    await call('PATCH', `/v1/accounts/${account}/endpoints/${id}`, { status: 'paused' });
    const published = [await publish('sub/1'), await publish('sub/1'), await publish('sub/1')];
    for (const { deliveries } of published) await becomes(deliveries[0].id, 'held');
    expect(await requests(host)).toEqual([]);
    await call('PATCH', `/v1/accounts/${account}/endpoints/${id}`, { status: 'enabled' });
    for (const { deliveries } of published) await becomes(deliveries[0].id, 'delivered');
    const sent = await requests(host);
    expect(sent.map(({ body }) => JSON.parse(body).sequence)).toEqual([1, 2, 3]);
    expect(sent.map(({ headers }) => headers['webhook-previous'])).toEqual(['none', '1', '2']);
  });

  test('a changed URL is in force for what already waits', async () => {
    const id = await endpoint('old');
    await answers(`${host}/old`, BROKEN);
    const { deliveries } = await publish('sub/1');
    await becomes(deliveries[0].id, 'retrying');
    await call('PATCH', `/v1/accounts/${account}/endpoints/${id}`, { url: `${host}/new` });
    later(10_000);
    await runDurableObjectAlarm(await stubOf('sub/1'));
    await becomes(deliveries[0].id, 'delivered');
    expect((await requests(host)).map(({ url }) => new URL(url).pathname)).toEqual(['/old', '/new']);
  });

  test('removing an endpoint cancels what waits for it, visibly and with the reason', async () => {
    const id = await endpoint('crm');
    await answers(`${host}/crm`, BROKEN);
    const { deliveries } = await publish('sub/1');
    await becomes(deliveries[0].id, 'retrying');
    await call('DELETE', `/v1/accounts/${account}/endpoints/${id}`);
    expect(await delivery(deliveries[0].id)).toMatchObject({ status: 'cancelled' });
    later(20_000);
    await runDurableObjectAlarm(await stubOf('sub/1'));
    const stub = await recordCalls(account, 'sub/1');
    await soon(async () => {
      const detail = await stub.readDelivery({ sequence: 1, endpoint: id, replay: 0 });
      expect(detail?.delivery).toMatchObject({ status: 'cancelled', reason: 'endpoint-removed' });
    });
    expect(await requests(host)).toHaveLength(1);
  });

  test('an answer of 410 disables the endpoint; what comes then is cancelled with the reason, and nothing vanishes', async () => {
    const id = await endpoint('crm');
    await answers(`${host}/crm`, { status: 410, body: 'gone' });
    const { deliveries } = await publish('sub/1');
    await becomes(deliveries[0].id, 'dead');
    await soon(async () => {
      const now = await call('GET', `/v1/accounts/${account}/endpoints/${id}`);
      expect(now.body).toMatchObject({ status: 'disabled', statusReason: expect.stringContaining('410') });
    });
    later(5_000);
    const next = await publish('sub/1');
    expect(await becomes(next.deliveries[0].id, 'cancelled')).toMatchObject({
      reason: expect.stringContaining('disabled'),
    });
  });

  test('a dead letter is replayed as a new delivery, and the old one says so', async () => {
    await endpoint('crm');
    await answers(`${host}/crm`, { status: 404, body: 'no' });
    const { deliveries } = await publish('sub/1');
    const old = deliveries[0].id;
    await becomes(old, 'dead');
    await answers(`${host}/crm`, OK);
    const replay = await call('POST', `/v1/accounts/${account}/deliveries/${old}/replay`, { reason: 'fixed' });
    expect(replay.status, replay.text).toBe(201);
    expect(replay.body).toMatchObject({ replayOf: old });
    await becomes(replay.body.id, 'delivered');
    expect(await delivery(old)).toMatchObject({ status: 'dead', replayedBy: replay.body.id });
    const [first, second] = await requests(`${host}/crm`);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(second?.headers['webhook-replay']).toBe(replay.body.id);
    expect(second?.body).toEqual(first?.body);
  });

  test('publishing again with the same id changes nothing, with other content is a conflict', async () => {
    await endpoint('crm');
    await answers(`${host}/crm`, OK);
    const first = await publish('sub/1', { id: 'order-7' });
    await becomes(first.deliveries[0].id, 'delivered');
    await evictDurableObject(await stubOf('sub/1'));
    const again = await publish('sub/1', { id: 'order-7' });
    expect(again).toMatchObject({ sequence: 1, duplicate: true, deliveries: [{ status: 'delivered' }] });
    const other = await call('POST', `/v1/accounts/${account}/events`, {
      id: 'order-7',
      type: 'plan.updated',
      record: 'sub/1',
      data: { plan: 'free' },
    });
    expect(other.status).toBe(409);
    expect(await requests(host)).toHaveLength(1);
  });

  test('a mere read of a record that never was writes nothing', async () => {
    const answer = await call('GET', `/v1/accounts/${account}/records/none`);
    expect(answer.status).toBe(404);
    const tables = await runInDurableObject(await stubOf('none'), (_, state) =>
      state.storage.sql
        .exec(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'`)
        .toArray(),
    );
    expect(tables).toEqual([]);
  });
});
