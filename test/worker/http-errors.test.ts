/** S3, S4, O6 and the conventions of the API: every refusal is a problem with a stable code. */
import { env } from 'cloudflare:workers';
import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, test, vi } from 'vitest';
import type { Bindings } from '../../src/env.ts';
import { createApp } from '../../src/http/app.ts';
import { call, KEY, newAccount } from '../support/api.ts';

const REASONS = {
  status: expect.any(Number),
  title: expect.any(String),
  type: expect.any(String),
  detail: expect.any(String),
};

function request(given: Partial<Bindings>, method: string, path: string, body?: object): Promise<Response> {
  const init = {
    method,
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  return Promise.resolve(createApp().request(path, init, { ...env, ...given }));
}

describe('401', () => {
  test.each([
    ['no header', '', 'the Authorization header is missing'],
    ['another scheme', 'Basic abc', 'the Authorization header must be "Bearer" and a key'],
    ['a wrong key', 'Bearer nope', 'the key is not known'],
    ['a part of the key', `Bearer ${KEY.slice(0, -1)}`, 'the key is not known'],
    ['more than the key', `Bearer ${KEY}x`, 'the key is not known'],
  ])('%s', async (_, authorization, detail) => {
    const answer = await call(
      'GET',
      '/v1/accounts',
      undefined,
      authorization === '' ? { authorization: '' } : { authorization },
    );
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="tubepost"');
    expect(answer.body).toMatchObject({ ...REASONS, code: 'unauthorized' });
    if (authorization !== '') expect(answer.body.detail).toBe(detail);
    expect(answer.text).not.toContain(KEY);
  });
});

describe('404 and 405', () => {
  test.each([
    ['GET', '/nothing', 'not-found'],
    ['GET', '/v1/nothing', 'not-found'],
    ['GET', '/v1/accounts/acc_no', 'unknown-account'],
    ['GET', '/v1/accounts/acc_no/endpoints', 'unknown-account'],
    ['GET', '/v1/accounts/acc_no/records/r', 'unknown-account'],
    ['GET', '/v1/accounts/acc_no/events', 'unknown-account'],
    ['GET', '/v1/accounts/acc_no/deliveries', 'unknown-account'],
    ['GET', '/v1/accounts/acc_no/attempts', 'unknown-account'],
    ['GET', '/v1/accounts/acc_no/dead-letters', 'unknown-account'],
    ['GET', '/v1/accounts/Q/endpoints/ep_no', 'unknown-endpoint'],
    ['DELETE', '/v1/accounts/Q/endpoints/ep_no', 'unknown-endpoint'],
    ['DELETE', `/v1/accounts/Q/endpoints/ep_${'0'.repeat(26)}`, 'unknown-endpoint'],
    ['PATCH', '/v1/accounts/Q/endpoints/ep_no', 'unknown-endpoint'],
    ['GET', '/v1/accounts/Q/records/r', 'not-found'],
    ['GET', '/v1/accounts/Q/record?key=r', 'not-found'],
    ['GET', '/v1/accounts/Q/events/evt_no', 'not-found'],
    ['GET', '/v1/accounts/Q/events/evt_no?record=r', 'not-found'],
    ['GET', '/v1/accounts/Q/deliveries/dlv_no', 'not-found'],
    ['GET', `/v1/accounts/Q/deliveries/dlv_k${'a'.repeat(32)}_1_${'0'.repeat(26)}`, 'not-found'],
    ['GET', '/v1/accounts/Q/attempts/att_no', 'not-found'],
    ['GET', `/v1/accounts/Q/attempts/att_k${'a'.repeat(32)}_1_${'0'.repeat(26)}_a1`, 'not-found'],
    ['POST', `/v1/accounts/Q/deliveries/dlv_k${'a'.repeat(32)}_1_${'0'.repeat(26)}/replay`, 'not-found'],
    ['POST', `/v1/accounts/Q/deliveries/dlv_k${'a'.repeat(32)}_1_${'0'.repeat(26)}/discard`, 'not-found'],
  ])('%s %s is %s', async (method, path, code) => {
    const body = method === 'PATCH' ? {} : undefined;
    const answer = await call(method, path.replace('Q', await newAccount()), body);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ ...REASONS, code, errors: [] });
  });

  test.each([
    ['DELETE', '/v1/accounts', 'GET'],
    ['POST', '/v1/accounts/a', 'PUT, GET, DELETE'],
    ['PUT', '/v1/accounts/a/endpoints', 'POST, GET'],
    ['PUT', '/v1/accounts/a/endpoints/ep_1', 'GET, PATCH, DELETE'],
    ['DELETE', '/v1/accounts/a/events', 'POST, GET'],
    ['PUT', '/v1/accounts/a/events/batch', 'POST'],
    ['GET', `/v1/accounts/a/deliveries/x/replay`, 'POST'],
  ])('%s %s is a 405 that names %s', async (method, path, allow) => {
    const answer = await call(method, path);
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe(allow);
    expect(answer.body.code).toBe('method-not-allowed');
  });
});

