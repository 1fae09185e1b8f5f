import { env } from 'cloudflare:workers';
import { applyD1Migrations, runDurableObjectAlarm } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { call, newAccount } from '../support/api.ts';
import { answers, requests } from '../support/receiver.ts';
import { soon } from '../support/soon.ts';
import { shardOf, recordCalls } from '../support/shards.ts';

let account: string;
let host: string;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  account = await newAccount();
  host = `https://${account.replace('_', '-')}.bad-days.example.com`;
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

async function endpoint(name: string) {
  const created = await call('POST', `/v1/accounts/${account}/endpoints`, { url: `${host}/${name}` });
  return created.body.id;
}

async function publish(record: string) {
  const body = { type: 'plan.updated', record, data: {} };
  return (await call('POST', `/v1/accounts/${account}/events`, body)).body;
}

async function logged(id: string): Promise<string | null> {
  const row = await env.LOG_DB.prepare('SELECT status FROM deliveries WHERE account = ? AND id = ?')
    .bind(account, id)
    .first<{ status: string }>();
  return row?.status ?? null;
}

async function alarmOf(record: string, afterMs: number) {
  vi.setSystemTime(Date.now() + afterMs);
  await runDurableObjectAlarm(await shardOf(account, record));
}

describe('on a bad day', () => {
  test('with D1 gone, publishing and deliveries go on, and the log catches up when it is back', async () => {
    await endpoint('crm');
    const tables = ['deliveries', 'attempts', 'events', 'hours', 'd1_migrations'];
    await env.LOG_DB.exec(tables.map((name) => `DROP TABLE ${name}`).join('; '));
    const { deliveries } = await publish('sub/1');
    await soon(async () => expect(await requests(host)).toHaveLength(1));
    await soon(async () => {
      const now = await call('GET', `/v1/accounts/${account}/deliveries/${deliveries[0].id}`);
      expect(now.body.status).toBe('delivered');
    });
    await applyD1Migrations(env.LOG_DB, env.TEST_MIGRATIONS.log);
    expect(await logged(deliveries[0].id)).toBeNull();
    await alarmOf('sub/1', 61_000);
    await soon(async () => expect(await logged(deliveries[0].id)).toBe('delivered'));
  });

  test('a LOG queue that refuses loses nothing: the entry is sent again', async () => {
    await endpoint('crm');
    const send = vi.spyOn(Object.getPrototypeOf(env.LOG), 'send').mockRejectedValue(new Error('queue is overloaded'));
    const { deliveries } = await publish('sub/2');
    await soon(async () => expect(send).toHaveBeenCalled());
    send.mockRestore();
    await alarmOf('sub/2', 11_000);
    await soon(async () => expect(await logged(deliveries[0].id)).toBe('delivered'));
  });

  test('a FANOUT queue that refuses loses nothing: the lanes are due again', async () => {
    // More than a Shard has slots for on a machine of one's own.
    for (let n = 0; n < 36; n += 1) await endpoint(`crm${n}`);
    const sendBatch = vi
      .spyOn(Object.getPrototypeOf(env.FANOUT), 'sendBatch')
      .mockRejectedValue(new Error('overloaded'));
    await publish('sub/3');
    await soon(async () => expect(sendBatch).toHaveBeenCalled());
    sendBatch.mockRestore();
    await soon(async () => expect((await requests(host)).length).toBeGreaterThanOrEqual(32));
    await alarmOf('sub/3', 6_000);
    await soon(async () => expect(await requests(host)).toHaveLength(36));
  });

  test('a settings object that does not answer uses up no attempt', async () => {
    const id = await endpoint('crm');
    await answers(`${host}/crm`, { status: 503 });
    const { deliveries } = await publish('sub/4');
    const stub = await recordCalls(account, 'sub/4');
    const read = () => stub.readDelivery({ sequence: 1, endpoint: id, replay: 0 });
    await soon(async () => expect((await read())?.delivery.attempts).toBe(1));
    const { Account } = await import('../../src/account/account.ts');
    const settings = vi.spyOn(Account.prototype, 'settings').mockRejectedValue(new Error('down'));
    await alarmOf('sub/4', 12_000);
    await soon(async () => expect(settings).toHaveBeenCalled());
    await soon(async () => expect((await read())?.delivery).toMatchObject({ status: 'retrying', attempts: 1 }));
    settings.mockRestore();
    await answers(`${host}/crm`, { status: 200 });
    await alarmOf('sub/4', 31_000);
    await soon(async () => expect((await read())?.delivery).toMatchObject({ status: 'delivered', attempts: 2 }));
    expect(deliveries).toHaveLength(1);
  });
});

describe('settings that a publish matches against', () => {
  test('an endpoint made through another isolate gets the event published right after it, beside one already known', async () => {
    await endpoint('first');
    await publish('sub/5');
    const stub = env.ACCOUNT.getByName(`v1:${account}`);
    const [known] = (await stub.settings())?.endpoints ?? [];
    if (known === undefined) throw new Error('the first endpoint is missing');
    // Past the API of this isolate, so that its memory cannot have learned of it.
    await stub.createEndpoint({ ...known, id: 'ep_00000000000000000000000002', url: `${host}/second` });
    expect(await publish('sub/5')).toMatchObject({ deliveryCount: 2 });
  });

  test('an Account that does not answer stops no publishing for an isolate that knew it a moment ago', async () => {
    await endpoint('crm');
    await publish('sub/6');
    const { Account } = await import('../../src/account/account.ts');
    const down = vi.spyOn(Account.prototype, 'settingsSince').mockRejectedValue(new Error('down'));
    expect(await publish('sub/6')).toMatchObject({ sequence: 2, deliveryCount: 1 });
    vi.setSystemTime(Date.now() + 4_000);
    const late = await call('POST', `/v1/accounts/${account}/events`, {
      id: 'late-1',
      type: 'a.b',
      record: 'r',
      data: {},
    });
    expect(late).toMatchObject({ status: 503, body: { id: 'late-1' } });
    expect(down).toHaveBeenCalled();
  });
});
