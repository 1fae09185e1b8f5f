/**
 * What one event costs (Q4): one endpoint, first try, ten events a record, counted by the code that runs and priced per million; first
 * until it is delivered and logged, then its retention and its storage. `npm run bench:cost`
 */
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll, expect, test, vi } from 'vitest';
import { Account, Gate, Shard } from '../../../src/index.ts';
import { DAY_MS, RETENTION_DAYS_DEFAULT, RETENTION_SLACK_SHARE } from '../../../src/core/limits.ts';
import { retention } from '../../../src/schedule/retention.ts';
import { call, newAccount } from '../../support/api.ts';
import { soon } from '../../support/soon.ts';
import { counts, startCounting } from './meter.ts';
import { shardOf, shardsIn } from '../../support/shards.ts';

const RECORDS = 20;
const EVENTS_PER_RECORD = 10;
const EVENTS = RECORDS * EVENTS_PER_RECORD;

/** Dollars for a million, and how many of it are billed for each counted thing (PLATFORM.md, section 10). */
const ROWS = 1;
const OBJECT_REQUESTS = 0.15;
const WORKER_REQUESTS = 0.3;
const QUEUE_OPERATIONS = 0.4;
const OPERATIONS_PER_MESSAGE = 3;
/** Waiting for a receiver of 0.1 s in an object of 128 MB, at $12.50 a million GB-s. */
const DURATION = 0.1 * 0.128 * 12.5;
/** Bytes of a million events for a month, in GB times the price of one. */
const OBJECT_STORAGE = 0.2 / 1_000;
const DATABASE_STORAGE = 0.75 / 1_000;
/** How long a Shard keeps, in months: its days and their tenth, at most. */
const SHARD_MONTHS = (RETENTION_DAYS_DEFAULT * (1 + RETENTION_SLACK_SHARE)) / 30;
const LOG_MONTHS = RETENTION_DAYS_DEFAULT / 30;
/** 3 ms of Worker CPU for a publish and its share of a log batch (assumed, not counted here). */
const CPU = 3 * 0.02;

async function allLogged(account: string, endpoint: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const row = await env.LOG_DB.prepare(
        `SELECT COUNT(*) AS n FROM deliveries WHERE account = ? AND endpoint = ? AND status = 'delivered'`,
      )
        .bind(account, endpoint)
        .first<{ n: number }>();
      expect(row?.n).toBe(EVENTS);
    },
    { timeout: 90_000, interval: 200 },
  );
}

type Line = [what: string, count: number, price: number];

function print(head: string, lines: Line[]): number {
  const total = lines.reduce((sum, [, count, price]) => sum + count * price, 0);
  const rows = lines.map(([what, count, price]) => {
    const amount = count >= 100 ? Math.round(count).toString() : count.toFixed(2);
    return `| ${what} | ${amount} | $${price < 0.01 ? price.toFixed(5) : price.toFixed(2)} | $${(count * price).toFixed(2)} |`;
  });
  const table = [`| ${head} | per event | a million units | a million events |`, '|---|---|---|---|', ...rows];
  process.stdout.write(`\n${[...table, `| **total** | | | **$${total.toFixed(2)}** |`].join('\n')}\n`);
  return total;
}

/** What was counted since `before`, for each event. */
function perEvent(before: typeof counts): typeof counts {
  return Object.fromEntries(
    Object.entries(counts).map(([unit, n]) => [unit, (n - before[unit as keyof typeof before]) / EVENTS]),
  ) as typeof counts;
}

async function shardBytes(account: string): Promise<number> {
  let sum = 0;
  for (const stub of await shardsIn(account)) {
    sum += await runInDurableObject(stub, (_, { storage }) => storage.sql.databaseSize);
  }
  return sum;
}

async function logBytes(): Promise<number> {
  const { meta } = await env.LOG_DB.prepare('SELECT 1').run();
  return meta.size_after;
}

let account = '';
let untilLogged = 0;
let emptyLogBytes = 0;
afterAll(() => vi.useRealTimers());

