/** E0, S4: what an account may publish in a second, and how many endpoints it may have. */
import { env } from 'cloudflare:workers';
import { runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SETTINGS_BYTES_MAX } from '../../src/core/limits.ts';
import { SettingsCache } from '../../src/lookup/settings.ts';
import { accountStub } from '../../src/lookup/stubs.ts';
import { call, newAccount } from '../support/api.ts';
import { arrival } from '../support/receiver.ts';
import { anEndpoint } from '../support/settings.ts';
import { soon } from '../support/soon.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
});
afterEach(() => {
  vi.useRealTimers();
});

const limited = (eventsPerSecond: number | null, endpointsMax = 10_000) =>
  newAccount({ quota: { eventsPerSecond, endpointsMax } });

function publish(account: string, event: object = {}) {
  return call('POST', `/v1/accounts/${account}/events`, { type: 'a.b', record: 'r', data: {}, ...event });
}

function batch(account: string, events: object[]) {
  return call('POST', `/v1/accounts/${account}/events/batch`, { events });
}

const anEvent = { type: 'a.b', record: 'r', data: {} };

describe('a quota of events', () => {
  test('lets five seconds of it through at once; then 429 says when to come back, and that is true', async () => {
    const account = await limited(2);
    for (let n = 0; n < 10; n += 1) expect((await publish(account)).status).toBe(202);
    const refused = await publish(account, { id: 'mine' });
    expect([refused.status, refused.body.code, refused.body.ids]).toEqual([429, 'quota-exceeded', ['mine']]);
    expect(refused.body.errors).toEqual([{ field: 'quota.eventsPerSecond', message: refused.body.detail }]);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(refused.body.detail).toContain('2 events a second');
    vi.setSystemTime(Date.now() + 1_000);
    expect((await publish(account, { id: 'mine' })).body).toMatchObject({ id: 'mine', sequence: 11, duplicate: false });
    expect((await publish(account)).status).toBe(202);
    expect((await publish(account)).status).toBe(429);
  });

  test('names the id that it made, with which the event can be published', async () => {
    const account = await limited(1);
    await batch(account, Array(5).fill(anEvent));
    const [id] = (await publish(account)).body.ids;
    expect(id).toMatch(/^evt_[0-9a-z]{26}$/);
    vi.setSystemTime(Date.now() + 1_000);
    expect((await publish(account, { id })).body).toMatchObject({ id, duplicate: false });
  });

  test('takes a batch as a whole: it goes through where anything is left, and what it takes beyond is waited for', async () => {
    const account = await limited(1);
    const first = await batch(account, Array(8).fill(anEvent));
    expect(first.body.results.map(({ status }: { status: number }) => status)).toEqual(Array(8).fill(202));
    vi.setSystemTime(Date.now() + 3_000);
    const refused = await batch(account, [{ ...anEvent, id: 'b1' }, { nonsense: 1 }, { ...anEvent, id: 'b2' }]);
    expect([refused.status, refused.body.code, refused.body.ids]).toEqual([429, 'quota-exceeded', ['b1', 'b2']]);
    expect(refused.headers.get('retry-after')).toBe('1');
    const { body } = await call('GET', `/v1/accounts/${account}/records/r`);
    expect(body.sequence).toBe(8);
    vi.setSystemTime(Date.now() + 1_000);
    const again = await batch(account, [{ ...anEvent, id: 'b1' }]);
    expect(again.body.results).toMatchObject([{ status: 202, sequence: 9 }]);
  });

  test('counts duplicates too: what is known is known only to the record', async () => {
    const account = await limited(1);
    for (let n = 0; n < 5; n += 1) expect((await publish(account, { id: 'same' })).status).toBe(202);
    expect((await publish(account, { id: 'same' })).status).toBe(429);
  });

  test('of one account is no other account', async () => {
    const [mine, other] = [await limited(1), await limited(1)];
    await batch(mine, Array(100).fill(anEvent));
    expect([(await publish(mine)).status, (await publish(other)).status]).toEqual([429, 202]);
  });

  test('that was lifted or raised is so with the next publish; reads and settings never count', async () => {
    const account = await limited(1);
    await batch(account, Array(5).fill(anEvent));
    expect((await publish(account)).status).toBe(429);
    for (let n = 0; n < 10; n += 1) expect((await call('GET', `/v1/accounts/${account}`)).status).toBe(200);
    await call('PUT', `/v1/accounts/${account}`, { quota: { eventsPerSecond: null, endpointsMax: 5 } });
    for (let n = 0; n < 10; n += 1) expect((await publish(account)).status).toBe(202);
  });

  test('writes no row', async () => {
    const account = await limited(1);
    const changes = () =>
      runInDurableObject(env.ACCOUNT.getByName(`v1:${account}`), (_, { storage }) =>
        Number(storage.sql.exec('SELECT total_changes() AS n').one()['n']),
      );
    await soon(async () => {
      const before = await changes();
      await scheduler.wait(100);
      expect(await changes()).toBe(before);
    });
    const before = await changes();
    expect(before).toBeGreaterThan(0);
    await batch(account, Array(5).fill(anEvent));
    expect((await publish(account)).status).toBe(429);
    expect(await changes()).toBe(before);
  });
});

