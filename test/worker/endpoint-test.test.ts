/**
 * E4, S4: a test is a real request to one endpoint, answered as it happened, logged, and few a
 * minute.
 */
import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TEST_SENDS_MAX, TEST_SENDS_WINDOW_MS } from '../../src/core/limits.ts';
import { call, newAccount } from '../support/api.ts';

let answer: () => Response;
let sent: { url: string; headers: Record<string, string>; body: string }[];
beforeEach(() => {
  answer = () => new Response('thanks');
  sent = [];
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (url, init) => {
    sent.push({
      url: String(url),
      headers: Object.fromEntries(new Headers(init?.headers)),
      body: String(init?.body),
    });
    return answer();
  });
});
afterEach(() => vi.useRealTimers());

const url = 'https://crm.example/hook';

async function withEndpoint(settings: object = {}) {
  const account = await newAccount();
  const at = `/v1/accounts/${account}`;
  const { body } = await call('POST', `${at}/endpoints`, { url, ...settings });
  return { account, at, id: String(body.id), secret: String(body.secret), endpoint: `${at}/endpoints/${body.id}` };
}

describe('a test', () => {
  test('is signed and sent like any event, to that endpoint alone', async () => {
    const { at, id, secret, endpoint } = await withEndpoint({ headers: { 'x-key': 'abc' }, eventTypes: ['a.b'] });
    await call('POST', `${at}/endpoints`, { url: 'https://other.example/hook' });
    const { status, body } = await call('POST', `${endpoint}/test`);

    expect(status).toBe(200);
    expect(sent.map((request) => request.url)).toEqual([url]);
    const [request] = sent;
    expect(new Webhook(secret).verify(request?.body ?? '', request?.headers ?? {})).toEqual({
      id: body.event,
      type: 'tubepost.test',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      record: null,
      sequence: null,
      version: null,
      schemaVersion: null,
      data: { message: expect.any(String), endpoint: id },
    });
    expect(request?.headers).toMatchObject({
      'x-key': 'abc',
      'webhook-id': body.event,
      'webhook-attempt': '1',
      'webhook-previous': 'none',
    });
    expect(request?.headers).not.toHaveProperty('webhook-replay');
  });

  test('answers the attempt as it happened, in the log and by its id too', async () => {
    const { at, id, endpoint } = await withEndpoint();
    answer = () => new Response('no such hook', { status: 404, headers: { 'x-why': 'moved' } });
    const { status, body } = await call('POST', `${endpoint}/test`, {});

    expect(status).toBe(200);
    expect(body).toEqual({
      id: expect.stringMatching(/^att_utesttest/),
      delivery: expect.stringMatching(/^dlv_utesttest/),
      endpoint: id,
      event: expect.stringMatching(/^evt_[0-9a-z]{26}utesttest/),
      number: 1,
      trigger: 'test',
      at: expect.any(String),
      latencyMs: expect.any(Number),
      statusCode: 404,
      error: { kind: 'http-4xx', message: expect.any(String) },
      request: {
        url: expect.stringMatching(/^https:/),
        headers: expect.objectContaining({ 'webhook-id': body.event }),
      },
      responseHeaders: expect.objectContaining({ 'x-why': 'moved' }),
      responseBody: 'no such hook',
      willRetry: false,
      nextAttemptAt: null,
    });
    expect((await call('GET', `${at}/attempts?trigger=test&endpoint=${id}`)).body.data).toEqual([body]);
    expect((await call('GET', `${at}/attempts?eventType=tubepost.test`)).body.data).toEqual([body]);
    expect((await call('GET', `${at}/attempts?trigger=first`)).body.data).toEqual([]);
    expect((await call('GET', `${at}/attempts/${body.id}`)).body).toEqual(body);
  });

  test('leaves no delivery, no event and no dead letter, and another account does not see it', async () => {
    const { at, endpoint } = await withEndpoint();
    answer = () => new Response('', { status: 410, headers: { 'webhook-delivery': 'disable' } });
    const { body } = await call('POST', `${endpoint}/test`);
    for (const list of ['deliveries', 'events', 'dead-letters']) {
      expect((await call('GET', `${at}/${list}`)).body.data).toEqual([]);
    }
    expect((await call('GET', `${at}/deliveries/${body.delivery}`)).status).toBe(404);
    expect((await call('GET', `${at}/events/${body.event}`)).status).toBe(404);
    expect((await call('POST', `${at}/deliveries/${body.delivery}/replay`)).status).toBe(404);
    const other = `/v1/accounts/${await newAccount()}`;
    expect((await call('GET', `${other}/attempts/${body.id}`)).status).toBe(404);
    expect((await call('GET', `${other}/attempts?trigger=test`)).body.data).toEqual([]);
    // What the receiver says to a test changes nothing.
    expect((await call('GET', endpoint)).body.status).toBe('enabled');
  });

  test('that cannot be sent answers why', async () => {
    const { endpoint } = await withEndpoint();
    answer = () => {
      throw new TypeError('Network connection lost.');
    };
    const { status, body } = await call('POST', `${endpoint}/test`);
    expect([status, body.statusCode, body.error.kind]).toEqual([200, null, 'connect']);
  });

  test('is answered also where the log does not take it', async () => {
    const { at, endpoint } = await withEndpoint();
    const failing = vi.spyOn(env.LOG_DB, 'prepare').mockImplementation(() => {
      throw new Error('D1 is down');
    });
    const { status, body } = await call('POST', `${endpoint}/test`);
    failing.mockRestore();
    expect([status, body.statusCode]).toEqual([200, 200]);
    expect((await call('GET', `${at}/attempts`)).body.data).toEqual([]);
  });

  test('goes to a paused endpoint, and not to one that is disabled, unknown or of another account', async () => {
    const { at, endpoint, id } = await withEndpoint({ status: 'paused' });
    expect((await call('POST', `${endpoint}/test`)).body.statusCode).toBe(200);
    await call('PATCH', endpoint, { status: 'disabled', statusReason: 'moved away' });
    const refused = await call('POST', `${endpoint}/test`);
    expect([refused.status, refused.body.code]).toEqual([409, 'endpoint-disabled']);
    expect(refused.body.detail).toMatch(/disabled \(moved away\)/);
    expect((await call('POST', `${at}/endpoints/ep_nope/test`)).body.code).toBe('unknown-endpoint');
    expect((await call('POST', `/v1/accounts/${await newAccount()}/endpoints/${id}/test`)).status).toBe(404);
    expect((await call('POST', `/v1/accounts/nobody/endpoints/${id}/test`)).body.code).toBe('unknown-account');
    expect((await call('POST', `${endpoint}/test`, { url })).status).toBe(400);
    expect(sent).toHaveLength(1);
  });

  test('sent again with the same Idempotency-Key is the first one', async () => {
    const { endpoint } = await withEndpoint();
    const again = { 'idempotency-key': 'once' };
    const first = await call('POST', `${endpoint}/test`, {}, again);
    expect((await call('POST', `${endpoint}/test`, {}, again)).body).toEqual(first.body);
    expect(sent).toHaveLength(1);
  });

  test('repeated to a portal token it is cut as any answer is, and the first one stays whole', async () => {
    const { account, endpoint } = await withEndpoint();
    answer = () => new Response('b'.repeat(1_000), { status: 500 });
    const again = { 'idempotency-key': 'cut' };
    const first = await call('POST', `${endpoint}/test`, {}, again);
    expect(first.body.responseBody).toHaveLength(1_000);
    const { body } = await call('POST', `/v1/accounts/${account}/portal-tokens`, { scopes: ['read', 'manage'] });
    const portal = { ...again, authorization: `Bearer ${body.token}` };
    expect((await call('POST', `${endpoint}/test`, {}, portal)).body.responseBody).toHaveLength(256);
    expect((await call('POST', `${endpoint}/test`, {}, again)).body).toEqual(first.body);
  });
});

