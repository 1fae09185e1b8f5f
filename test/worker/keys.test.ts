/** S1: keys, scopes, expiry, revocation, portal tokens, and a key store that does not answer. */
import { env } from 'cloudflare:workers';
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  KEY_ALONE_MS,
  KEY_BURST_SECONDS,
  KEY_RATE_LIMIT_PER_SECOND_MAX,
  PORTAL_REQUESTS_PER_SECOND,
} from '../../src/core/limits.ts';
import { call, KEY, newAccount } from '../support/api.ts';
import { answers } from '../support/receiver.ts';
import { soon } from '../support/soon.ts';

// Also where a test failed: the next one has the real clock and nothing mocked.
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

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
  const shown = await soon(async () => {
    const { body } = await list();
    expect(body.data).toHaveLength(1);
    return body.data[0];
  });
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

describe('a key with a limit', () => {
  const read = (key: string) => call('GET', '/v1/event-types', undefined, as(key));
  const made = async (rateLimitPerSecond: number | null) => {
    const account = await newAccount();
    return (await call('POST', '/v1/keys', { name: 'k', scopes: ['read'], account, rateLimitPerSecond })).body;
  };

  test('is answered 429 with Retry-After beyond it, and is let through once it has waited', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const { id, key, rateLimitPerSecond } = await made(1);
    expect(rateLimitPerSecond).toBe(1);
    for (let i = 0; i < KEY_BURST_SECONDS; i++) expect((await read(key)).status).toBe(200);
    const refused = await read(key);
    expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([429, 'rate-limited', '1']);
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    vi.setSystemTime(Date.now() + 1_000);
    expect((await read(key)).status).toBe(200);
    expect((await read(key)).status).toBe(429);

    // A raised limit is in force within 5 s, and so is none.
    const changed = await call('PATCH', `/v1/keys/${id}`, { rateLimitPerSecond: null });
    expect(changed.body).toMatchObject({ id, rateLimitPerSecond: null, effectiveWithinMs: 5_000 });
    vi.setSystemTime(Date.now() + 5_000);
    for (let i = 0; i < 5; i++) expect((await read(key)).status).toBe(200);
    vi.useRealTimers();
  });

  test('is limited across isolates: what another one was lent is not there any more', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const { id, key } = await made(4);
    const elsewhere = env.LIMITER.getByName(`v1:key:${id}`);
    expect(await elsewhere.lease({ perSecond: 4, wanted: 7, unspent: 0 })).toMatchObject({ granted: 7 });
    expect((await read(key)).status).toBe(200);
    expect((await read(key)).status).toBe(429);
    vi.useRealTimers();
  });

  test('publishes under it too, and only then', async () => {
    const account = await newAccount();
    const { key } = (await call('POST', '/v1/keys', { name: 'k', scopes: ['publish'], account, rateLimitPerSecond: 1 }))
      .body;
    const publish = () => call('POST', `/v1/accounts/${account}/events`, { type: 'a.b', data: 1 }, as(key));
    const statuses = [];
    for (let i = 0; i < KEY_BURST_SECONDS + 3; i++) statuses.push((await publish()).status);
    expect(statuses.filter((status) => status === 202).length).toBeGreaterThanOrEqual(KEY_BURST_SECONDS);
    expect(statuses).toContain(429);
  });

  test('is counted by the isolate alone while its object does not answer', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const { key } = await made(1);
    const spy = vi.spyOn(env.LIMITER, 'getByName').mockImplementation(() => {
      throw new Error('down');
    });
    const most = KEY_ALONE_MS / 1_000;
    for (let i = 0; i < most; i++) expect((await read(key)).status).toBe(200);
    expect((await read(key)).status).toBe(429);
    expect(spy).toHaveBeenCalledTimes(1);
    vi.restoreAllMocks();
    vi.setSystemTime(Date.now() + KEY_ALONE_MS);
    expect((await read(key)).status).toBe(200);
    vi.useRealTimers();
  });

  test('or without one: no object is asked for ADMIN_KEY, nor for a key without a limit', async () => {
    const { key } = await made(null);
    const spy = vi.spyOn(env.LIMITER, 'getByName');
    for (const bearer of [KEY, key]) expect((await read(bearer)).status).toBe(200);
    expect(spy).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });

  test.each([0, 1.5, KEY_RATE_LIMIT_PER_SECOND_MAX + 1, '5'])('is not made with %s', async (rateLimitPerSecond) => {
    const answer = await call('POST', '/v1/keys', { name: 'k', scopes: ['read'], rateLimitPerSecond });
    expect([answer.status, answer.body.errors[0].field]).toEqual([400, 'rateLimitPerSecond']);
  });
});

