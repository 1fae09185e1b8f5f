/** E0, E1, E5, E7: the truth about one account, in its Durable Object. */
import { env } from 'cloudflare:workers';
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { GateSettings } from '../../src/core/admission.ts';
import type { EndpointSettings } from '../../src/core/endpoint.ts';
import { endpointId } from '../../src/core/ids.ts';
import { anEndpoint } from '../support/settings.ts';
import { soon } from '../support/soon.ts';

let n = 0;
let account = '';
const open = () => env.ACCOUNT.getByName(`v1:${account}`);
beforeEach(() => {
  n += 1;
  account = `acc_${n}`;
});

function endpoint(number: number, given: Partial<EndpointSettings> = {}): EndpointSettings {
  return anEndpoint({
    id: endpointId(String(number).padStart(26, '0')),
    url: 'https://a.example/',
    schemaVersions: {},
    ...given,
  });
}
const id = endpoint(1).id;

async function read() {
  const settings = await open().settings();
  if (settings === null) throw new Error('the account exists');
  return settings;
}

describe('the account', () => {
  test('is made with defaults, and survives eviction', async () => {
    const made = await open().put({});
    expect(made).toMatchObject({ ok: true, value: { created: true } });
    await evictDurableObject(open());
    expect(await read()).toMatchObject({
      account,
      revision: 1,
      name: account,
      shards: 4,
      targets: { deliverWithinMs: 5_000, warnAfterMs: 60_000 },
      retention: { payloadDays: 30, logDays: 30 },
      endpoints: [],
    });
  });

  test('a change keeps what it does not name; the same again is no change', async () => {
    await open().put({ name: 'Acme' });
    await open().put({ retention: { payloadDays: 7, logDays: 9 } });
    expect(await read()).toMatchObject({ name: 'Acme', retention: { payloadDays: 7, logDays: 9 }, revision: 2 });
    await open().put({ name: 'Acme' });
    expect((await read()).revision).toBe(2);
  });

  test('the number of shards is fixed: the first events would not be found again', async () => {
    await open().put({ shards: 8 });
    expect(await open().put({ shards: 9 })).toEqual({
      ok: false,
      error: { reason: 'fixed', field: 'shards' },
    });
    expect(await open().put({ shards: 8 })).toMatchObject({ ok: true });
    expect((await read()).shards).toBe(8);
  });

  test('calls on one that does not exist answer, and write nothing', async () => {
    expect(await open().settings()).toBeNull();
    expect(await open().createEndpoint(endpoint(1))).toEqual({ ok: false, error: { reason: 'no-account' } });
    expect(await open().changeEndpoint(id, { url: 'x' })).toEqual({ ok: false, error: { reason: 'not-found' } });
    expect(await open().removeEndpoint(id)).toBe(false);
    await open().disableEndpoint(id, 'why', 5);
    expect(await open().idempotencyBegin('k', 'r')).toEqual({ kind: 'run' });
    await open().idempotencyEnd('k', null);
    const [tables, alarm] = await runInDurableObject(open(), async (_, { storage }) => [
      storage.sql.exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf*'").toArray(),
      await storage.getAlarm(),
    ]);
    expect([tables, alarm]).toEqual([[], null]);
  });
});