describe('bodies', () => {
  const path = '/v1/accounts/a/events';

  test.each([
    ['{"a":1,}', 'the body is not JSON: fault at position 7 (line 1 column 8)'],
    ['{"a":', 'the body is not JSON: it ends too early'],
    ['', 'the body is empty, but must be a JSON object'],
    ['{"data": {"total": NaN}}', 'the body is not JSON: NaN at position 19 (line 1 column 20), in data.total'],
    ['{"data": [1,\n-Infinity]}', 'the body is not JSON: -Infinity at position 13 (line 2 column 1), in data.1'],
    ['{"data": undefined}', 'the body is not JSON: undefined at position 9 (line 1 column 10), in data'],
    [`${'['.repeat(300_000)}`, 'the body is nested more than 1000 levels deep'],
    [`${'['.repeat(300_000)}${']'.repeat(300_000)}`, 'the body is nested more than 1000 levels deep'],
  ])('%.20s is a 400 with the position', async (text, detail) => {
    const answer = await call('POST', path, text);
    expect([answer.status, answer.body.code, answer.body.detail]).toEqual([400, 'invalid-json', detail]);
  });

  test('a record key with a slash of its own in the path names %2F', async () => {
    const { status, body } = await call('GET', '/v1/accounts/a/records/subscription/sub_81');
    expect([status, body.code]).toEqual([404, 'not-found']);
    expect(body.detail).toContain('write its "/" as %2F');
    expect((await call('GET', '/v1/accounts/a/recordz/b/c')).body.detail).not.toContain('%2F');
  });

  test('two members of one name are a 400 that names the member and its place', async () => {
    const answer = await call('POST', path, '{"type": "a.b", "data": {"items": [{}, {"sku": 1, "sku": 2}]}}');
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid-request']);
    const message = 'data.items.1.sku is there twice: an object must name each member once (RFC 8259, section 4)';
    expect(answer.body.errors).toEqual([{ field: 'data.items.1.sku', message }]);
  });

  test('a compressed body is a 415 that names the header', async () => {
    const answer = await call('POST', path, '{}', { 'content-encoding': 'gzip' });
    expect([answer.status, answer.body.code]).toEqual([415, 'unsupported-media-type']);
    expect(answer.body.detail).toContain('content-encoding must be left out');
    expect((await call('POST', path, '{}', { 'content-encoding': 'identity' })).body.code).toBe('invalid-request');
  });

  test('a fault in the JSON never quotes the payload', async () => {
    const answer = await call('POST', path, '{"secret": tell-nobody}');
    expect(answer.text).not.toContain('nobody');
  });

  test.each([['text/plain'], ['application/x-www-form-urlencoded'], ['application/jsonx']])(
    '%s is a 415',
    async (type) => {
      const answer = await call('POST', path, '{}', { 'content-type': type });
      expect([answer.status, answer.body.code]).toEqual([415, 'unsupported-media-type']);
      expect(answer.body.detail).toContain(type);
    },
  );

  test.each([['application/json; charset=utf-8'], ['application/vnd.acme+json'], ['Application/JSON']])(
    '%s is JSON',
    async (type) => {
      expect((await call('POST', path, '{}', { 'content-type': type })).body.code).toBe('invalid-request');
    },
  );

  test('a list or a bare value is not a request', async () => {
    for (const [text, got] of [
      ['[]', 'a list'],
      ['5', '5'],
      ['null', 'null'],
    ] as const) {
      const answer = await call('POST', path, text);
      expect(answer.body.errors).toEqual([{ field: 'body', message: `body must be an object; got ${got}` }]);
    }
  });

  test('bytes that are no UTF-8 are a 400', async () => {
    const bytes = Uint8Array.of(0x22, 0xff, 0x22);
    const response = await createApp().request(
      path,
      { method: 'POST', body: bytes, headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' } },
      env,
    );
    expect(await response.json()).toMatchObject({ code: 'invalid-json', detail: 'the body is not UTF-8 text' });
  });

  test('a body over the limit is a 413 by its Content-Length, before it is read', async () => {
    const answer = await call('POST', path, `"${'x'.repeat(1_048_577)}"`, { 'content-type': 'text/plain' });
    expect([answer.status, answer.body.code]).toEqual([413, 'too-large']);
  });

  test('a body over the limit is a 413 when it says nothing of its length, or lies', async () => {
    const piece = new TextEncoder().encode('x'.repeat(65_536));
    let pieces = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        pieces += 1;
        controller.enqueue(piece);
        if (pieces >= 200) controller.close();
      },
    });
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', 'content-length': '5' };
    const response = await createApp().request(
      new Request(`https://t.test${path}`, { method: 'POST', body, headers }),
      {},
      env,
    );
    expect(response.status).toBe(413);
    expect(pieces).toBeLessThan(25);
  });
});

