/** L2: a token for one record in a customer's browser, and which pages may use it. */
import { exports } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { documentShape, placedOperations } from '../../src/http/reference/openapi-document.ts';
import { LIVE_PROTOCOL } from '../../src/core/live.ts';
import { call, newAccount } from '../support/api.ts';
import { upgrade, watch, withToken } from '../support/live.ts';
import { soon } from '../support/soon.ts';

let account: string;
let token: string;

const at = () => `/v1/accounts/${account}`;
const asToken = (given = token) => ({ authorization: `Bearer ${given}` });
const LISTED = { origin: 'https://app.example.com' };
const STRANGER = { origin: 'https://other.example.com' };

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  account = await newAccount();
  const host = `https://${account.replace('_', '-')}.tokens.example.com`;
  await call('POST', `${at()}/endpoints`, { url: `${host}/crm`, description: 'CRM' });
  await call('POST', `${at()}/endpoints`, { url: `${host}/mail`, eventTypes: ['mail.sent'] });
  for (const record of ['sub/1', 'sub/2']) {
    await call('POST', `${at()}/events`, { type: 'a.b', data: {}, record });
    await soon(() => untilDelivered(record));
  }
  const made = await call('POST', `${at()}/portal-tokens`, { record: 'sub/1' });
  if (made.body.record !== 'sub/1' || made.body.scopes.join() !== 'read') throw new Error(made.text);
  token = made.body.token;
});
afterEach(() => {
  vi.useRealTimers();
});

async function untilDelivered(record: string): Promise<void> {
  const { body, text } = await call('GET', statusPath(record));
  if (body.status !== 'delivered') throw new Error(text);
}

function statusPath(record: string): string {
  return `${at()}/records/${encodeURIComponent(record)}`;
}

describe('a token for one record', () => {
  test('reads its status, without the endpoints that were not to get it', async () => {
    const whole = (await call('GET', statusPath('sub/1'))).body;
    expect(whole.notSent).toHaveLength(1);
    const { status, body } = await call('GET', statusPath('sub/1'), undefined, asToken());
    expect([status, body]).toEqual([200, { ...whole, notSent: [] }]);
  });

  test('watches it', async () => {
    const watcher = await watch(`${statusPath('sub/1')}/live`, withToken(token));
    expect(watcher.protocol).toBe(LIVE_PROTOCOL);
    expect((await watcher.shows('delivered')).status).toMatchObject({ record: 'sub/1', notSent: [] });
  });

  test('finds nothing of another record, and no other account', async () => {
    for (const path of [statusPath('sub/2'), `${statusPath('sub/2')}/live`]) {
      expect((await upgrade(path, asToken())).status).toBe(404);
    }
    const none = await call('GET', statusPath('sub/2'), undefined, asToken());
    const never = await call('GET', statusPath('never'), undefined, asToken());
    expect(none.body.detail.replace('sub/2', 'never')).toBe(never.body.detail);
    const other = await newAccount();
    expect((await call('GET', `/v1/accounts/${other}/records/sub%2F1`, undefined, asToken())).status).toBe(404);
  });

  test('is refused by every other operation', async () => {
    const answer = await exports.default.fetch('https://tubepost.test/openapi.json');
    const operations = placedOperations(documentShape.parse(await answer.json()));
    const open = [];
    for (const { path, method, operation } of operations) {
      if (operation.security?.length === 0) continue;
      const values: Record<string, string> = { account, record: 'sub/1' };
      const place = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? 'x'));
      const { status } = await call(method.toUpperCase(), place, method === 'get' ? undefined : {}, asToken());
      if (status !== 403) open.push(`${operation.operationId} ${status}`);
    }
    expect(open.toSorted()).toEqual(['getCaller 200', 'getRecord 200', 'watchRecord 426']);
  });

  test('is never made for more than reading, by another token, or taken for a portal token', async () => {
    const more = await call('POST', `${at()}/portal-tokens`, { record: 'sub/1', scopes: ['read', 'replay'] });
    expect(more.body).toMatchObject({ status: 400, errors: [{ field: 'scopes' }] });
    expect((await call('POST', `${at()}/portal-tokens`, { record: 'sub/2' }, asToken())).status).toBe(403);
    const renamed = `tbp_${token.slice('tbr_'.length)}`;
    expect((await call('GET', `${at()}/endpoints`, undefined, asToken(renamed))).status).toBe(401);
  });

  test('ends with its time', async () => {
    vi.setSystemTime(Date.now() + 901_000);
    expect((await call('GET', statusPath('sub/1'), undefined, asToken())).status).toBe(401);
  });
});

describe('pages of other origins', () => {
  test('read with a token where their origin is listed, errors too', async () => {
    const read = await call('GET', statusPath('sub/1'), undefined, { ...asToken(), ...LISTED });
    expect(read.headers.get('access-control-allow-origin')).toBe(LISTED.origin);
    expect(read.headers.get('vary')).toContain('origin');
    const ended = await call('GET', statusPath('sub/1'), undefined, { ...asToken(`${token}x`), ...LISTED });
    expect([ended.status, ended.headers.get('access-control-allow-origin')]).toEqual([401, LISTED.origin]);
    const stream = await exports.default.fetch(`https://tubepost.test${statusPath('sub/1')}/live`, {
      headers: { ...asToken(), ...LISTED, accept: 'text/event-stream' },
    });
    expect(stream.headers.get('access-control-allow-origin')).toBe(LISTED.origin);
    await stream.body?.cancel();
  });

  test('read nothing where it is not, and never what a key is answered', async () => {
    const stranger = await call('GET', statusPath('sub/1'), undefined, { ...asToken(), ...STRANGER });
    expect(stranger.headers.get('access-control-allow-origin')).toBeNull();
    const key = await call('GET', statusPath('sub/1'), undefined, LISTED);
    expect([key.status, key.headers.get('access-control-allow-origin')]).toEqual([200, null]);
  });

  test('are told beforehand what they may send, and only for reading', async () => {
    const ask = (path: string, method: string, origin: object) =>
      exports.default.fetch(`https://tubepost.test${path}`, {
        method: 'OPTIONS',
        headers: { ...origin, 'access-control-request-method': method },
      });
    const allowed = await ask(statusPath('sub/1'), 'GET', LISTED);
    expect([allowed.status, allowed.headers.get('access-control-allow-headers')]).toEqual([
      204,
      'authorization, content-type',
    ]);
    expect((await ask(`${at()}/record-statuses`, 'POST', LISTED)).status).toBe(204);
    expect((await ask(`${at()}/events`, 'POST', LISTED)).status).toBe(401);
    expect((await ask(statusPath('sub/1'), 'GET', STRANGER)).status).toBe(401);
  });

  test('open no WebSocket where their origin is not listed; its own and a listed one do', async () => {
    const path = `${statusPath('sub/1')}/live`;
    expect((await upgrade(path, { ...withToken(token), ...STRANGER })).status).toBe(403);
    for (const origin of [LISTED.origin, 'https://tubepost.test']) {
      expect((await upgrade(path, { ...withToken(token), origin })).status).toBe(101);
    }
  });
});
