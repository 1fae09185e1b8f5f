/** P2: an Idempotency-Key makes every other POST idempotent. */
import { env } from 'cloudflare:workers';
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { expect, test, vi } from 'vitest';
import { createApp } from '../../src/http/app.ts';
import { call, KEY, newAccount } from '../support/api.ts';

const url = 'https://a.example/';
const create = (account: string, body: object, key: string) =>
  call('POST', `/v1/accounts/${account}/endpoints`, body, { 'idempotency-key': key });
const count = async (account: string) => (await call('GET', `/v1/accounts/${account}/endpoints`)).body.data.length;

test('the same key and request answer the first answer, with its secret, also after the object was evicted', async () => {
  const account = await newAccount();
  const first = await create(account, { url }, 'k1');
  await evictDurableObject(env.ACCOUNT.getByName(`v1:${account}`));
  const second = await create(account, { url }, 'k1');
  expect(first.status).toBe(201);
  expect(second.status).toBe(201);
  expect(second.body).toEqual(first.body);
  expect(second.headers.get('idempotent-replayed')).toBe('true');
  expect(await count(account)).toBe(1);
});

test('the same key with another body, or on another path, is a 409', async () => {
  const account = await newAccount();
  await create(account, { url }, 'k1');
  const other = await create(account, { url, description: 'x' }, 'k1');
  expect([other.status, other.body.code]).toEqual([409, 'idempotency-conflict']);
  const dlv = `dlv_k${'a'.repeat(32)}_1_${'0'.repeat(26)}`;
  const path = await call(
    'POST',
    `/v1/accounts/${account}/deliveries/${dlv}/replay`,
    { url },
    { 'idempotency-key': 'k1' },
  );
  expect(path.status).toBe(400);
  const replay = await call(
    'POST',
    `/v1/accounts/${account}/deliveries/${dlv}/replay`,
    {},
    { 'idempotency-key': 'k1' },
  );
  expect([replay.status, replay.body.code]).toEqual([409, 'idempotency-conflict']);
});

test('the answer that is kept cannot be read in the object: it holds a secret', async () => {
  const account = await newAccount();
  const { body } = await create(account, { url, headers: { 'x-key': 'tell-nobody' } }, 'k1');
  const rows = await runInDurableObject(env.ACCOUNT.getByName(`v1:${account}`), (_, state) =>
    ['account', 'endpoint', 'idempotency'].map((table) => state.storage.sql.exec(`SELECT * FROM ${table}`).toArray()),
  );
  expect(JSON.stringify(rows)).toContain('sealed');
  expect(JSON.stringify(rows)).not.toContain(body.secret.slice(6));
  expect(JSON.stringify(rows)).not.toContain('tell-nobody');
});

test('a refusal leaves the key free for the corrected request', async () => {
  const account = await newAccount();
  await create(account, { url, externalId: 'x' }, 'other');
  expect((await create(account, { url, externalId: 'x' }, 'k1')).status).toBe(409);
  expect((await create(account, { url, externalId: 'y' }, 'k1')).status).toBe(201);
});

test('while the first request runs, the second is a 409 that says when to come back', async () => {
  const account = await newAccount();
  await env.ACCOUNT.getByName(`v1:${account}`).idempotencyBegin('k1', await hashOf(account, { url }));
  const second = await create(account, { url }, 'k1');
  expect([second.status, second.body.code]).toEqual([409, 'idempotency-in-progress']);
  expect(second.headers.get('retry-after')).toBe('1');
  expect(await count(account)).toBe(0);
});

test('a creation whose answer was lost makes no second endpoint, and the secret that is shown is the one that signs', async () => {
  const account = await newAccount();
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  // The first request creates the endpoint and dies before its answer is kept; a minute later the
  // lock is gone.
  const stub = env.ACCOUNT.getByName(`v1:${account}`);
  const forgetful = {
    getByName: () => ({
      settings: () => stub.settings(),
      settingsSince: (known: never) => stub.settingsSince(known),
      createEndpoint: (endpoint: never) => stub.createEndpoint(endpoint),
      idempotencyBegin: async () => ({ kind: 'run' }),
      idempotencyEnd: () => Promise.reject(new Error('died')),
    }),
  };
  const response = await createApp().request(
    `/v1/accounts/${account}/endpoints`,
    {
      method: 'POST',
      body: JSON.stringify({ url }),
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', 'idempotency-key': 'k1' },
    },
    { ...env, ACCOUNT: forgetful },
  );
  const first = await response.json<{ id: string; secret: string }>();
  const second = await create(account, { url }, 'k1');
  expect(second.body).toMatchObject({ id: first.id, secret: first.secret });
  expect(await count(account)).toBe(1);
  warn.mockRestore();
});

test('a key of an account that does not exist writes nothing', async () => {
  expect((await create('acc_no', { url }, 'k1')).body.code).toBe('unknown-account');
  const tables = await runInDurableObject(env.ACCOUNT.getByName('v1:acc_no'), (_, state) =>
    state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name IN ('account', 'idempotency')").toArray(),
  );
  expect(tables).toEqual([]);
});

test.each([['a b'], ['x'.repeat(256)]])('the key %.10s is refused', async (key) => {
  const answer = await create(await newAccount(), { url }, key);
  expect(answer.body.errors[0].message).toMatch(
    /^Idempotency-Key must be 1 to 255 visible ASCII characters; it has \d+$/,
  );
  expect(answer.text).not.toContain(key);
});

async function hashOf(account: string, body: object): Promise<string> {
  const text = `POST\n/v1/accounts/${account}/endpoints\n${JSON.stringify(body)}`;
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))).toHex();
}