describe('a quota of endpoints', () => {
  const create = (account: string, name: string) =>
    call('POST', `/v1/accounts/${account}/endpoints`, {
      url: `https://${account.replace('_', '-')}.quota.example.com/${name}`,
    });

  test('refuses the one beyond it, and says how many there may be', async () => {
    const account = await limited(null, 1);
    expect((await create(account, 'a')).status).toBe(201);
    const refused = await create(account, 'b');
    expect([refused.status, refused.body.code]).toEqual([429, 'endpoints-full']);
    expect(refused.body.errors).toMatchObject([{ field: 'quota.endpointsMax' }]);
    expect(refused.body.detail).toContain('at most 1 endpoints (quota.endpointsMax)');
  });

  test('lowered below what there is takes nothing away and only lets no new one in', async () => {
    const account = await limited(null, 2);
    await create(account, 'a');
    const { body } = await create(account, 'b');
    const lowered = await call('PUT', `/v1/accounts/${account}`, { quota: { eventsPerSecond: null, endpointsMax: 0 } });
    expect(lowered.body).toMatchObject({ endpointCount: 2, quota: { eventsPerSecond: null, endpointsMax: 0 } });
    expect((await publish(account)).body.deliveryCount).toBe(2);
    await arrival(`https://${account.replace('_', '-')}.quota.example.com/`, 2);
    expect((await call('PATCH', `/v1/accounts/${account}/endpoints/${body.id}`, { description: 'x' })).status).toBe(
      200,
    );
    await call('DELETE', `/v1/accounts/${account}/endpoints/${body.id}`);
    expect((await create(account, 'c')).status).toBe(429);
  });
});

test.each([
  [{ eventsPerSecond: 0, endpointsMax: 1 }, 'quota.eventsPerSecond', 'must be a whole number from 1 to 100000; got 0'],
  [
    { eventsPerSecond: 1.5, endpointsMax: 1 },
    'quota.eventsPerSecond',
    'must be a whole number from 1 to 100000; got 1.5',
  ],
  [
    { eventsPerSecond: 1, endpointsMax: 10_001 },
    'quota.endpointsMax',
    'must be a whole number from 0 to 10000; got 10001',
  ],
  [{ eventsPerSecond: 1 }, 'quota.endpointsMax', 'is required'],
  [{ eventsPerSecond: 1, endpointsMax: 1, burst: 1 }, 'quota.burst', 'is not a field of this request'],
])('a quota of %j is refused', async (quota, field, rule) => {
  const { status, body } = await call('PUT', '/v1/accounts/unmade', { quota });
  expect([status, body.errors[0].field]).toEqual([400, field]);
  expect(body.errors[0].message).toContain(rule);
});

describe('the bytes that an account’s endpoints may take', () => {
  test('one beyond them is refused, names both, and is not there; everything else works', async () => {
    const account = await limited(null, 10_000);
    const stub = accountStub(env, account);
    // Far more than one call of the platform carries, before it is full.
    const description = 'x'.repeat(60_000);
    const endpoint = (n: number) =>
      anEndpoint({ id: `ep_${String(n).padStart(26, '0')}`, description, eventTypes: ['a.b'] });
    let count = 0;
    while ((await stub.createEndpoint(endpoint(count))).ok) count += 1;
    expect(count).toBeGreaterThan(250);
    const path = `/v1/accounts/${account}/endpoints`;
    const body = {
      url: 'https://bytes.quota.example.com/',
      eventTypes: Array.from({ length: 200 }, (_, n) => `${'x'.repeat(120)}.n${n}`),
    };
    await call('POST', path, body);
    await call('POST', path, body);
    const refused = await call('POST', path, body);
    expect([refused.status, refused.body.code]).toEqual([429, 'settings-full']);
    expect(refused.body.detail).toContain(`${SETTINGS_BYTES_MAX} bytes`);
    const { endpointCount } = (await call('GET', `/v1/accounts/${account}`)).body;
    expect(endpointCount).toBeLessThanOrEqual(count + 2);
    const published = await call('POST', `/v1/accounts/${account}/events`, { type: 'c.d', data: {} });
    expect([published.status, published.body.deliveryCount]).toEqual([202, 0]);
    expect((await call('GET', `${path}?limit=1`)).status).toBe(200);
    const rotated = await call('POST', `${path}/${endpoint(1).id}/secrets/rotate`, {});
    expect(rotated.status, rotated.text).toBe(201);
    expect((await call('DELETE', `/v1/accounts/${account}`)).status).toBe(202);
    expect((await call('GET', `/v1/accounts/${account}`)).status).toBe(404);
  });

  test('a change that is stored is answered as such, also where its settings cannot be read after it', async () => {
    const account = await limited(null, 10);
    const failing = vi.spyOn(SettingsCache.prototype, 'fresh').mockRejectedValue(new Error('too large'));
    const path = `/v1/accounts/${account}/endpoints`;
    const made = await call('POST', path, { url: 'https://after.quota.example.com/' });
    failing.mockRestore();
    expect(made.status, made.text).toBe(201);
    expect((await call('GET', path)).body.data).toHaveLength(1);
  });
});
