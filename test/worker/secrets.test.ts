/**
 * E2, S3: rotation, removal, reading and resealing of secrets, as receivers, callers and the audit
 * log see them.
 */
import { env } from 'cloudflare:workers';
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { Webhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Bindings } from '../../src/env.ts';
import { createApp } from '../../src/http/app.ts';
import { parsePublicKey, verify } from '../../src/signature.ts';
import { call, KEY, newAccount } from '../support/api.ts';
import type { Arrived } from '../support/outbound.ts';
import { answers, arrival } from '../support/receiver.ts';
import { shardOf } from '../support/shards.ts';

const HOUR_MS = 3_600_000;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const ID = /^sec_[0-9a-z]{26}$/;
let account: string;
let hook: string;
/** The path of the endpoint, its id, and its first secret. */
let at: string;
let id: string;
let first: string;

// One clock for the whole file, which only goes forward: the sender of an isolate keeps the clock
// that it was made with.
beforeAll(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
});
afterAll(() => {
  vi.useRealTimers();
});

beforeEach(async () => {
  account = await newAccount();
  hook = `https://${account.replace('_', '-')}.secrets.example.com/hook`;
  const made = await call('POST', `/v1/accounts/${account}/endpoints`, {
    url: hook,
    headers: { 'x-key': 'tell-nobody' },
  });
  if (made.status !== 201) throw new Error(made.text);
  [id, first] = [made.body.id, made.body.secret];
  at = `/v1/accounts/${account}/endpoints/${id}`;
});
afterEach(() => {
  vi.restoreAllMocks();
});

async function rotate(body: object = {}, headers = {}) {
  const answer = await call('POST', `${at}/secrets/rotate`, body, headers);
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
}

const secrets = async () => (await call('GET', at)).body.secrets;

async function publish(record: string) {
  const body = { type: 'plan.updated', record, data: { plan: 'pro' } };
  const answer = await call('POST', `/v1/accounts/${account}/events`, body);
  expect(answer.status, answer.text).toBe(202);
}

/** Publishes, and answers the request that arrives. */
async function delivered(count: number): Promise<Arrived> {
  await publish(`r/${count}`);
  const request = (await arrival(hook, count)).at(-1);
  if (request === undefined) throw new Error('nothing arrived');
  return request;
}

/** Whether both official libraries take it. */
function isVerified({ body, headers }: Arrived, secret: string): boolean {
  const judged = [new Webhook(secret), new SvixWebhook(secret)].map((judge) => {
    try {
      judge.verify(body, headers);
      return true;
    } catch {
      return false;
    }
  });
  expect(new Set(judged).size).toBe(1);
  return judged[0] === true;
}

