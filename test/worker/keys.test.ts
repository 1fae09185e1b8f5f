/** S1: keys, scopes, expiry, revocation, portal tokens, and a key store that does not answer. */
import { env } from 'cloudflare:workers';
import { expect, test, vi } from 'vitest';
import { call, newAccount } from '../support/api.ts';
import { answers } from '../support/receiver.ts';

const as = (bearer: string) => ({ authorization: `Bearer ${bearer}` });

test('a key does what its scopes say, is stored hashed, and ends within 5 s of its revocation', async () => {
  const account = await newAccount();
  const { status, body } = await call('POST', '/v1/keys', { name: 'k', scopes: ['read'], account });
  expect([status, body.key]).toEqual([201, expect.stringMatching(/^tbk_[A-Za-z0-9_-]{43}$/)]);
  const rows = await env.CONFIG.prepare('SELECT * FROM keys').all();
  expect(JSON.stringify(rows.results)).not.toContain(body.key);
  expect((await call('GET', '/v1/keys')).text).not.toContain(body.key);
  const read = () => call('GET', `/v1/accounts/${account}`, undefined, as(body.key));
  expect((await read()).status).toBe(200);
  const refused = await call('POST', `/v1/accounts/${account}/events`, { type: 'a.b', data: {} }, as(body.key));
  expect([refused.status, refused.body.code, refused.body.scope]).toEqual([403, 'forbidden', 'publish']);
  expect((await call('DELETE', `/v1/keys/${body.id}`)).status).toBe(204);
  const nowMs = Date.now();
  vi.setSystemTime(nowMs + 5_000);
  expect((await read()).status).toBe(401);
  vi.useRealTimers();
});

test('a key store that does not answer is 503 and never 401; ADMIN_KEY needs none', async () => {
  vi.spyOn(env.CONFIG, 'prepare').mockImplementation(() => {
    throw new Error('down');
  });
  const account = await newAccount();
  const answer = await call('GET', `/v1/accounts/${account}`, undefined, as('tbk_x'));
  expect([answer.status, answer.body.code]).toEqual([503, 'unavailable']);
  expect((await call('GET', `/v1/accounts/${account}`)).status).toBe(200);
  vi.restoreAllMocks();
});

test('a portal token is for its account, its time and its scopes; a changed one is refused', async () => {
  const account = await newAccount();
  const { body } = await call('POST', `/v1/accounts/${account}/portal-tokens`, { expiresInSeconds: 60 });
  const read = (token: string) => call('GET', `/v1/accounts/${account}`, undefined, as(token));
  expect((await read(body.token)).status).toBe(200);
  expect((await read(body.token.replace('tbp_e', 'tbp_f'))).status).toBe(401);
  expect((await call('POST', `/v1/accounts/${account}/endpoints`, {}, as(body.token))).status).toBe(403);
  vi.setSystemTime(Date.now() + 61_000);
  expect((await read(body.token)).status).toBe(401);
  vi.useRealTimers();
});

test('a portal token is shown stored answers in part, and no exports, which have them whole', async () => {
  const account = await newAccount();
  const url = `https://${account.replace('_', '-')}.portal.example.com/hook`;
  await answers(url, { status: 404, body: 'x'.repeat(1_000) });
  const { id } = (await call('POST', `/v1/accounts/${account}/endpoints`, { url })).body;
  const attempt = (await call('POST', `/v1/accounts/${account}/endpoints/${id}/test`)).body;
  expect(attempt.responseBody).toHaveLength(1_000);
  const token = as((await call('POST', `/v1/accounts/${account}/portal-tokens`)).body.token);
  const list = () => call('GET', `/v1/accounts/${account}/attempts`, undefined, token);
  const shown = await vi.waitFor(
    async () => {
      const { body } = await list();
      expect(body.data).toHaveLength(1);
      return body.data[0];
    },
    { timeout: 10_000, interval: 50 },
  );
  expect(shown.responseBody).toHaveLength(256);
  expect(Object.keys(shown.responseHeaders).filter((name) => name !== 'content-type')).toEqual([]);
  for (const format of ['ndjson', 'csv']) {
    const refused = await call('GET', `/v1/accounts/${account}/attempts?format=${format}`, undefined, token);
    expect([format, refused.status, refused.body.code]).toEqual([format, 403, 'forbidden']);
  }
});

test('a key that has expired is 401, and no key makes one that may do more than itself', async () => {
  const scopes = ['manage', 'read'];
  const expiresAt = new Date(Date.now() + 10_000).toISOString();
  const { body } = await call('POST', '/v1/keys', { name: 'short', scopes, expiresAt });
  const made = await call('POST', '/v1/keys', { name: 'more', scopes: ['publish'] }, as(body.key));
  expect([made.status, made.body.code, made.body.scope]).toEqual([403, 'forbidden', 'publish']);
  expect((await call('POST', '/v1/keys', { name: 'less', scopes: ['read'] }, as(body.key))).status).toBe(201);
  vi.setSystemTime(Date.now() + 11_000);
  expect((await call('GET', '/v1/accounts', undefined, as(body.key))).status).toBe(401);
  vi.useRealTimers();
});