describe('503', () => {
  const broken = {
    getByName: () => {
      throw new Error('the object is gone');
    },
  };

  test('a publish whose Shard does not answer carries the id to publish again with', async () => {
    const account = await newAccount();
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const given = { SHARD: broken as unknown as Bindings['SHARD'] };
    const own = await request(given, 'POST', `/v1/accounts/${account}/events`, {
      id: 'e1',
      type: 'a.b',
      record: 'r',
      data: 1,
    });
    expect(own.status).toBe(503);
    expect(own.headers.get('retry-after')).toBe('1');
    expect(await own.json()).toMatchObject({ code: 'unavailable', id: 'e1' });

    for (const event of [
      { type: 'a.b', record: 'r', data: 1 },
      { type: 'a.b', data: 1 },
    ]) {
      const made = await request(given, 'POST', `/v1/accounts/${account}/events`, event);
      const { id } = await made.json<{ id: string }>();
      expect(id).toMatch(/^evt_[0-9a-z]{26}[ku][a-z2-7]{32}[0-9a-v]{3}$/);
      const again = await call('POST', `/v1/accounts/${account}/events`, { ...event, id });
      expect(again.body).toMatchObject({ id, duplicate: false });
      expect((await call('GET', `/v1/accounts/${account}/events/${id}`)).body).toMatchObject({ id, data: 1 });
    }
    log.mockRestore();
  });

  test('a publish whose Account does not answer carries the id too', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const given = { ACCOUNT: broken as unknown as Bindings['ACCOUNT'] };
    const response = await request(given, 'POST', '/v1/accounts/acc_x/events', { type: 'a.b', data: 1 });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      id: expect.stringMatching(/^evt_[0-9a-z]{26}$/),
      detail: expect.stringContaining('nothing was stored'),
    });
    log.mockRestore();
  });

  test('a call that the platform calls retryable is tried on a new stub; an overloaded one is not', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const account = await newAccount();
    for (const [flag, tries] of [
      ['retryable', 3],
      ['overloaded', 1],
    ] as const) {
      let calls = 0;
      const SHARD = {
        getByName: () => ({
          accept: async () => {
            calls += 1;
            throw Object.assign(new Error('no'), { [flag]: true });
          },
        }),
      } as unknown as Bindings['SHARD'];
      const response = await request({ SHARD }, 'POST', `/v1/accounts/${account}/events`, { type: 'a.b', data: 1 });
      expect([response.status, calls]).toEqual([503, tries]);
    }
    log.mockRestore();
  });

  test('lists say 503 while D1 is down; a publish and the status of a record do not need it', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const account = await newAccount();
    const down = {
      prepare: () => {
        throw new Error('D1 is down');
      },
      batch: () => Promise.reject(new Error('down')),
    };
    const given = { CONFIG: down as unknown as D1Database, LOG_DB: down as unknown as D1Database };
    for (const path of [
      '/v1/accounts',
      '/v1/deliveries',
      '/v1/attempts',
      '/v1/endpoints',
      `/v1/accounts/${account}/events`,
    ]) {
      expect((await request(given, 'GET', path)).status, path).toBe(503);
    }
    const published = await request(given, 'POST', `/v1/accounts/${account}/events`, {
      type: 'a.b',
      record: 'r',
      data: 1,
    });
    expect(published.status).toBe(202);
    expect((await request(given, 'GET', `/v1/accounts/${account}/records/r`)).status).toBe(200);
    log.mockRestore();
  });
});