function later(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

/** Of secrets: the first two rows, of account and endpoint, are left out. */
async function audit(of = account) {
  const answer = await call('GET', `/v1/accounts/${of}/audit`);
  expect(answer.status, answer.text).toBe(200);
  return answer.body.data.filter(({ action }: { action: string }) => action.startsWith('secret'));
}

describe('a rotation', () => {
  test('signs with both secrets during the overlap and with the new one after it, for the official libraries', async () => {
    const { secret } = await rotate({ overlapSeconds: 3_600 });
    const during = await delivered(1);
    expect([first, secret].map((one) => isVerified(during, one))).toEqual([true, true]);
    later(HOUR_MS - 1_000);
    expect(isVerified(await delivered(2), first)).toBe(true);
    later(1_000);
    const after = await delivered(3);
    expect([first, secret].map((one) => isVerified(after, one))).toEqual([false, true]);
    expect(after.headers['webhook-signature']?.split(' ')).toHaveLength(1);
  });

  test('answers the new secret once, with when the old one ends: a day later unless told', async () => {
    const nowMs = Date.now();
    const [old] = await secrets();
    const { body, headers } = await call('POST', `${at}/secrets/rotate`, {});
    expect(headers.get('cache-control')).toBe('no-store');
    const day = new Date(nowMs + 24 * HOUR_MS).toISOString().slice(0, 16);
    expect(body).toEqual({
      id: expect.stringMatching(ID),
      kind: 'hmac',
      createdAt: expect.stringMatching(TIME),
      expiresAt: null,
      account,
      endpoint: id,
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
      secrets: [
        { ...old, expiresAt: expect.stringContaining(day) },
        { id: body.id, kind: 'hmac', createdAt: body.createdAt, expiresAt: null },
      ],
      effectiveWithinMs: 5_000,
    });
    expect(await secrets()).toEqual(body.secrets);
    for (const path of [at, `/v1/accounts/${account}/endpoints`, '/v1/endpoints', `/v1/accounts/${account}/audit`]) {
      const { text } = await call('GET', path);
      for (const secret of [first, body.secret]) expect(text).not.toContain(secret.slice(6));
    }
  });

  test('without overlap ends the old one at once', async () => {
    const { secret } = await rotate({ overlapSeconds: 0 });
    const request = await delivered(1);
    expect([first, secret].map((one) => isVerified(request, one))).toEqual([false, true]);
    expect(await secrets()).toHaveLength(1);
  });

  test('takes a given secret', async () => {
    const given = `whsec_${btoa('s'.repeat(64))}`;
    expect((await rotate({ secret: given })).secret).toBe(given);
    expect(isVerified(await delivered(1), given)).toBe(true);
  });

  test('a retry that waits across it is signed with the live secrets, and by no ended one', async () => {
    await answers(hook, { status: 500 });
    await delivered(1);
    const { secret } = await rotate({ overlapSeconds: 0 });
    await answers(hook, { status: 200 });
    later(11_000);
    await runDurableObjectAlarm(await shardOf(account, 'r/1'));
    const [before, retry] = await arrival(hook, 2);
    if (before === undefined || retry === undefined) throw new Error('two attempts arrived');
    expect(retry.body).toBe(before.body);
    expect([isVerified(before, first), isVerified(retry, first), isVerified(retry, secret)]).toEqual([
      true,
      false,
      true,
    ]);
  });

  test('an eleventh live secret is refused, and expired ones do not count', async () => {
    for (let i = 0; i < 9; i += 1) await rotate({ overlapSeconds: 60 });
    const full = await call('POST', `${at}/secrets/rotate`, {});
    expect([full.status, full.body.code]).toEqual([409, 'secrets-full']);
    expect(full.body.errors).toMatchObject([{ field: 'overlapSeconds' }]);
    expect(full.body.detail).toContain('at most 10 live secrets');
    expect(await secrets()).toHaveLength(10);
    later(60_000);
    await rotate();
    expect(await secrets()).toHaveLength(2);
  });

  test('what has expired is dropped from storage at the next change, of whatever kind', async () => {
    await rotate({ overlapSeconds: 1 });
    const stored = () =>
      runInDurableObject(env.ACCOUNT.getByName(`v1:${account}`), (_, { storage }) => {
        const [row] = storage.sql.exec('SELECT settings FROM endpoint').toArray();
        return JSON.parse(String(row?.['settings'])).secrets.length;
      });
    later(1_000);
    expect([await stored(), (await secrets()).length]).toEqual([2, 1]);
    await call('PATCH', at, { description: 'changed' });
    expect(await stored()).toBe(1);
  });

  test('sent twice under one key rotates once; the repeated answer shows the secret and is in the audit log', async () => {
    const key = { 'idempotency-key': 'rotate-1' };
    const one = await rotate({}, key);
    expect(await rotate({}, key)).toEqual(one);
    expect(await secrets()).toHaveLength(2);
    expect((await audit()).map((entry: { action: string }) => entry.action)).toEqual([
      'secret.read',
      'secret.rotated',
      'secret.created',
    ]);
  });

  test('repeated after an answer that got lost finds the secret that it made, and reads it', async () => {
    const key = { 'idempotency-key': 'rotate-2' };
    const one = await rotate({}, key);
    await runInDurableObject(env.ACCOUNT.getByName(`v1:${account}`), (_, { storage }) => {
      storage.sql.exec('DELETE FROM idempotency');
    });
    const two = await rotate({}, key);
    expect([two.id, two.secret]).toEqual([one.id, one.secret]);
    expect(await secrets()).toHaveLength(2);
    expect((await audit())[0]).toMatchObject({ action: 'secret.read', secret: one.id });
  });
});

describe('Ed25519', () => {
  test('signs beside HMAC with a public key that everybody may read', async () => {
    const made = await rotate({ algorithm: 'ed25519' });
    expect(made).toMatchObject({
      kind: 'ed25519',
      publicKey: expect.stringMatching(/^whpk_[A-Za-z0-9+/]{43}=$/),
      secret: expect.stringMatching(/^whsk_[A-Za-z0-9+/]{86}==$/),
    });
    expect(await secrets()).toMatchObject([
      { kind: 'hmac', expiresAt: null },
      { kind: 'ed25519', publicKey: made.publicKey, expiresAt: null },
    ]);
    const request = await delivered(1);
    expect(isVerified(request, first)).toBe(true);
    const { headers, body } = request;
    const signed = {
      id: headers['webhook-id'] ?? null,
      timestamp: headers['webhook-timestamp'] ?? null,
      signature: headers['webhook-signature'] ?? null,
      body,
    };
    const key = parsePublicKey(made.publicKey);
    if (!key.ok) throw new Error(key.error.reason);
    expect((await verify(signed, [key.value], { nowMs: Date.now() })).ok).toBe(true);
    expect((await verify({ ...signed, body: `${body} ` }, [key.value], { nowMs: Date.now() })).ok).toBe(false);
  });

  test('takes a given key pair, rotates by itself, and may be given up', async () => {
    const secret = 'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==';
    const given = await rotate({ secret });
    expect(given).toMatchObject({ kind: 'ed25519', publicKey: 'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=' });
    const next = await rotate({ algorithm: 'ed25519', overlapSeconds: 60 });
    expect((await secrets()).map((one: { expiresAt: unknown }) => one.expiresAt === null)).toEqual([true, false, true]);
    for (const one of [given.id, next.id]) expect((await call('DELETE', `${at}/secrets/${one}`)).status).toBe(204);
    expect((await delivered(1)).headers['webhook-signature']).toMatch(/^v1,[^ ]+$/);
  });
});

describe('a removal', () => {
  test('ends a secret at once', async () => {
    const [old] = await secrets();
    const { secret } = await rotate();
    const removed = await call('DELETE', `${at}/secrets/${old.id}`);
    expect([removed.status, removed.headers.get('effective-within-ms')]).toEqual([204, '5000']);
    const request = await delivered(1);
    expect([first, secret].map((one) => isVerified(request, one))).toEqual([false, true]);
    expect((await call('DELETE', `${at}/secrets/${old.id}`)).body.code).toBe('unknown-secret');
  });

  test('of the current HMAC secret is refused, also while an older one still lives', async () => {
    const [only] = await secrets();
    const refused = await call('DELETE', `${at}/secrets/${only.id}`);
    expect([refused.status, refused.body.code]).toEqual([409, 'current-secret']);
    const { id: current } = await rotate();
    expect((await call('DELETE', `${at}/secrets/${current}`)).status).toBe(409);
    expect(isVerified(await delivered(1), first)).toBe(true);
  });
});

describe('a read', () => {
  test('answers the text, and nothing between here and the caller may keep it', async () => {
    const [{ id: secretId }] = await secrets();
    const read = await call('GET', `${at}/secrets/${secretId}`);
    expect(read.body).toEqual({
      id: secretId,
      kind: 'hmac',
      createdAt: expect.stringMatching(TIME),
      expiresAt: null,
      account,
      endpoint: id,
      secret: first,
    });
    expect(read.headers.get('cache-control')).toBe('no-store');
  });

  test('that cannot be audited is refused', async () => {
    const [{ id: secretId }] = await secrets();
    const stub = env.ACCOUNT.getByName(`v1:${account}`);
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec(`CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room'); END`);
    });
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const read = await call('GET', `${at}/secrets/${secretId}`);
    expect(read.status).toBe(500);
    expect(read.text).not.toContain('whsec_');
    const rotated = await call('POST', `${at}/secrets/rotate`, {});
    expect(rotated.status).toBe(500);
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec('DROP TRIGGER full');
    });
    await evictDurableObject(stub);
    expect(await secrets()).toHaveLength(1);
  });

  test('of an ended secret finds nothing', async () => {
    const [old] = await secrets();
    await rotate({ overlapSeconds: 1 });
    later(1_000);
    expect((await call('GET', `${at}/secrets/${old.id}`)).body.code).toBe('unknown-secret');
  });
});

