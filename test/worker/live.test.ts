/** L1: the status of records as it changes, over connections that sleep. */
import { env, exports } from 'cloudflare:workers';
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CLOSE_CODES, LIVE_PROTOCOL } from '../../src/core/live.ts';
import { STATUS_ELEMENT } from '../../src/http/elements.generated.ts';
import { liveStub } from '../../src/lookup/stubs.ts';
import { call, KEY, newAccount } from '../support/api.ts';
import { upgrade, watch, withToken } from '../support/live.ts';
import { answers, release } from '../support/receiver.ts';
import { soon } from '../support/soon.ts';
import { shardOf } from '../support/shards.ts';

let account: string;
let host: string;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  account = await newAccount();
  host = `https://${account.replace('_', '-')}.live.example.com`;
});
afterEach(() => {
  vi.useRealTimers();
});

const at = () => `/v1/accounts/${account}`;
const live = (record: string) => `${at()}/records/${encodeURIComponent(record)}/live`;
const theLive = () => liveStub(env, { account });

async function endpoint(name: string): Promise<string> {
  return (await call('POST', `${at()}/endpoints`, { url: `${host}/${name}`, description: name })).body.id;
}

async function publish(record: string, event: object = {}) {
  const { status, body, text } = await call('POST', `${at()}/events`, { type: 'a.b', data: {}, record, ...event });
  expect(status, text).toBe(202);
  return body;
}