describe('endpoints', () => {
  beforeEach(async () => {
    await open().put({});
    await open().createEndpoint(endpoint(1));
  });

  test('every change raises the revision', async () => {
    expect((await read()).revision).toBe(2);
    await open().changeEndpoint(id, { description: 'CRM' });
    expect((await read()).revision).toBe(3);
    await open().removeEndpoint(id);
    expect((await read()).revision).toBe(4);
  });

  test('creating again with the same id answers the endpoint as it is', async () => {
    await open().changeEndpoint(id, { description: 'CRM' });
    const again = await open().createEndpoint(endpoint(1, { url: 'https://other.example/' }));
    expect(again).toMatchObject({ ok: true, value: { url: 'https://a.example/', description: 'CRM' } });
    expect((await read()).endpoints).toHaveLength(1);
  });

  test('an externalId belongs to one endpoint', async () => {
    await open().changeEndpoint(id, { externalId: 'crm' });
    const taken = { ok: false, error: { reason: 'external-id-taken', endpoint: id } };
    expect(await open().createEndpoint(endpoint(2, { externalId: 'crm' }))).toEqual(taken);
    await open().createEndpoint(endpoint(2));
    expect(await open().changeEndpoint(endpoint(2).id, { externalId: 'crm' })).toEqual(taken);
    await open().removeEndpoint(id);
    expect(await open().changeEndpoint(endpoint(2).id, { externalId: 'crm' })).toMatchObject({ ok: true });
  });

  test('what a change leaves undefined stays', async () => {
    await open().changeEndpoint(id, { description: 'CRM', timeoutMs: 2_000 });
    await open().changeEndpoint(id, { url: 'https://b.example/', description: undefined } as never);
    expect((await read()).endpoints[0]).toMatchObject({
      description: 'CRM',
      timeoutMs: 2_000,
      url: 'https://b.example/',
    });
  });

  test('disabling cuts off what was accepted until now, and enabling keeps the cutoff', async () => {
    const fromMs = Date.now();
    await open().changeEndpoint(id, { status: 'disabled', statusReason: 'moved' });
    const disabled = (await read()).endpoints[0];
    expect(disabled).toMatchObject({
      status: 'disabled',
      statusReason: 'moved',
      cutoff: { reason: 'endpoint-disabled: moved' },
    });
    expect(disabled?.cutoff?.atMs).toBeGreaterThanOrEqual(fromMs);
    await open().changeEndpoint(id, { status: 'enabled' });
    expect((await read()).endpoints[0]).toMatchObject({
      status: 'enabled',
      statusReason: null,
      cutoff: disabled?.cutoff,
    });
  });

  test('an enabled endpoint has no reason for its status', async () => {
    await open().changeEndpoint(id, { statusReason: 'none of it' });
    expect((await read()).endpoints[0]?.statusReason).toBeNull();
    await open().changeEndpoint(id, { status: 'paused', statusReason: 'holidays' });
    expect((await read()).endpoints[0]?.statusReason).toBe('holidays');
  });

  test('pausing and resuming set no cutoff', async () => {
    await open().changeEndpoint(id, { status: 'paused' });
    await open().changeEndpoint(id, { status: 'enabled' });
    expect((await read()).endpoints[0]?.cutoff).toBeNull();
  });

  test('the delivery path disables only what nobody has changed since it looked', async () => {
    const { revision } = await read();
    await open().changeEndpoint(id, { description: 'a person was here' });
    await open().disableEndpoint(id, '410', revision);
    expect((await read()).endpoints[0]?.status).toBe('enabled');
    await open().disableEndpoint(id, '410', revision + 1);
    expect((await read()).endpoints[0]).toMatchObject({ status: 'disabled', statusReason: '410' });
  });

  test('another endpoint changed since then does not protect this one', async () => {
    const { revision } = await read();
    await open().createEndpoint(endpoint(2));
    await open().disableEndpoint(id, '410', revision);
    expect((await read()).endpoints.find((one) => one.id === id)?.status).toBe('disabled');
  });

  test('all of it is there after eviction', async () => {
    await open().changeEndpoint(id, { status: 'disabled', statusReason: 'moved' });
    const before = await read();
    await evictDurableObject(open());
    expect(await read()).toEqual(before);
  });

  test('a change that cannot be written leaves what was read before', async () => {
    await runInDurableObject(open(), (_, { storage }) => {
      storage.sql.exec("CREATE TRIGGER no BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'no'); END");
    });
    await runInDurableObject(open(), async (instance) => {
      await expect(instance.changeEndpoint(id, { description: 'lost' })).rejects.toThrow();
    });
    expect((await read()).endpoints[0]?.description).toBe('');
    expect((await read()).revision).toBe(2);
    await runInDurableObject(open(), (_, { storage }) => storage.sql.exec('DROP TRIGGER no').toArray());
  });
});

