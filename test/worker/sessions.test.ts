/**
 * S1: sessions: by which a browser stays signed in without the key, and which may never more than
 * it.
 */
import { afterEach, expect, test, vi } from 'vitest';
import { SESSION_SECONDS } from '../../src/core/limits.ts';
import { call, newAccount } from '../support/api.ts';

afterEach(() => vi.useRealTimers());

const as = (bearer: string) => ({ authorization: `Bearer ${bearer}` });
const open = async (key?: string) => call('POST', '/v1/sessions', undefined, key === undefined ? {} : as(key));

test('a session may what its key may, says so, and holds none of it', async () => {
  const account = await newAccount();
  const { body: key } = await call('POST', '/v1/keys', { name: 'Support', scopes: ['read', 'replay'], account });
  const { status, body } = await open(key.key);
  expect(status).toBe(201);
  expect(atob(body.token.split('.')[0].slice(4).replaceAll('-', '+').replaceAll('_', '/'))).not.toContain(key.key);
  const caller = (await call('GET', '/v1/session', undefined, as(body.token))).body;
  expect(caller).toEqual({
    by: `${key.id} Support`,
    account,
    record: null,
    scopes: ['read', 'replay'],
    portal: false,
    endsAt: body.endsAt,
  });
  expect((await call('GET', `/v1/accounts/${account}`, undefined, as(body.token))).status).toBe(200);
  expect((await call('GET', `/v1/accounts/${await newAccount()}`, undefined, as(body.token))).status).toBe(404);
  expect((await call('POST', `/v1/accounts/${account}/endpoints`, {}, as(body.token))).status).toBe(403);
});

test('a session ends within 5 s of the revocation of its key, and with its time', async () => {
  const { body: key } = await call('POST', '/v1/keys', { name: 'k', scopes: ['read'] });
  const token = (await open(key.key)).body.token;
  const admin = (await open()).body.token;
  const read = (token: string) => call('GET', '/v1/accounts', undefined, as(token));
  expect([(await read(token)).status, (await read(admin)).status]).toEqual([200, 200]);
  await call('DELETE', `/v1/keys/${key.id}`);
  vi.setSystemTime(Date.now() + 5_000);
  expect([(await read(token)).status, (await read(admin)).status]).toEqual([401, 200]);
  vi.setSystemTime(Date.now() + SESSION_SECONDS * 1_000);
  expect((await read(admin)).status).toBe(401);
});

test('one changed character is no session, and no session opens another', async () => {
  const { token } = (await open()).body;
  const changed = token.replace('tbs_e', 'tbs_f');
  expect((await call('GET', '/v1/session', undefined, as(changed))).status).toBe(401);
  expect((await open(token)).status).toBe(403);
  const account = await newAccount();
  const portal = (await call('POST', `/v1/accounts/${account}/portal-tokens`)).body.token;
  expect((await open(portal)).status).toBe(403);
  expect((await call('GET', '/v1/session', undefined, as(portal))).body).toMatchObject({ account, portal: true });
});