describe('/health', () => {
  test('is public and ready when storage answers', async () => {
    const response = await createApp().request('/health', {}, env);
    expect([response.status, await response.json()]).toEqual([200, { status: 'ready', version: env.VERSION.id }]);
  });

  test.each(['ACCOUNT', 'CATALOGUE', 'CONFIG', 'LOG_DB'] as const)('is not ready when %s fails', async (part) => {
    const response = await createApp().request('/health', {}, { ...env, [part]: {} });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      code: 'unavailable',
      detail: expect.stringMatching(/does not answer/),
    });
  });

  test("is not ready before this build's migrations, and says how to apply them", async () => {
    const older = (database: D1Database) => ({
      prepare: (query: string) => database.prepare(query.replace('name = ?', "name = ? AND name = 'none'")),
    });
    const bare = { prepare: (query: string) => env.CONFIG.prepare(query.replace('d1_migrations', 'not_there')) };
    for (const bindings of [{ CONFIG: older(env.CONFIG) }, { CONFIG: bare }, { LOG_DB: older(env.LOG_DB) }]) {
      const response = await createApp().request('/health', {}, { ...env, ...bindings });
      const [binding] = Object.keys(bindings);
      expect([response.status, await response.json()]).toEqual([
        503,
        expect.objectContaining({
          code: 'misconfigured',
          detail: expect.stringContaining(`apply the migrations of ${binding}: npx wrangler d1 migrations apply`),
        }),
      ]);
    }
  });

  test('a master key that does not open what is sealed is named, and so is one given up too early', async () => {
    const key = (fill: string) => btoa(fill.repeat(32));
    const own = { CATALOGUE: { getByName: () => env.CATALOGUE.getByName('health-of-keys') } };
    const ask = async (vars: object) => {
      const response = await createApp().request('/health', {}, { ...env, ...own, ...vars });
      return [response.status, (await response.json<{ detail?: string }>()).detail ?? ''] as const;
    };
    const first = { MASTER_KEY: key('a'), MASTER_KEY_ID: 'k1' };
    expect(await ask(first)).toEqual([200, '']);
    const [status, detail] = await ask({ MASTER_KEY: key('b'), MASTER_KEY_ID: 'k1' });
    expect([status, detail]).toEqual([503, expect.stringMatching(/^set MASTER_KEY .*does not open.*"k1"/)]);
    const second = { MASTER_KEY: key('b'), MASTER_KEY_ID: 'k2' };
    expect((await ask(second))[1]).toContain('but this service has "k2"');
    expect(await ask({ ...second, MASTER_KEYS_OLD: `k1:${key('a')}` })).toEqual([200, '']);
    // Sealed again meanwhile: the old key may go.
    expect(await ask(second)).toEqual([200, '']);
    expect((await ask(first))[0]).toBe(503);
  });

  test('what was ready a moment ago is not asked again; what was silent is', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const bindings: Bindings = { ...env };
    const ask = async () => (await createApp().request('/health', {}, bindings)).status;
    const answers = [await ask()];
    bindings.CONFIG = Object.create(null);
    answers.push(await ask());
    vi.setSystemTime(Date.now() + 1_000);
    answers.push(await ask());
    bindings.CONFIG = env.CONFIG;
    answers.push(await ask());
    vi.useRealTimers();
    expect(answers).toEqual([200, 200, 503, 200]);
  });

  test('writes nothing, although it asks an Account', async () => {
    await createApp().request('/health', {}, env);
    const tables = await runInDurableObject(env.ACCOUNT.getByName('v1:health'), (_, state) =>
      state.storage.sql
        .exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'")
        .toArray(),
    );
    expect(tables).toEqual([]);
  });
});

