/**
 * "Why does my CRM show the old plan?": lists of one record, which its Record helps to find in a
 * log that has no index by record.
 */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { shardName } from '../../src/core/ids.ts';
import { writeLog } from '../../src/store/log/log-write.ts';
import { call, newAccount } from '../support/api.ts';
import { aDelivery, aMessage, anAttempt, anEntry, hashOf } from '../support/log.ts';
import { arrival } from '../support/receiver.ts';
import { soon } from '../support/soon.ts';
import { addressOf } from '../support/shards.ts';

const RECORD = 'subscription/sub_7';
let account: string;

beforeEach(async () => {
  account = await newAccount();
  const url = `https://${account.replace('_', '-')}.record.example.com/crm`;
  await call('POST', `/v1/accounts/${account}/endpoints`, { url });
  for (const plan of ['free', 'pro', 'team']) {
    const event = { type: 'plan.updated', record: RECORD, data: { plan } };
    await call('POST', `/v1/accounts/${account}/events`, event);
  }
  await arrival(url, 3);
  // Newer than these, and of another record.
  const atMs = Date.now() + 60_000;
  const entries = Array.from({ length: 1_000 }, (_, i) =>
    anEntry({ sequence: i + 1, acceptedAtMs: atMs + i }, aDelivery(), [anAttempt({ atMs: atMs + i })]),
  );
  await writeLog(env.LOG_DB, [aMessage(account, entries, { hash: hashOf(3), record: 'r/other' })]);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const lists = ['deliveries', 'attempts', 'events'];
const ask = (list: string) =>
  call('GET', `/v1/accounts/${account}/${list}?record=${encodeURIComponent(RECORD)}&limit=10`);

async function expectAll(): Promise<void> {
  for (const list of lists) {
    await soon(async () => expect((await ask(list)).body.data).toHaveLength(3));
    expect((await ask(list)).body, list).toMatchObject({ next: null, searchedTo: null });
  }
}

test('the log is read by the events of the record, not along the account', async () => {
  await expectAll();
  const read: string[] = [];
  const proto = Object.getPrototypeOf(env.LOG_DB) as D1Database;
  // oxlint-disable-next-line typescript/unbound-method -- called with the database as `this` below
  const { prepare } = proto;
  vi.spyOn(proto, 'prepare').mockImplementation(function (this: D1Database, sql: string) {
    if (/FROM "(deliveries|attempts|events)"/.test(sql)) read.push(sql);
    return prepare.call(this, sql);
  });
  for (const list of lists) await ask(list);
  expect(read.length).toBeGreaterThanOrEqual(4);
  for (const sql of read) expect(sql).toMatch(/INDEXED BY "\w+_by_event"|d\.accepted_at_ms = e\.value|"id"\) IN/);
});

test('a Record that does not answer, or knows nothing of what the log has, leaves the log to be walked', async () => {
  await expectAll();
  const name = shardName(await addressOf(account, RECORD));
  const original = env.SHARD.getByName.bind(env.SHARD);
  vi.spyOn(env.SHARD, 'getByName').mockImplementation((asked: string) => {
    if (asked === name) throw Object.assign(new Error('storage is away'), { overloaded: true });
    return original(asked);
  });
  await expectAll();
  const other = await call(
    'GET',
    `/v1/accounts/${account}/deliveries?record=${encodeURIComponent('r/other')}&limit=200`,
  );
  expect(other.body.data).toHaveLength(200);
});