describe('the audit log', () => {
  test('says who did what when to which secret, newest first, and survives eviction', async () => {
    const [{ id: old }] = await secrets();
    const { id: current } = await rotate({ overlapSeconds: 60 });
    await call('GET', `${at}/secrets/${current}`);
    await call('DELETE', `${at}/secrets/${old}`);
    await evictDurableObject(env.ACCOUNT.getByName(`v1:${account}`));
    const common = {
      account,
      at: expect.stringMatching(TIME),
      by: 'operator',
      endpoint: id,
      target: null,
      changes: [],
    };
    expect(await audit()).toEqual([
      { id: 'aud_6', ...common, action: 'secret.removed', secret: old, detail: null },
      { id: 'aud_5', ...common, action: 'secret.read', secret: current, detail: null },
      {
        id: 'aud_4',
        ...common,
        action: 'secret.rotated',
        secret: current,
        detail: 'hmac; the ones before it end within 60 s',
      },
      { id: 'aud_3', ...common, action: 'secret.created', secret: old, detail: null },
    ]);
  });

  test('comes in pages', async () => {
    for (let i = 0; i < 4; i += 1) await rotate();
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await call('GET', `/v1/accounts/${account}/audit?limit=2${cursor}`);
      seen.push(...page.body.data.map((entry: { id: string }) => entry.id));
      cursor = page.body.next === null ? '' : `&cursor=${page.body.next}`;
    } while (cursor !== '');
    // The first two are the creation of account and endpoint.
    expect(seen).toEqual(['aud_7', 'aud_6', 'aud_5', 'aud_4', 'aud_3', 'aud_2', 'aud_1']);
    expect((await call('GET', `/v1/accounts/${account}/audit?cursor=x`)).status).toBe(400);
    expect((await call('GET', '/v1/accounts/nobody/audit')).body.code).toBe('unknown-account');
  });

  test('begins with the next change of an account that was made before there was one', async () => {
    const stub = env.ACCOUNT.getByName(`v1:${account}`);
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec('DROP TABLE audit');
      storage.sql.exec('ALTER TABLE outbox DROP COLUMN detail');
      storage.sql.exec('UPDATE account SET tables = 1');
      const old = JSON.parse(String(storage.sql.exec('SELECT settings FROM endpoint').one()['settings']));
      for (const secret of old.secrets) delete secret.kind;
      storage.sql.exec('UPDATE endpoint SET settings = ?', JSON.stringify(old));
    });
    await evictDurableObject(stub);
    expect(await audit()).toEqual([]);
    const [{ id: old, kind }] = await secrets();
    expect(kind).toBe('hmac');
    await call('GET', `${at}/secrets/${old}`);
    expect(await audit()).toMatchObject([{ id: 'aud_1', action: 'secret.read' }]);
  });
});

