/**
 * E0: an account whose Records and Gates may be in one jurisdiction only. workerd leaves the
 * restriction out; the names stay.
 */
import { env } from 'cloudflare:workers';
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { gateName, shardName } from '../../src/core/ids.ts';
import { call, newAccount } from '../support/api.ts';
import { answers, arrival } from '../support/receiver.ts';
import { soon } from '../support/soon.ts';
import { addressOf, shardOf } from '../support/shards.ts';

let account: string;
let host: string;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  account = await newAccount({ jurisdiction: 'eu' });
  host = `https://${account.replace('_', '-')}.eu.example.com`;
});
afterEach(() => {
  vi.useRealTimers();
});

const at = () => `/v1/accounts/${account}`;

async function endpoint(name: string): Promise<string> {
  return (await call('POST', `${at()}/endpoints`, { url: `${host}/${name}` })).body.id;
}

async function publish(event: object) {
  const { status, body, text } = await call('POST', `${at()}/events`, { type: 'a.b', data: {}, ...event });
  expect(status, text).toBe(202);
  return body;
}

function becomes(delivery: string, status: string) {
  return soon(async () => {
    const { body } = await call('GET', `${at()}/deliveries/${delivery}`);
    expect(body.status).toBe(status);
    return body;
  });
}

function tablesOf(stub: DurableObjectStub) {
  return runInDurableObject(stub, (_, { storage }) =>
    storage.sql.exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf*'").toArray(),
  );
}

describe('an account with a jurisdiction', () => {
  test('has its events in Shards whose names say so, and nowhere else', async () => {
    await endpoint('crm');
    await publish({ record: 'sub/1' });
    const bound = await addressOf(account, 'sub/1');
    expect(shardName(bound)).toMatch(/^v1\.eu:/);
    expect(await tablesOf(env.SHARD.getByName(shardName(bound)))).toContainEqual({ name: 'event' });
    const elsewhere = shardName({ ...bound, jurisdiction: null });
    expect(await tablesOf(env.SHARD.getByName(elsewhere))).toEqual([]);
  });

  test('reads a record, an event, a delivery and an attempt of it at once', async () => {
    const id = await endpoint('crm');
    for (const event of [{ record: 'sub/2' }, {}, { id: 'own-1' }]) {
      const published = await publish(event);
      const delivery = await becomes(published.deliveries[0].id, 'delivered');
      expect(delivery).toMatchObject({ endpoint: id, event: published.id });
      expect((await call('GET', `${at()}/events/${published.id}`)).body).toMatchObject({ id: published.id });
      const attempt = delivery.attemptLog[0].id;
      expect((await call('GET', `${at()}/attempts/${attempt}`)).body).toMatchObject({ number: 1, statusCode: 200 });
    }
    expect((await call('GET', `${at()}/records/sub%2F2`)).body).toMatchObject({ status: 'delivered', sequence: 1 });
    expect((await call('GET', `${at()}/records/sub%2F2/events`)).body.data).toHaveLength(1);
  });

  test('is logged, and the log confirms: the Shard then wakes for its retention alone', async () => {
    await endpoint('crm');
    await publish({ id: 'logged-1', record: 'sub/3' });
    const stub = await shardOf(account, 'sub/3');
    await soon(async () => {
      const { body } = await call('GET', `${at()}/deliveries?event=logged-1`);
      expect(body.data).toMatchObject([{ status: 'delivered' }]);
      const alarmMs = await runInDurableObject(stub, (_, { storage }) => storage.getAlarm());
      expect(alarmMs).toBeGreaterThan(Date.now() + 6 * 86_400_000);
    });
    // A publisher's own id without its record is found through the log.
    expect((await call('GET', `${at()}/events/logged-1`)).body).toMatchObject({ record: 'sub/3' });
  });

  test('has what finds no slot carried by the queue, and brought back', async () => {
    for (let n = 0; n < 8; n += 1) await endpoint(`wide${n}`);
    const { deliveries } = await publish({ record: 'sub/4' });
    await arrival(`${host}/wide`, 8);
    for (const { id } of deliveries) await becomes(id, 'delivered');
  });

  test('parks at a Gate of its own and is woken from there', async () => {
    const id = await endpoint('paused');
    await call('PATCH', `${at()}/endpoints/${id}`, { status: 'paused' });
    const { deliveries } = await publish({ record: 'sub/5' });
    await becomes(deliveries[0].id, 'held');
    const gate = env.GATE.getByName(gateName({ account, jurisdiction: 'eu' }, id));
    await soon(async () => expect(await tablesOf(gate)).toContainEqual({ name: 'parked' }));
    expect(await tablesOf(env.GATE.getByName(gateName({ account }, id)))).toEqual([]);
    await call('PATCH', `${at()}/endpoints/${id}`, { status: 'enabled' });
    await soon(async () => {
      await runDurableObjectAlarm(gate);
      expect((await call('GET', `${at()}/deliveries/${deliveries[0].id}`)).body.status).toBe('delivered');
    });
  });

  test('replays and discards there', async () => {
    await endpoint('crm');
    await answers(`${host}/crm`, { status: 404 });
    const { deliveries } = await publish({ record: 'sub/6' });
    await becomes(deliveries[0].id, 'dead');
    await answers(`${host}/crm`, { status: 200 });
    const replayed = await call('POST', `${at()}/deliveries/${deliveries[0].id}/replay`);
    expect(replayed.status, replayed.text).toBe(201);
    await becomes(replayed.body.id, 'delivered');
    expect((await call('POST', `${at()}/deliveries/${deliveries[0].id}/discard`)).body.status).toBe('cancelled');
  });
});

describe('a jurisdiction', () => {
  test('is shown, and fixed at creation, also for an account made without one', async () => {
    expect((await call('GET', at())).body.jurisdiction).toBe('eu');
    for (const jurisdiction of ['fedramp', null]) {
      const { status, body } = await call('PUT', at(), { jurisdiction });
      expect([status, body.code, body.errors[0].field]).toEqual([409, 'fixed-field', 'jurisdiction']);
    }
    expect((await call('PUT', at(), { jurisdiction: 'eu', name: 'same' })).status).toBe(200);
    expect((await call('PUT', at(), { name: 'not named' })).body.jurisdiction).toBe('eu');
    const anywhere = `/v1/accounts/${await newAccount()}`;
    expect((await call('PUT', anywhere, { jurisdiction: 'eu' })).status).toBe(409);
    expect((await call('PUT', anywhere, { jurisdiction: null })).body.jurisdiction).toBeNull();
  });

  test.each(['mars', 'EU', '', 'us', 5, ['eu']])(
    'that is %j is refused with those that there are',
    async (jurisdiction) => {
      const { status, body } = await call('PUT', '/v1/accounts/unmade', { jurisdiction });
      expect([status, body.code, body.errors[0].field]).toEqual([400, 'invalid-request', 'jurisdiction']);
      expect(body.errors[0].message).toMatch(/^jurisdiction must be one of eu, fedramp; got /);
      expect((await call('GET', '/v1/accounts/unmade')).status).toBe(404);
    },
  );

  test('is one that workerd does not know: when it does, LOCAL_MODE needs no exception', () => {
    expect(() => env.SHARD.jurisdiction('eu')).toThrow(/not implemented/);
  });
});