describe('what others are told', () => {
  const accountRow = () => env.CONFIG.prepare('SELECT * FROM accounts WHERE account = ?').bind(account).first();
  const endpointRow = () => env.CONFIG.prepare('SELECT * FROM endpoints WHERE account = ?').bind(account).first();
  const owed = () =>
    runInDurableObject(open(), async (_, { storage }) => ({
      topics: storage.sql.exec('SELECT topic, failures FROM outbox ORDER BY topic').toArray(),
      alarmMs: await storage.getAlarm(),
    }));
  /** What the object calls when it tells. */
  async function swap(given: object): Promise<void> {
    await runInDurableObject(open(), (instance) => {
      Object.assign(instance, { env: { ...env, ...given } });
    });
  }
  function brokenDatabase(): D1Database {
    const fails = () => {
      throw new Error('D1 is down');
    };
    return { prepare: fails, batch: fails, exec: fails } as unknown as D1Database;
  }
  function recordingGate() {
    const told: unknown[] = [];
    return {
      told,
      GATE: {
        getByName: (name: string) => ({ changed: async (...news: unknown[]) => void told.push([name, ...news]) }),
      },
    };
  }

  test('a change is in D1 shortly after, without any secret; then nothing is owed and no alarm waits', async () => {
    await open().put({ name: 'Acme' });
    await open().createEndpoint(endpoint(1, { headers: { key: 'k', sealed: 'SEALED' }, headerNames: ['x'] }));
    await soon(async () => expect(await owed()).toEqual({ topics: [], alarmMs: null }));
    expect(await accountRow()).toMatchObject({ name: 'Acme' });
    expect(await endpointRow()).toMatchObject({ id, status: 'enabled', removed: 0 });
    expect(JSON.stringify(await endpointRow())).not.toContain('SEALED');
  });

  test('while D1 is down changes succeed and stay owed; the alarm tells them when it is back, and only the newest state', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    await swap({ CONFIG: brokenDatabase() });
    expect(await open().put({ name: 'first' })).toMatchObject({ ok: true });
    await soon(async () => expect((await owed()).topics).toEqual([{ topic: 'account', failures: 1 }]));
    const { alarmMs } = await owed();
    expect(alarmMs).toBeGreaterThan(Date.now());
    expect(alarmMs).toBeLessThan(Date.now() + 2_000);
    await open().put({ name: 'second' });
    await soon(async () => expect((await owed()).topics).toEqual([{ topic: 'account', failures: 1 }]));
    expect(await accountRow()).toBeNull();

    await evictDurableObject(open());
    const nowMs = Date.now();
    vi.spyOn(Date, 'now').mockReturnValue(nowMs + 600_000);
    expect(await runDurableObjectAlarm(open())).toBe(true);
    vi.mocked(Date.now).mockRestore();
    expect(await accountRow()).toMatchObject({ name: 'second', revision: 2 });
    expect(await owed()).toEqual({ topics: [], alarmMs: null });
    warn.mockRestore();
  });

  test('failures back off, doubling, and never past five minutes', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    vi.spyOn(Math, 'random').mockReturnValue(0);
    await swap({ CONFIG: brokenDatabase() });
    let nowMs = Date.now();
    vi.spyOn(Date, 'now').mockImplementation(() => nowMs);
    await open().put({});
    const waits: number[] = [];
    for (let i = 0; i < 12; i += 1) {
      await soon(async () => expect((await owed()).topics[0]).toMatchObject({ failures: i + 1 }));
      const { alarmMs } = await owed();
      waits.push((alarmMs ?? 0) - nowMs);
      nowMs = alarmMs ?? nowMs;
      await runDurableObjectAlarm(open());
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300].map((seconds) => seconds * 1_000));
    vi.restoreAllMocks();
    warn.mockRestore();
  });

  test('the Gate hears of what it decides by, of a repair and of a removal, and of nothing else', async () => {
    const { told, GATE } = recordingGate();
    await open().put({});
    await swap({ GATE });
    await open().createEndpoint(endpoint(1));
    await open().changeEndpoint(id, { description: 'x' });
    await open().changeEndpoint(id, { status: 'paused' });
    await soon(() => expect(told).toHaveLength(1));
    await open().changeEndpoint(id, { status: 'enabled' });
    await soon(() => expect(told).toHaveLength(2));
    await open().changeEndpoint(id, { rateLimitPerSecond: 5 });
    await soon(() => expect(told).toHaveLength(3));
    await open().removeEndpoint(id);
    await soon(() => expect(told).toHaveLength(4));
    const name = `v1:${account}:${id}`;
    const news = { rateLimitPerSecond: null, isWatched: false };
    expect(told).toEqual([
      [name, { ...news, revision: 4, status: 'paused' }],
      // What was held is sent at the pace of a recovery.
      [name, { ...news, revision: 5, status: 'enabled', isWatched: true }],
      [name, { ...news, revision: 6, status: 'enabled', isWatched: true, rateLimitPerSecond: 5 }],
      [name, { ...news, revision: 7, status: 'removed' }],
    ]);
  });

  test('a Gate that does not answer is told again by the alarm, with the state of then', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    await open().put({});
    await open().createEndpoint(endpoint(1));
    await swap({ GATE: { getByName: () => ({ changed: () => Promise.reject(new Error('no')) }) } });
    await open().changeEndpoint(id, { status: 'paused' });
    await soon(async () => expect((await owed()).topics).toEqual([{ topic: `gate:${id}`, failures: 1 }]));
    const { told, GATE } = recordingGate();
    await swap({ GATE });
    await open().changeEndpoint(id, { description: 'x' });
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 600_000);
    await runDurableObjectAlarm(open());
    vi.mocked(Date.now).mockRestore();
    expect(told).toMatchObject([[`v1:${account}:${id}`, { revision: 4, status: 'paused' }]]);
    warn.mockRestore();
  });

  test('a Gate hears of a pause while D1 hangs', async () => {
    const { told, GATE } = recordingGate();
    await open().put({});
    await open().createEndpoint(endpoint(1));
    await soon(async () => expect((await owed()).topics).toEqual([]));
    let isHanging = true;
    // Looks instead of being told: a promise may not be resolved from outside of its object.
    const answer = async () => {
      while (isHanging) await scheduler.wait(1);
      throw new Error('D1 did not answer');
    };
    const hanging = { bind: () => hanging, run: answer, raw: answer, all: answer, first: answer };
    await swap({ GATE, CONFIG: { prepare: () => hanging } });
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    await open().put({ name: 'on its way to D1' });
    await open().changeEndpoint(id, { status: 'paused' });
    await soon(() => expect(told).toMatchObject([[`v1:${account}:${id}`, { revision: 4, status: 'paused' }]]));
    expect((await owed()).topics).toMatchObject([{ topic: 'account' }, { topic: `endpoint:${id}` }]);
    isHanging = false;
    await soon(async () => {
      expect((await owed()).topics.every(({ failures }) => Number(failures) > 0)).toBe(true);
    });
    warn.mockRestore();
  });

  test('a watch asked for by the Gate is no decision: a disabling under older settings still counts', async () => {
    await open().put({});
    await open().createEndpoint(endpoint(1));
    expect(await open().watchEndpoint(id, true)).toMatchObject({ revision: 3, isWatched: true });
    expect(await open().watchEndpoint(id, true)).toMatchObject({ revision: 3, isWatched: true });
    await open().disableEndpoint(id, 'gone', 2);
    expect((await open().settings())?.endpoints[0]).toMatchObject({ status: 'disabled', isWatched: false });
    expect(await open().watchEndpoint('ep_none', true)).toMatchObject({ status: 'removed' });
  });

  test('an endpoint that failed for days is disabled only if the log knows of no success since', async () => {
    await open().put({});
    await open().createEndpoint(endpoint(1));
    const sinceMs = Date.now() - 5 * 86_400_000;
    await env.LOG_DB.prepare(
      `INSERT INTO deliveries (account, accepted_at_ms, id, endpoint, event_id, event_type, sequence, delivery_count, revision,
         status, attempts, ended_at_ms) VALUES (?, ?, 'dlv_1', ?, 'evt_1', 'a.b', 1, 1, 1, 'delivered', 1, ?)`,
    )
      // Accepted before the first failure, delivered after it: a success all the same.
      .bind(account, sinceMs - 50, id, sinceMs + 2_000)
      .run();
    expect(await open().disableFailing(id, sinceMs)).toBe(sinceMs + 2_000);
    expect((await open().settings())?.endpoints[0]?.status).toBe('enabled');
    expect(await open().disableFailing(id, sinceMs + 3_000)).toBeNull();
    expect((await open().settings())?.endpoints[0]).toMatchObject({
      status: 'disabled',
      statusReason: 'nothing but failures for 5 days',
    });
  });

  test('a removed endpoint leaves the lists', async () => {
    await open().put({});
    await open().createEndpoint(endpoint(1));
    await open().removeEndpoint(id);
    await soon(async () => expect((await owed()).topics).toEqual([]));
    expect(await endpointRow()).toMatchObject({ removed: 1 });
  });

  test('a change during the telling is told too', async () => {
    const told: unknown[] = [];
    let isHeldUp = true;
    await open().put({});
    await open().createEndpoint(endpoint(1));
    await soon(async () => expect((await owed()).topics).toEqual([]));
    // Looks instead of being told: a promise may not be resolved from outside of its object.
    const changed = async ({ revision, status }: GateSettings) => {
      told.push([revision, status]);
      while (isHeldUp) await scheduler.wait(1);
    };
    await swap({ GATE: { getByName: () => ({ changed }) } });
    await open().changeEndpoint(id, { status: 'paused' });
    await soon(() => expect(told).toHaveLength(1));
    await open().changeEndpoint(id, { status: 'enabled' });
    isHeldUp = false;
    await soon(async () => expect((await owed()).topics).toEqual([]));
    expect(told).toEqual([
      [3, 'paused'],
      [4, 'enabled'],
    ]);
  });
});