describe('isolation', () => {
  test("another account's endpoint and secret are as if they did not exist, and leave no row with either", async () => {
    const [{ id: secretId }] = await secrets();
    const other = await newAccount();
    const theirs = `/v1/accounts/${other}/endpoints/${id}/secrets`;
    const tries = [
      await call('GET', `${theirs}/${secretId}`),
      await call('POST', `${theirs}/rotate`, {}),
      await call('DELETE', `${theirs}/${secretId}`),
    ];
    expect(tries.map(({ status, body }) => [status, body.code])).toEqual(Array(3).fill([404, 'unknown-endpoint']));
    expect(await audit(other)).toEqual([]);
    expect(await audit()).toHaveLength(1);
    const made = await call('POST', `/v1/accounts/${account}/endpoints`, { url: hook });
    const neighbour = await call('GET', `/v1/accounts/${account}/endpoints/${made.body.id}/secrets/${secretId}`);
    expect([neighbour.status, neighbour.body.code]).toEqual([404, 'unknown-secret']);
  });
});

describe('what is refused', () => {
  const pair = `whsk_${btoa('a'.repeat(64))}`;
  test.each([
    ['a short secret', { secret: `whsec_${btoa('a'.repeat(23))}` }, 'secret', /24 to 64 bytes; the one given has 23/],
    ['a long secret', { secret: `whsec_${btoa('a'.repeat(65))}` }, 'secret', /has 65/],
    ['a secret of another prefix', { secret: `sk_${btoa('a'.repeat(32))}` }, 'secret', /starts otherwise/],
    ['a number as secret', { secret: 7 }, 'secret', /must be a string; it is a number/],
    ['a key pair that is none', { secret: pair }, 'secret', /the public half of the one given is not that of its seed/],
    ['a seed alone', { secret: `whsk_${btoa('a'.repeat(32))}` }, 'secret', /base64 of 64 bytes/],
    ['a public key', { secret: `whpk_${btoa('a'.repeat(32))}`, algorithm: 'ed25519' }, 'secret', /starts otherwise/],
    ['a pair for HMAC', { secret: pair, algorithm: 'hmac' }, 'secret', /must be "whsec_"/],
    ['a secret for Ed25519', { secret: `whsec_${btoa('a'.repeat(32))}`, algorithm: 'ed25519' }, 'secret', /"whsk_"/],
    ['too long an overlap', { overlapSeconds: 604_801 }, 'overlapSeconds', /0 to 604800 seconds; got 604801/],
    ['a negative overlap', { overlapSeconds: -1 }, 'overlapSeconds', /got -1/],
    ['half a second', { overlapSeconds: 0.5 }, 'overlapSeconds', /got 0.5/],
    ['another algorithm', { algorithm: 'rsa' }, 'algorithm', /must be one of hmac, ed25519; got "rsa"/],
    ['an unknown field', { overlap: 1 }, 'overlap', /is not a field of this request/],
  ])('%s, by field and without the secret', async (_, body, field, why) => {
    const answer = await call('POST', `${at}/secrets/rotate`, body);
    expect([answer.status, answer.body.errors[0]?.field]).toEqual([400, field]);
    expect(answer.body.detail).toMatch(why);
    if ('secret' in body && typeof body.secret === 'string')
      expect(answer.text).not.toContain(body.secret.slice(6, 20));
    expect(await secrets()).toHaveLength(1);
  });

  test('an endpoint whose only secret would be Ed25519', async () => {
    const body = { url: hook, secret: pair };
    expect((await call('POST', `/v1/accounts/${account}/endpoints`, body)).status).toBe(400);
  });
});