test('the cost of an event', async () => {
  account = await newAccount();
  emptyLogBytes = await logBytes();
  const created = await call('POST', `/v1/accounts/${account}/endpoints`, { url: 'https://cost.example.com/' });
  const warm = await shardOf(account, 'warm-up');
  await startCounting(warm, { Shard, Account, Gate });
  const before = { ...counts };
  // One event of every record, then the next of every record: the events of a record are seconds apart, as most are.
  for (let n = 0; n < EVENTS_PER_RECORD; n += 1) {
    for (let record = 0; record < RECORDS; record += 1) {
      const body = { type: 'plan.updated', record: `sub/${record}`, version: n, data: { plan: 'pro', seats: n } };
      const answer = await call('POST', `/v1/accounts/${account}/events`, body);
      expect(answer.status).toBe(202);
    }
    await vi.waitFor(() => expect(counts.shardCalls).toBeGreaterThanOrEqual((n + 1) * RECORDS * 2), {
      timeout: 30_000,
      interval: 100,
    });
  }
  await allLogged(account, created.body.id);

  const per = perEvent(before);
  untilLogged = print('unit', [
    ['Worker request', 1, WORKER_REQUESTS],
    ['Worker CPU (3 ms, assumed)', 1, CPU],
    ['Shard rows written, tables included', per.shardRows, ROWS],
    ['alarms set or deleted', per.alarms, ROWS],
    ['Shard calls and alarms run', per.shardCalls, OBJECT_REQUESTS],
    ['Shard duration (receiver 0.1 s)', 1, DURATION],
    ['Account calls', per.accountCalls, OBJECT_REQUESTS],
    ['Gate calls', per.gateCalls, OBJECT_REQUESTS],
    ['other objects: rows written', per.otherObjectRows, ROWS],
    ['LOG messages', per.logMessages, QUEUE_OPERATIONS * OPERATIONS_PER_MESSAGE],
    ['FANOUT messages', per.fanoutMessages, QUEUE_OPERATIONS * OPERATIONS_PER_MESSAGE],
    ['D1 rows written', per.d1Rows, ROWS],
  ]);
});

test('what its retention and its storage add', async () => {
  const stored = { shard: (await shardBytes(account)) / EVENTS, log: ((await logBytes()) - emptyLogBytes) / EVENTS };
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 34 * DAY_MS });
  const before = { ...counts };
  for (const stub of await shardsIn(account)) {
    // As the platform does it; runDurableObjectAlarm() would delete the alarm first, and be counted.
    await runInDurableObject(stub, async (instance, { storage }) => {
      const scheduledTime = await storage.getAlarm();
      if (!(instance instanceof Shard) || scheduledTime === null) throw new Error('no Shard whose log is whole');
      await instance.alarm({ scheduledTime, retryCount: 0, isRetry: false });
    });
    await soon(async () => {
      const events = await runInDurableObject(stub, (_, { storage }) =>
        storage.sql.exec('SELECT 1 FROM event').toArray(),
      );
      expect(events).toEqual([]);
    });
  }
  await retention.run(env, Date.now());
  const per = perEvent(before);
  expect(per.logMessages).toBe(0);
  const left = (await shardBytes(account)) / EVENTS;
  const added = print('unit', [
    ['Shard rows deleted, and what stays of the records', per.shardRows, ROWS],
    ['alarms set or deleted', per.alarms, ROWS],
    ['Shard alarms run', per.shardCalls, OBJECT_REQUESTS],
    ['Account calls', per.accountCalls, OBJECT_REQUESTS],
    ['D1 rows deleted', per.d1Rows, ROWS],
    [`bytes in a Shard, ${SHARD_MONTHS.toFixed(1)} months`, stored.shard * SHARD_MONTHS, OBJECT_STORAGE],
    [`bytes in D1, ${LOG_MONTHS.toFixed(1)} months`, stored.log * LOG_MONTHS, DATABASE_STORAGE],
  ]);
  process.stdout.write(
    `\nAll in: $${(untilLogged + added).toFixed(2)}. Emptied, its Shards keep ${Math.round(left * EVENTS_PER_RECORD)} bytes a record.\n`,
  );
});
