/** S2: every operation of the API, asked with a key and a token of another account. Generated, so that no route is forgotten. */
import { expect, test } from 'vitest';
import { createApp } from '../../src/http/app.ts';
import { call, newAccount } from '../support/api.ts';

const { paths = {} } = createApp().getOpenAPI31Document({ openapi: '3.1.0', info: { title: 't', version: '1' } });
const operations = Object.entries(paths).flatMap(([path, item]) =>
  ['get', 'post', 'put', 'patch', 'delete'].filter((method) => method in item).map((method) => ({ path, method })),
);
/** A key of an account may read these: they are everybody's. */
const SHARED = /^GET \/v1\/event-types/;

async function bearers(account: string): Promise<string[]> {
  const scopes = ['publish', 'read', 'replay', 'manage'];
  const key = await call('POST', '/v1/keys', { name: 'a', scopes, account });
  const token = await call('POST', `/v1/accounts/${account}/portal-tokens`, { scopes });
  return [key.body.key, token.body.token];
}

test('S2: what is of another account is as if it did not exist, and operator routes are refused', async () => {
  const [a, b] = [await newAccount(), await newAccount()];
  const made = await call('POST', `/v1/accounts/${b}/endpoints`, { url: 'https://b.example/hook', status: 'paused' });
  const event = await call('POST', `/v1/accounts/${b}/events`, { type: 'a.b', data: {}, record: 'r' });
  const shown = await call('GET', `/v1/accounts/${b}/events/${event.body.id}`);
  const delivery = String(shown.body.deliveries[0].id);
  const ids: { [name: string]: string } = {
    endpoint: made.body.id,
    secret: made.body.secrets[0].id,
    event: event.body.id,
    record: 'r',
    delivery,
    attempt: `${delivery.replace('dlv_', 'att_')}_a1`,
    job: 'job_00000000000000000000000000',
    replay: 'job_00000000000000000000000000',
    key: 'key_00000000000000000000000000',
    alert: 'alr_00000000000000000000000000',
    type: 'a.b',
    version: '1',
    from: '1',
    to: '2',
  };
  const at = (path: string, account: string) =>
    path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const id = name === 'account' ? account : ids[name];
      if (id === undefined) throw new Error(`${path}: this test knows no {${name}}; add an id of B`);
      return id;
    });

  for (const bearer of await bearers(a)) {
    const scrape = await call('GET', '/metrics', undefined, { authorization: `Bearer ${bearer}` });
    expect([scrape.status, scrape.body.code]).toEqual([403, 'forbidden']);
  }
  expect(operations.length).toBeGreaterThan(40);
  for (const bearer of await bearers(a)) {
    const headers = { authorization: `Bearer ${bearer}` };
    for (const { path, method } of operations) {
      const name = `${method.toUpperCase()} ${path}`;
      const body = method === 'get' || method === 'delete' ? undefined : {};
      const answer = await call(method.toUpperCase(), at(path, b), body, headers);
      if (path.includes('{account}')) {
        const never = await call(method.toUpperCase(), at(path, 'never'), body, headers);
        expect([name, answer.status, answer.body.code]).toEqual([name, 404, 'unknown-account']);
        expect([name, answer.text.replaceAll(b, 'never')]).toEqual([name, never.text]);
      } else if (!SHARED.test(name)) {
        expect([name, answer.status, answer.body.code]).toEqual([name, 403, 'forbidden']);
      }
    }
  }
});