describe('a portal token', () => {
  const tokenFor = async (account: string, maker = KEY) =>
    (await call('POST', `/v1/accounts/${account}/portal-tokens`, {}, as(maker))).body.token;
  const read = (account: string, token: string) => call('GET', `/v1/accounts/${account}`, undefined, as(token));

  test('does not open an account that was made again under the same id', async () => {
    const account = await newAccount();
    const token = await tokenFor(account);
    expect((await read(account, token)).status).toBe(200);
    // What its removal leaves behind.
    await runInDurableObject(env.ACCOUNT.getByName(`v1:${account}`), async (_, { storage }) => storage.deleteAll());
    await evictDurableObject(env.ACCOUNT.getByName(`v1:${account}`));
    vi.setSystemTime(Date.now() + 5_000);
    expect((await read(account, token)).status).toBe(401);
    await call('PUT', `/v1/accounts/${account}`, {});
    const answer = await read(account, token);
    expect([answer.status, answer.body.code]).toEqual([401, 'unauthorized']);
    expect((await read(account, await tokenFor(account))).status).toBe(200);
    vi.useRealTimers();
  });

  test('ends within 5 s of the revocation of the key that made it, and with its expiry; that of another stays', async () => {
    const account = await newAccount();
    const make = (more: object) => call('POST', '/v1/keys', { name: 'm', scopes: ['read', 'manage'], ...more });
    const nowMs = Date.now();
    const [revoked, expiring, other] = await Promise.all([
      make({}),
      make({ expiresAt: new Date(nowMs + 60_000).toISOString() }),
      make({}),
    ]);
    const tokens = await Promise.all([revoked, expiring, other].map(({ body }) => tokenFor(account, body.key)));
    const statuses = async () =>
      (await Promise.all(tokens.map((token) => read(account, token)))).map((one) => one.status);
    expect(await statuses()).toEqual([200, 200, 200]);
    expect((await call('DELETE', `/v1/keys/${revoked.body.id}`)).status).toBe(204);
    vi.setSystemTime(nowMs + 5_000);
    expect(await statuses()).toEqual([401, 200, 200]);
    vi.setSystemTime(nowMs + 61_000);
    expect(await statuses()).toEqual([401, 401, 200]);
    vi.useRealTimers();
  });

  test('is 503 and not 401 while the key store does not answer; that of ADMIN_KEY needs none', async () => {
    const account = await newAccount();
    const { body } = await call('POST', '/v1/keys', { name: 'm', scopes: ['read', 'manage'] });
    const [token, ofOperator] = [await tokenFor(account, body.key), await tokenFor(account)];
    vi.spyOn(env.CONFIG, 'prepare').mockImplementation(() => {
      throw new Error('down');
    });
    const answer = await read(account, token);
    expect([answer.status, answer.body.code]).toEqual([503, 'unavailable']);
    expect((await read(account, ofOperator)).status).toBe(200);
    vi.restoreAllMocks();
  });

  test('shares its limit with the others of its account', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const account = await newAccount();
    const [one, two] = [await tokenFor(account), await tokenFor(account)];
    const burst = KEY_BURST_SECONDS * PORTAL_REQUESTS_PER_SECOND;
    for (let i = 0; i < burst; i++) expect((await read(account, i % 2 === 0 ? one : two)).status).toBe(200);
    const refused = await read(account, two);
    expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([429, 'rate-limited', '1']);
    vi.useRealTimers();
  });

  test('is made once under an Idempotency-Key, and not shown to who may not make it', async () => {
    const account = await newAccount();
    const make = (bearer: string) =>
      call(
        'POST',
        `/v1/accounts/${account}/portal-tokens`,
        { scopes: ['read', 'manage'] },
        {
          ...as(bearer),
          'idempotency-key': 'page-1',
        },
      );
    const first = await make(KEY);
    const again = await make(KEY);
    expect(again.body).toEqual(first.body);
    expect([again.headers.get('idempotent-replayed'), again.headers.get('cache-control')]).toEqual([
      'true',
      'no-store',
    ]);
    const portal = await make(first.body.token);
    expect([portal.status, portal.body.code]).toEqual([403, 'forbidden']);
    const { body } = await call('POST', '/v1/keys', { name: 'm', scopes: ['manage'], account });
    const lesser = await make(body.key);
    expect([lesser.status, lesser.body.scope]).toEqual([403, 'read']);
  });
});

