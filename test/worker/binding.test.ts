/**
 * L5: what another Worker reaches by a service binding. The calls are RPC, as between two Workers.
 */
import { exports } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import type { TubepostBinding } from '../../src/client/client.ts';
import { call, KEY, newAccount } from '../support/api.ts';

// As the other Worker types it: what RPC makes of a type does not carry `unknown`.
const binding = exports.Tubepost as unknown as TubepostBinding;
const event = (id: string) => ({ id, type: 'deal.won', record: 'deal/7', data: { n: 1 } });

async function keyOf(account: string, scopes: string[]): Promise<string> {
  const made = await call('POST', '/v1/keys', { name: scopes.join(), account, scopes });
  return made.body.key;
}

describe('a service binding', () => {
  test('publishes, repeats an id without a second event, and tells the status', async () => {
    const account = await newAccount();
    const caller = { key: KEY, account };
    const first = await binding.publish(caller, event('evt_1'));
    expect(first).toMatchObject({ ok: true, status: 202, data: { id: 'evt_1', sequence: 1, duplicate: false } });
    expect(await binding.publish(caller, event('evt_1'))).toMatchObject({ ok: true, data: { duplicate: true } });
    expect(await binding.status(caller, 'deal/7')).toMatchObject({ ok: true, data: { record: 'deal/7', sequence: 1 } });
  });

  test('answers a batch by event, like the API', async () => {
    const account = await newAccount();
    const answer = await binding.publishBatch({ key: KEY, account }, [event('evt_1'), { ...event('evt_2'), type: '' }]);
    expect(answer).toMatchObject({
      ok: true,
      data: {
        results: [
          { outcome: 'accepted', id: 'evt_1' },
          { outcome: 'refused', code: 'invalid-request' },
        ],
      },
    });
  });

  test('keeps the trace that it is given', async () => {
    const account = await newAccount();
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await binding.publish({ key: KEY, account, traceparent }, event('evt_1'));
    const stored = await call('GET', `/v1/accounts/${account}/events/evt_1?record=deal%2F7`);
    expect(stored.body.traceparent).toBe(traceparent);
  });

  test('answers what is wrong as a value, with the field and the rule', async () => {
    const account = await newAccount();
    const answer = await binding.publish({ key: KEY, account }, { ...event('evt_1'), type: 'Not A Type' });
    expect(answer).toMatchObject({
      ok: false,
      status: 400,
      problem: { code: 'invalid-request', errors: [{ field: 'type' }] },
    });
  });

  test('may do what its key may, and nothing else', async () => {
    const [own, other] = [await newAccount(), await newAccount()];
    const reader = await keyOf(own, ['read']);
    expect(await binding.publish({ key: reader, account: own }, event('e'))).toMatchObject({ ok: false, status: 403 });
    const publisher = await keyOf(own, ['publish']);
    expect(await binding.publish({ key: publisher, account: own }, event('e'))).toMatchObject({ ok: true });
    expect(await binding.publish({ key: publisher, account: other }, event('e'))).toMatchObject({
      ok: false,
      status: 404,
      problem: { code: 'unknown-account' },
    });
    expect(await binding.status({ key: publisher, account: own }, 'deal/7')).toMatchObject({ ok: false, status: 403 });
    expect(await binding.publish({ key: 'nobody', account: own }, event('e'))).toMatchObject({
      ok: false,
      status: 401,
    });
  });
});
