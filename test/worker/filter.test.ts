/** E1: a filter from the request that saves it to the event that it holds back. */
import { env } from 'cloudflare:workers';
import { evictDurableObject } from 'cloudflare:test';
import { beforeEach, expect, test, vi } from 'vitest';
import { call, newAccount } from '../support/api.ts';

beforeEach(() => {
  vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response('ok'));
});

const isPro = { field: 'data.plan', equals: 'pro' };

async function withEndpoint(settings: object) {
  const account = await newAccount();
  const at = `/v1/accounts/${account}`;
  const made = await call('POST', `${at}/endpoints`, { url: 'https://crm.example/hook', ...settings });
  return { account, at, made, endpoint: `${at}/endpoints/${made.body.id}` };
}
async function deliveriesOf(at: string, event: string): Promise<number> {
  const { status, body } = await call('POST', `${at}/events`, event);
  expect(status).toBe(202);
  return body.deliveryCount;
}
const event = (data: string, more = '') => `{"type":"user.updated","data":${data}${more}}`;

test('only events that meet the filter become deliveries, of those whose type is wanted', async () => {
  const { at, made } = await withEndpoint({ filter: isPro, eventTypes: ['user.*'] });
  expect([made.status, made.body.filter]).toEqual([201, isPro]);
  expect(await deliveriesOf(at, event('{"plan":"pro"}'))).toBe(1);
  expect(await deliveriesOf(at, event('{"plan":"free"}'))).toBe(0);
  expect(await deliveriesOf(at, event('{}'))).toBe(0);
  expect(await deliveriesOf(at, '{"type":"invoice.paid","data":{"plan":"pro"}}')).toBe(0);
});

test('an event that no filter lets through is accepted, and shown without deliveries', async () => {
  const { at } = await withEndpoint({ filter: isPro });
  const { body } = await call('POST', `${at}/events`, event('{"plan":"free"}', ',"record":"user/1"'));
  expect((await call('GET', `${at}/events/${body.id}`)).body).toMatchObject({ deliveryCount: 0, deliveries: [] });
});

test('record, version and the digits of long numbers are what the publisher sent, in one event and in a batch', async () => {
  const filter = {
    and: [
      { field: 'record', prefix: 'user/' },
      { field: 'version', greaterThan: 3 },
      { field: 'data.id', greaterThan: Number.MAX_SAFE_INTEGER },
    ],
  };
  const { at } = await withEndpoint({ filter });
  const wanted = event('{"id":9007199254740991.5}', ',"record":"user/1","version":4');
  const unwanted = event('{"id":9007199254740991}', ',"record":"user/1","version":4');
  expect(await deliveriesOf(at, wanted)).toBe(1);
  expect(await deliveriesOf(at, unwanted)).toBe(0);
  const batch = await call('POST', `${at}/events/batch`, `{"events":[${wanted},${unwanted}]}`);
  expect(batch.text).toMatch(/"deliveryCount":1.*"deliveryCount":0/);
});

test('a filter is changed, kept by other changes, kept over a restart, and taken away with null', async () => {
  const { account, at, endpoint } = await withEndpoint({});
  expect((await call('GET', endpoint)).body.filter).toBeNull();
  await call('PATCH', endpoint, { filter: isPro });
  await call('PATCH', endpoint, { description: 'CRM' });
  await evictDurableObject(env.ACCOUNT.getByName(`v1:${account}`));
  expect((await call('GET', endpoint)).body.filter).toEqual(isPro);
  expect(await deliveriesOf(at, event('{"plan":"free"}'))).toBe(0);
  await call('PATCH', endpoint, { filter: null });
  expect((await call('GET', endpoint)).body.filter).toBeNull();
  expect(await deliveriesOf(at, event('{"plan":"free"}'))).toBe(1);
});

test('a refused filter is answered with the place of the fault, and changes nothing', async () => {
  const { endpoint } = await withEndpoint({ filter: isPro });
  const { status, body } = await call('PATCH', endpoint, {
    filter: { and: [isPro, { field: 'data.country', in: 'DE' }, { field: 'plan', exists: 1 }] },
    timeoutMs: 5_000,
  });
  expect([status, body.code]).toEqual([400, 'invalid-request']);
  expect(body.errors).toEqual([
    { field: 'filter/and/1/in', message: 'filter/and/1/in must be a list of values; got "DE"' },
    { field: 'filter/and/2/field', message: expect.stringMatching(/^filter\/and\/2\/field must be "type"/) },
    { field: 'filter/and/2/exists', message: 'filter/and/2/exists must be true or false; got 1' },
  ]);
  expect((await call('GET', endpoint)).body).toMatchObject({ filter: isPro, timeoutMs: 15_000 });
});