describe('a key made under an Idempotency-Key', () => {
  const make = (body: object, bearer = KEY, idempotencyKey = 'k-1') =>
    call(
      'POST',
      '/v1/keys',
      { name: 'k', scopes: ['read'], ...body },
      {
        ...as(bearer),
        'idempotency-key': idempotencyKey,
      },
    );

  test('is made once, and the answer is given again, although only its hash is stored', async () => {
    const before = (await call('GET', '/v1/keys?limit=200')).body.data.length;
    const [first, beside] = await Promise.all([make({}), make({})]);
    const again = await make({});
    expect([first.status, beside.status, again.status]).toEqual([201, 201, 201]);
    expect([beside.body.key, again.body.key]).toEqual([first.body.key, first.body.key]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect((await call('GET', '/v1/keys?limit=200')).body.data).toHaveLength(before + 1);
    expect((await call('GET', '/v1/accounts', undefined, as(again.body.key))).status).toBe(200);
    const rows = await env.CONFIG.prepare('SELECT * FROM keys').all();
    expect(JSON.stringify(rows.results)).not.toContain(first.body.key);
  });

  test('is another for another maker, and for another Idempotency-Key', async () => {
    const maker = (await call('POST', '/v1/keys', { name: 'm', scopes: ['read', 'manage'] })).body.key;
    const keys = [await make({}, KEY, 'k-2'), await make({}, maker, 'k-2'), await make({}, KEY, 'k-3')];
    expect(new Set(keys.map(({ body }) => body.key)).size).toBe(3);
    expect(new Set(keys.map(({ body }) => body.id)).size).toBe(3);
  });

  test('is a 409 for another request, and after 7 days; a change of the key in between does not matter', async () => {
    const { body } = await make({}, KEY, 'k-4');
    const other = await make({ scopes: ['publish'] }, KEY, 'k-4');
    expect([other.status, other.body.code]).toEqual([409, 'idempotency-conflict']);
    await call('PATCH', `/v1/keys/${body.id}`, { name: 'renamed', rateLimitPerSecond: 5 });
    expect((await make({}, KEY, 'k-4')).body).toMatchObject({ key: body.key, name: 'renamed', rateLimitPerSecond: 5 });
    vi.setSystemTime(Date.now() + 8 * 24 * 3_600_000);
    expect((await make({}, KEY, 'k-4')).status).toBe(409);
    vi.useRealTimers();
  });
});

test('says when it was last used, to the minute', async () => {
  const { body } = await call('POST', '/v1/keys', { name: 'k', scopes: ['read'] });
  const lastUsedAt = async () => (await call('GET', `/v1/keys/${body.id}`)).body.lastUsedAt;
  expect(await lastUsedAt()).toBeNull();
  const use = () => call('GET', '/v1/accounts', undefined, as(body.key));
  await use();
  const first = await soon(async () => {
    const at = await lastUsedAt();
    expect(at).not.toBeNull();
    return at;
  });
  vi.setSystemTime(Date.now() + 61_000);
  await use();
  await soon(async () => expect(await lastUsedAt()).not.toBe(first));
  vi.useRealTimers();
});