describe('idempotency keys', () => {
  const begin = (key: string, request: string) => open().idempotencyBegin(key, request);
  const answer = { status: 201, sealed: 'S' };
  beforeEach(async () => void (await open().put({})));
  const at = (ms: number) => vi.spyOn(Date, 'now').mockReturnValue(ms);

  test('run, then in progress, then the answer; another request conflicts', async () => {
    expect(await begin('k', 'r')).toEqual({ kind: 'run' });
    expect(await begin('k', 'r')).toEqual({ kind: 'in-progress' });
    expect(await begin('k', 'other')).toEqual({ kind: 'conflict' });
    await open().idempotencyEnd('k', answer);
    await evictDurableObject(open());
    expect(await begin('k', 'r')).toEqual({ kind: 'answer', ...answer });
    expect(await begin('k', 'other')).toEqual({ kind: 'conflict' });
  });

  test('an end without an answer frees the key; it does not take an answer away', async () => {
    await begin('k', 'r');
    await open().idempotencyEnd('k', null);
    expect(await begin('k', 'other')).toEqual({ kind: 'run' });
    await open().idempotencyEnd('k', answer);
    await open().idempotencyEnd('k', null);
    expect(await begin('k', 'other')).toMatchObject({ kind: 'answer' });
  });

  test('a lock lasts a minute, an answer seven days; then rows go', async () => {
    const startMs = Date.now();
    at(startMs);
    await begin('k', 'r');
    at(startMs + 59_999);
    expect(await begin('k', 'r')).toEqual({ kind: 'in-progress' });
    at(startMs + 60_000);
    expect(await begin('k', 'r')).toEqual({ kind: 'run' });
    await open().idempotencyEnd('k', answer);
    const week = 7 * 24 * 3_600_000;
    at(startMs + 60_000 + week - 1);
    expect(await begin('k', 'r')).toMatchObject({ kind: 'answer' });
    at(startMs + 60_000 + week);
    expect(await begin('k2', 'r')).toEqual({ kind: 'run' });
    vi.restoreAllMocks();
    const keys = await runInDurableObject(open(), (_, { storage }) =>
      storage.sql.exec('SELECT key FROM idempotency').toArray(),
    );
    expect(keys).toEqual([{ key: 'k2' }]);
  });
});