describe('tests of one account', () => {
  test('are few a minute, over all its endpoints and over restarts of its object', async () => {
    const { account, at, endpoint } = await withEndpoint();
    const { body: second } = await call('POST', `${at}/endpoints`, { url });
    const ids = new Set<string>();
    for (let i = 0; i < TEST_SENDS_MAX; i++) {
      const { status, body } = await call('POST', `${i % 2 ? endpoint : `${at}/endpoints/${second.id}`}/test`);
      expect(status).toBe(200);
      ids.add(body.id);
      await evictDurableObject(env.ACCOUNT.getByName(`v1:${account}`));
    }
    expect(ids.size).toBe(TEST_SENDS_MAX);
    const refused = await call('POST', `${endpoint}/test`);
    expect([refused.status, refused.body.code]).toEqual([429, 'too-many-tests']);
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(TEST_SENDS_WINDOW_MS / 1_000);
    expect(sent).toHaveLength(TEST_SENDS_MAX);
    expect((await call('POST', `${(await withEndpoint()).endpoint}/test`)).status).toBe(200);
  });

  test('may go on after a minute, and a clock that was set back does not lock them', async () => {
    const { endpoint } = await withEndpoint();
    const now = Date.now();
    vi.useFakeTimers({ now, toFake: ['Date'] });
    for (let i = 0; i < TEST_SENDS_MAX; i++) await call('POST', `${endpoint}/test`);
    vi.setSystemTime(now + TEST_SENDS_WINDOW_MS - 1);
    const refused = await call('POST', `${endpoint}/test`);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    vi.setSystemTime(now + TEST_SENDS_WINDOW_MS);
    expect((await call('POST', `${endpoint}/test`)).status).toBe(200);
    vi.setSystemTime(now - 3_600_000);
    expect((await call('POST', `${endpoint}/test`)).status).toBe(200);
  });
});