/** "in 8 s" is another text a moment later. */
function timeless(status: unknown): unknown {
  return JSON.parse(JSON.stringify(status).replaceAll(/[\d.]+ (ms|s) *(?=[".])/g, '… '));
}

function statusOf(record: string) {
  return call('GET', `${at()}/records/${encodeURIComponent(record)}`);
}

describe('a live connection', () => {
  test('shows the status at once and after each change, the same object as the API answers', async () => {
    await endpoint('CRM');
    await answers(`${host}/CRM`, 'hang');
    await publish('sub/1');
    const watcher = await watch(live('sub/1'));
    const first = await watcher.shows('delivering');
    expect(first).toMatchObject({ type: 'status', record: 'sub/1' });
    expect(timeless(first.status)).toEqual(timeless((await statusOf('sub/1')).body));
    await release(`${host}/CRM`, { status: 503 });
    const second = await watcher.shows('retrying');
    expect(timeless(second.status)).toEqual(timeless((await statusOf('sub/1')).body));
    expect(second.status.endpoints[0]).toMatchObject({ name: 'CRM', delivery: { attempts: 1 } });
  });

  test('waits for the first event of a record that has none', async () => {
    await endpoint('CRM');
    const watcher = await watch(live('sub/new'));
    expect(await watcher.shows(null)).toMatchObject({ record: 'sub/new', status: null });
    await publish('sub/new');
    expect((await watcher.shows('delivered')).status).toMatchObject({ sequence: 1 });
  });

  test('shows many records, of several Shards, and tells which', async () => {
    await endpoint('CRM');
    const keys = Array.from({ length: 12 }, (_, i) => `many/${i}`);
    await publish('many/3');
    await soon(async () => expect((await statusOf('many/3')).body.status).toBe('delivered'));
    const query = keys.map((key) => `record=${encodeURIComponent(key)}`).join('&');
    const watcher = await watch(`${at()}/live?${query}`);
    await soon(() => expect(watcher.messages.map(({ record }) => record).sort()).toEqual([...keys].sort()));
    await publish('many/7');
    expect((await watcher.shows('delivered', 12)).record).toBe('many/7');
  });

  test('sleeps, and shows what changed after its object and the Shard were evicted', async () => {
    await endpoint('CRM');
    const watcher = await watch(live('sub/2'));
    await watcher.shows(null);
    await evictDurableObject(theLive());
    await evictDurableObject(await shardOf(account, 'sub/2'));
    await publish('sub/2');
    await watcher.shows('delivered');
    watcher.ping();
    await soon(() => expect(watcher.pongs).toBe(1));
  });

  test('shows a pause and a new name, which no turn of the record knows', async () => {
    const id = await endpoint('CRM');
    await answers(`${host}/CRM`, { status: 503 });
    await publish('sub/3');
    const watcher = await watch(live('sub/3'));
    await watcher.shows('retrying');
    await call('PATCH', `${at()}/endpoints/${id}`, { status: 'paused' });
    await watcher.shows('held');
    await call('PATCH', `${at()}/endpoints/${id}`, { description: 'Billing' });
    await soon(() => expect(watcher.last?.status.endpoints[0].name).toBe('Billing'));
  });

  test('shows that a delivery became late, though nothing else happened', async () => {
    await endpoint('CRM');
    await answers(`${host}/CRM`, { status: 503 });
    await publish('sub/4');
    const watcher = await watch(live('sub/4'));
    expect((await watcher.shows('retrying')).status.late).toBe(false);
    vi.setSystemTime(Date.now() + 5_100);
    await runDurableObjectAlarm(theLive());
    await soon(() => expect(watcher.last?.status.late).toBe(true));
    expect(timeless(watcher.last?.status)).toEqual(timeless((await statusOf('sub/4')).body));
  });

  test('does not repeat what it has shown', async () => {
    await endpoint('CRM');
    await publish('sub/5');
    const watcher = await watch(live('sub/5'));
    await watcher.shows('delivered');
    const { length } = watcher.messages;
    await theLive().settingsChanged();
    await publish('sub/5');
    await soon(() => expect(watcher.last?.status.sequence).toBe(2));
    expect(watcher.messages.slice(length).every(({ status }) => status.sequence === 2)).toBe(true);
  });

  test('is told to nobody once nobody looks: the Shard forgets it', async () => {
    await endpoint('CRM');
    const watcher = await watch(live('sub/6'));
    await watcher.shows(null);
    const viewed = async () =>
      runInDurableObject(await shardOf(account, 'sub/6'), (_, { storage }) =>
        storage.sql.exec('SELECT COUNT(*) AS n FROM viewed').one(),
      );
    expect(await viewed()).toEqual({ n: 1 });
    watcher.socket.close(1000, 'done');
    expect(await watcher.ends()).toBeTruthy();
    await publish('sub/6');
    await soon(async () => expect(await viewed()).toEqual({ n: 0 }));
  });
});

describe('it ends', () => {
  test('with its token', async () => {
    const { body } = await call('POST', `${at()}/portal-tokens`, { expiresInSeconds: 60 });
    const watcher = await watch(live('sub/7'), withToken(body.token));
    expect(watcher.protocol).toBe(LIVE_PROTOCOL);
    await watcher.shows(null);
    vi.setSystemTime(Date.now() + 61_000);
    await runDurableObjectAlarm(theLive());
    expect(await watcher.ends()).toEqual({ code: CLOSE_CODES['token-ended'], reason: 'token-ended' });
  });

  test('with the key that made its token, before anything more is shown', async () => {
    const made = (await call('POST', '/v1/keys', { name: 'k', account, scopes: ['read'] })).body;
    const asKey = { authorization: `Bearer ${made.key}` };
    const watcher = await watch(live('sub/8'), asKey);
    await watcher.shows(null);
    await call('DELETE', `/v1/keys/${made.id}`);
    vi.setSystemTime(Date.now() + 10_000);
    await publish('sub/8');
    expect(await watcher.ends()).toEqual({ code: CLOSE_CODES['token-ended'], reason: 'token-ended' });
    expect(watcher.messages).toHaveLength(1);
  });

  test('with its account', async () => {
    await endpoint('CRM');
    const watcher = await watch(live('sub/9'));
    await watcher.shows(null);
    await call('DELETE', at());
    expect(await watcher.ends()).toEqual({ code: CLOSE_CODES['account-removed'], reason: 'account-removed' });
  });

  test('where nobody reads what it was sent', async () => {
    await endpoint('CRM');
    const watcher = await watch(live('sub/10'), undefined, false);
    const refresh = async (n: number) => {
      await publish('sub/10', { data: { n } });
      await soon(async () => expect((await statusOf('sub/10')).body.status).toBe('delivered'));
    };
    await soon(async () => {
      await refresh(watcher.messages.length);
      expect(watcher.last?.ack).toBe(1);
    });
    const { length } = watcher.messages;
    await refresh(-1);
    await theLive().settingsChanged();
    expect(watcher.messages).toHaveLength(length);
    vi.setSystemTime(Date.now() + 31_000);
    await runDurableObjectAlarm(theLive());
    expect(await watcher.ends()).toEqual({ code: CLOSE_CODES['too-slow'], reason: 'too-slow' });
  });

  test('where it says what it was not asked', async () => {
    const watcher = await watch(live('sub/11'));
    await watcher.shows(null);
    watcher.socket.send('{"ack": 4}');
    expect(await watcher.ends()).toEqual({ code: CLOSE_CODES['bad-message'], reason: 'bad-message' });
  });

  test('where no ping came for long', async () => {
    const watcher = await watch(live('sub/12'));
    await watcher.shows(null);
    vi.setSystemTime(Date.now() + 16 * 60_000);
    await runDurableObjectAlarm(theLive());
    expect(await watcher.ends()).toEqual({ code: CLOSE_CODES['too-slow'], reason: 'too-slow' });
  });
});

describe('it is refused before the upgrade', () => {
  test('without a key, with the token alone among the protocols, and without an upgrade', async () => {
    expect((await upgrade(live('sub/1'), {})).status).toBe(401);
    const alone = await upgrade(live('sub/1'), { 'sec-websocket-protocol': 'tubepost.token.tbp_a.b' });
    expect(await alone.json()).toMatchObject({ status: 400, code: 'invalid-request' });
    const plain = await call('GET', live('sub/1'));
    expect(plain.body).toMatchObject({ status: 426, code: 'upgrade-required' });
    expect(plain.headers.get('upgrade')).toBe('websocket');
  });

  test('for no record and for too many', async () => {
    expect((await upgrade(`${at()}/live`)).status).toBe(400);
    const query = Array.from({ length: 51 }, (_, i) => `record=r/${i}`).join('&');
    const answer = await upgrade(`${at()}/live?${query}`);
    expect(await answer.json()).toMatchObject({ status: 400, errors: [{ field: 'record' }] });
  });
});

describe('server-sent events', () => {
  async function stream(record: string) {
    const headers = { authorization: `Bearer ${KEY}`, accept: 'text/event-stream' };
    const response = await exports.default.fetch(`https://tubepost.test${live(record)}`, { headers });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    if (response.body === null) throw new Error('a stream has a body');
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    return {
      cancel: () => reader.cancel(),
      /** Reads on until the text matches. */
      until: async (pattern: RegExp) => {
        while (!pattern.test(text)) {
          const { value, done } = await reader.read();
          if (done) throw new Error(`it ended: ${text}`);
          text += value;
        }
        return text;
      },
    };
  }

  test('show the same, and are told why they end', async () => {
    await endpoint('CRM');
    const events = await stream('sse/1');
    await events.until(/event: status\ndata: .*"status":null}\n\n/);
    await publish('sse/1');
    await events.until(/"status":"delivered"/);
    await call('DELETE', at());
    await events.until(/event: end\ndata: {"reason":"account-removed"}\n\n/);
  });

  test('are dropped when their reader leaves', async () => {
    await endpoint('CRM');
    const events = await stream('sse/2');
    await events.until(/event: status/);
    await events.cancel();
    await publish('sse/2');
    await soon(async () => {
      const stub = await shardOf(account, 'sse/2');
      const rows = await runInDurableObject(stub, (_, { storage }) =>
        storage.sql.exec('SELECT record FROM viewed').toArray(),
      );
      expect(rows).toEqual([]);
    });
  });
});

test('the script of the element is served under a name that stays and one that changes with its content', async () => {
  const get = (name: string) => exports.default.fetch(`https://tubepost.test/elements/${name}`);
  for (const [name, cached] of [
    ['status.js', 'max-age=300'],
    [STATUS_ELEMENT.name, 'immutable'],
  ] as const) {
    const answer = await get(name);
    expect(await answer.text()).toBe(STATUS_ELEMENT.text);
    expect(answer.headers.get('cache-control')).toContain(cached);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  }
  expect((await get('status-000000000000.js')).status).toBe(404);
});