describe('a change of the master key', () => {
  const TEST_KEY = 'dHViZXBvc3QtdGVzdHMtbWFzdGVyLWtleS0zMi1ieXQ=';
  const NEW_KEY = btoa('n'.repeat(32));
  const during = { MASTER_KEY: NEW_KEY, MASTER_KEY_ID: 'master-2', MASTER_KEYS_OLD: `master-1:${TEST_KEY}` };
  const after = { MASTER_KEY: NEW_KEY, MASTER_KEY_ID: 'master-2', MASTER_KEYS_OLD: '' };
  const back = { MASTER_KEY: TEST_KEY, MASTER_KEY_ID: 'master-1', MASTER_KEYS_OLD: `master-2:${NEW_KEY}` };

  async function under(vars: Partial<Bindings>, method: string, path: string) {
    const headers = { authorization: `Bearer ${KEY}` };
    const response = await createApp().request(path, { method, headers }, { ...env, ...vars });
    const text = await response.text();
    return { status: response.status, text, body: JSON.parse(text) };
  }
  const reseal = (vars: Partial<Bindings>) => under(vars, 'POST', `/v1/accounts/${account}/reseal`);

  test('reseals secrets and headers, once, so that the old key can go; deliveries go on with the same texts', async () => {
    await rotate({ algorithm: 'ed25519' });
    const { secret } = await rotate();
    const [{ id: secretId }] = await secrets();
    const none = { count: 0, endpoints: [] };
    const done = { account, key: 'master-2', resealed: { endpoints: 1, secrets: 3, headers: 1 }, remaining: 0 };
    const revision = async () => (await env.ACCOUNT.getByName(`v1:${account}`).settings())?.revision;
    const before = await revision();
    expect((await reseal(during)).body).toEqual({ ...done, unreadable: none });
    // Isolates that remember the old texts read again; a second reseal has nothing to tell them.
    expect(await revision()).toBe((before ?? 0) + 1);
    expect((await reseal(during)).body).toMatchObject({
      resealed: { endpoints: 0, secrets: 0, headers: 0 },
      remaining: 0,
    });
    await evictDurableObject(env.ACCOUNT.getByName(`v1:${account}`));
    expect(await revision()).toBe((before ?? 0) + 1);
    expect((await under(after, 'GET', `${at}/secrets/${secretId}`)).body.secret).toBe(first);
    expect((await audit()).filter((entry: { action: string }) => entry.action === 'secrets.resealed')).toEqual([
      expect.objectContaining({
        by: 'operator',
        endpoint: null,
        secret: null,
        detail: '3 secrets and 1 headers of 1 endpoints, under master-2',
      }),
    ]);
    expect((await reseal(back)).body.resealed).toEqual({ endpoints: 1, secrets: 3, headers: 1 });
    const request = await delivered(1);
    expect([first, secret].map((one) => isVerified(request, one))).toEqual([true, true]);
    expect(request.headers['x-key']).toBe('tell-nobody');
  });

  test('finds headers that an instance with the old key has sealed since', async () => {
    await reseal(during);
    expect((await call('PATCH', at, { headers: { 'x-key': 'later' } })).status).toBe(200);
    expect((await reseal(during)).body.resealed).toEqual({ endpoints: 1, secrets: 0, headers: 1 });
  });

  test('names the endpoints that no known key opens, and touches nothing of them', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const lost = await reseal(after);
    expect(lost.body).toMatchObject({
      resealed: { endpoints: 0, secrets: 0, headers: 0 },
      remaining: 0,
      unreadable: { count: 1, endpoints: [id] },
    });
    expect(isVerified(await delivered(1), first)).toBe(true);
  });

  test('a text that was changed while it was resealed stays as it was changed, and is counted as remaining', async () => {
    const stub = env.ACCOUNT.getByName(`v1:${account}`);
    const endpoints = (await stub.settings())?.endpoints ?? [];
    const stored = endpoints[0]?.secrets[0];
    if (stored === undefined) throw new Error('the endpoint has a secret');
    const texts = { from: { ...stored.secret, sealed: 'stale' }, to: { key: 'master-2', sealed: 'new' } };
    const stale = { endpoint: id, secrets: [{ id: stored.id, ...texts }], headers: null };
    expect(await stub.reseal([stale], 'master-2', 'operator')).toEqual({ endpoints: 0, secrets: 0, headers: 0 });
    expect((await stub.settings())?.endpoints).toEqual(endpoints);
  });

  test('of an unknown account is a 404', async () => {
    expect((await under(during, 'POST', '/v1/accounts/nobody/reseal')).status).toBe(404);
  });
});