describe('S3: refusal to start', () => {
  const safe = {
    ADMIN_KEY: 'a-key-of-our-own',
    MASTER_KEY: 'dHViZXBvc3QtdGVzdHMtbWFzdGVyLWtleS0zMi1ieXQ=',
    LOCAL_MODE: '',
    ALLOW_PRIVATE_ENDPOINTS: '',
  };
  test.each([
    ['the published local key', { ADMIN_KEY: 'tubepost_local_admin_key' }, /set ADMIN_KEY to a key of your own/],
    [
      'the published master key',
      { MASTER_KEY: 'dHViZXBvc3QtbG9jYWwtbWFzdGVyLWtleS0zMi1ieXQ=' },
      /set MASTER_KEY to a key of your own/,
    ],
    ['private endpoints', { ALLOW_PRIVATE_ENDPOINTS: 'true' }, /remove ALLOW_PRIVATE_ENDPOINTS/],
    ['no admin key', { ADMIN_KEY: '' }, /set ADMIN_KEY/],
    ['no master key', { MASTER_KEY: undefined }, /set MASTER_KEY/],
    ['a short master key', { MASTER_KEY: 'c2hvcnQ=' }, /set MASTER_KEY to the base64 of 32 random bytes/],
    ['an id that is no name', { MASTER_KEY_ID: 'master 2, new' }, /set MASTER_KEY_ID to 1 to 64 letters/],
    [
      'an old key that is short',
      { MASTER_KEYS_OLD: 'master-0:c2hvcnQ=' },
      /set MASTER_KEYS_OLD to a comma-separated list/,
    ],
    [
      'an old key without an id',
      { MASTER_KEYS_OLD: btoa('o'.repeat(32)) },
      /set MASTER_KEYS_OLD to a comma-separated list/,
    ],
    [
      'two old keys of one id',
      { MASTER_KEYS_OLD: `m:${btoa('o'.repeat(32))},m:${btoa('p'.repeat(32))}` },
      /no id twice/,
    ],
    [
      'an old key under the id of the new one',
      { MASTER_KEYS_OLD: `master-1:${btoa('o'.repeat(32))}` },
      /set MASTER_KEY_ID to a new name: MASTER_KEYS_OLD has "master-1" too/,
    ],
    [
      'the published key among the old ones',
      { MASTER_KEYS_OLD: 'master-0:dHViZXBvc3QtbG9jYWwtbWFzdGVyLWtleS0zMi1ieXQ=' },
      /remove the published key from MASTER_KEYS_OLD/,
    ],
    ['alerts played faster', { ALERT_SECONDS: '15,5,60' }, /remove ALERT_SECONDS: it is for LOCAL_MODE only/],
    ['times that are none', { ALERT_SECONDS: '15 minutes' }, /set ALERT_SECONDS to three whole numbers of seconds/],
    ['a flag that is neither', { LOCAL_MODE: 'yes' }, /set LOCAL_MODE to true or false/],
  ])('%s', async (_, bad, detail) => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const app = createApp();
    const bindings = { ...env, ...safe, ...bad };
    for (const path of ['/health', '/v1/accounts', '/nothing']) {
      const response = await app.request(path, {}, bindings);
      expect(response.status).toBe(503);
      const text = await response.text();
      expect(JSON.parse(text)).toMatchObject({ code: 'misconfigured', detail: expect.stringMatching(detail) });
      for (const value of Object.values(bad)) if (value && value.length > 5) expect(text).not.toContain(value);
    }
    expect(log).toHaveBeenCalledTimes(1);
    log.mockRestore();
  });

  /** Its canary is sealed with the keys of the test alone. */
  const own = (name: string) => ({ CATALOGUE: { getByName: () => env.CATALOGUE.getByName(name) } });

  test("with keys of one's own it serves", async () => {
    const old = { MASTER_KEY_ID: 'master-2', MASTER_KEYS_OLD: ` master-1:${btoa('o'.repeat(32))} , ` };
    for (const [n, given] of [safe, { ...safe, ...old }].entries()) {
      expect((await createApp().request('/health', {}, { ...env, ...own(`own-${n}`), ...given })).status).toBe(200);
    }
  });

  test('in local mode the published keys and private endpoints are allowed', async () => {
    const local = { LOCAL_MODE: 'true', ADMIN_KEY: 'tubepost_local_admin_key', ALLOW_PRIVATE_ENDPOINTS: 'true' };
    expect((await createApp().request('/health', {}, { ...env, ...own('2'), ...safe, ...local })).status).toBe(200);
  });
});

test('a bug of ours is a 500 that says nothing of itself', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const ACCOUNT = {
    getByName: () => ({
      settings: async () => {
        throw Object.assign(new Error('boom'), { remote: true });
      },
    }),
  };
  const response = await request({ ACCOUNT: ACCOUNT as unknown as Bindings['ACCOUNT'] }, 'GET', '/v1/accounts/a');
  log.mockRestore();
  expect(response.status).toBe(500);
  const text = await response.text();
  expect(JSON.parse(text).code).toBe('internal');
  expect(text).not.toContain('boom');
});
