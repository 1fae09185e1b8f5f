/**
 * What one delivery costs (Q4) in several stories, each delivered at the first try: counted by the
 * code that runs and priced per million; first until it is delivered and logged, then its retention
 * and its storage. `npm run bench:cost`
 */
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { Account, Gate, Shard } from '../../../src/index.ts';
import { DAY_MS, RETENTION_DAYS_DEFAULT, RETENTION_SLACK_SHARE } from '../../../src/core/limits.ts';
import { retention } from '../../../src/schedule/retention.ts';
import { call, newAccount } from '../../support/api.ts';
import { soon } from '../../support/soon.ts';
import { counts, startCounting } from './meter.ts';
import { shardOf, shardsIn } from '../../support/shards.ts';

/**
 * How an account uses the service. `rounds`: the record of each event; the events of a round arrive
 * together, and are logged before the next round.
 */
type Story = { name: string; endpoints: number; rounds: string[][]; isIdChosen?: boolean };

/**
 * Events to one endpoint before the count begins: each Shard of the account has its tables then, as
 * it has for all later events.
 */
const WARM_UP = 40;

const RECORDS = Array.from({ length: 20 }, (_, n) => `sub/${n}`);
const stories: Story[] = [
  { name: 'a busy account, ten events a record', endpoints: 1, rounds: Array.from({ length: 10 }, () => RECORDS) },
  { name: 'the same, ids chosen', endpoints: 1, rounds: Array.from({ length: 10 }, () => RECORDS), isIdChosen: true },
  {
    name: 'a busy account, one event a record',
    endpoints: 1,
    rounds: Array.from({ length: 10 }, (_, round) => RECORDS.map((record) => `${record}/${round}`)),
  },
  { name: 'one hot record', endpoints: 1, rounds: Array.from({ length: 10 }, () => RECORDS.map(() => 'hot')) },
  { name: 'lone events', endpoints: 1, rounds: RECORDS.map((record) => [record]) },
  { name: '1,000 endpoints, each delivery', endpoints: 1_000, rounds: [['wide'], ['wide']] },
];

/**
 * Dollars for a million, and how many of it are billed for each counted thing (list prices of
 * November 2026).
 */
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

/** Waits until the log says that so many deliveries are delivered. */
async function logged(account: string, deliveries: number): Promise<void> {
  await vi.waitFor(
    async () => {
      const row = await env.LOG_DB.prepare(
        `SELECT COUNT(*) AS n FROM deliveries WHERE account = ? AND status = 'delivered'`,
      )
        .bind(account)
        .first<{ n: number }>();
      expect(row?.n).toBe(deliveries);
    },
    { timeout: 90_000, interval: 50 },
  );
}

type Line = [what: string, count: number, price: number];

function print(head: string, lines: Line[]): number {
  const total = lines.reduce((sum, [, count, price]) => sum + count * price, 0);
  const rows = lines.map(([what, count, price]) => {
    const amount = count >= 100 ? Math.round(count).toString() : count.toFixed(2);
    return `| ${what} | ${amount} | $${price < 0.01 ? price.toFixed(5) : price.toFixed(2)} | $${(count * price).toFixed(2)} |`;
  });
  const table = [`| ${head} | each | a million units | a million |`, '|---|---|---|---|', ...rows];
  process.stdout.write(`\n${[...table, `| **total** | | | **$${total.toFixed(2)}** |`].join('\n')}\n`);
  return total;
}

/** What was counted since `before`, for each of so many. */
function countedSince(before: typeof counts, deliveries: number): typeof counts {
  return Object.fromEntries(
    Object.entries(counts).map(([unit, n]) => [unit, (n - before[unit as keyof typeof before]) / deliveries]),
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

async function createEndpoint(account: string, n: number): Promise<void> {
  const made = await call('POST', `/v1/accounts/${account}/endpoints`, { url: `https://cost.example.com/${n}` });
  expect(made.status).toBe(201);
}

async function publish(account: string, story: Story): Promise<void> {
  let version = 0;
  let deliveries = 0;
  for (const round of story.rounds) {
    version += 1;
    const answers = await Promise.all(
      round.map((record, n) => {
        const id = story.isIdChosen ? { id: `chosen-${version}-${n}` } : {};
        const body = { ...id, type: 'plan.updated', record, data: { plan: 'pro', seats: version } };
        return call('POST', `/v1/accounts/${account}/events`, body);
      }),
    );
    expect(answers.filter(({ status }) => status !== 202)).toEqual([]);
    deliveries += round.length * story.endpoints;
    await logged(account, WARM_UP + deliveries);
  }
}

const totals: [story: string, untilLogged: number, added: number, bytesLeft: number][] = [];
let isCounting = false;
afterEach(() => vi.useRealTimers());
afterAll(() => {
  const rows = totals.map(
    ([story, until, added, left]) =>
      `| ${story} | $${until.toFixed(2)} | $${added.toFixed(2)} | **$${(until + added).toFixed(2)}** | ${Math.round(left)} |`,
  );
  process.stdout.write(
    `\n| story | until logged | retention and storage | all in, a million | bytes that stay in Shards |\n|---|---|---|---|---|\n${rows.join('\n')}\n`,
  );
});

test.each(stories)('$name', async (story) => {
  const account = await newAccount();
  await createEndpoint(account, 0);
  for (let n = 0; n < WARM_UP; n += 1) {
    await call('POST', `/v1/accounts/${account}/events`, { type: 'plan.updated', record: `warm/${n}`, data: {} });
  }
  await logged(account, WARM_UP);
  for (let n = 1; n < story.endpoints; n += 1) await createEndpoint(account, n);
  const empty = { shard: await shardBytes(account), log: await logBytes() };
  if (!isCounting) await startCounting(await shardOf(account, 'warm-up'), { Shard, Account, Gate });
  isCounting = true;
  const before = { ...counts };
  await publish(account, story);

  const events = story.rounds.reduce((sum, round) => sum + round.length, 0);
  const deliveries = events * story.endpoints;
  const share = events / deliveries;
  const per = countedSince(before, deliveries);
  const untilLogged = print(story.name, [
    ['Worker request', share, WORKER_REQUESTS],
    ['Worker CPU (3 ms, assumed)', share, CPU],
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
  const stored = {
    shard: ((await shardBytes(account)) - empty.shard) / deliveries,
    log: ((await logBytes()) - empty.log) / deliveries,
  };
  const emptied = await retain(account, deliveries);
  const left = (await shardBytes(account)) / deliveries;
  const added = print('its retention and storage', [
    ['Shard rows deleted, and what stays of the records', emptied.shardRows, ROWS],
    ['alarms set or deleted', emptied.alarms, ROWS],
    ['Shard alarms run', emptied.shardCalls, OBJECT_REQUESTS],
    ['Account calls', emptied.accountCalls, OBJECT_REQUESTS],
    ['D1 rows deleted', emptied.d1Rows, ROWS],
    [`bytes in a Shard, ${SHARD_MONTHS.toFixed(1)} months`, stored.shard * SHARD_MONTHS, OBJECT_STORAGE],
    [`bytes in D1, ${LOG_MONTHS.toFixed(1)} months`, stored.log * LOG_MONTHS, DATABASE_STORAGE],
  ]);
  totals.push([story.name, untilLogged, added, left]);
});

/** Its Shards and the log after 34 days: what that counted, for each delivery. */
async function retain(account: string, deliveries: number): Promise<typeof counts> {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 34 * DAY_MS });
  const before = { ...counts };
  for (const stub of await shardsIn(account)) {
    // As the platform does it; runDurableObjectAlarm() would delete the alarm first, and be
    // counted.
    const hasRun = await runInDurableObject(stub, async (instance, { storage }) => {
      const scheduledTime = await storage.getAlarm();
      // A Shard that no record of the story chose.
      if (scheduledTime === null) return false;
      if (!(instance instanceof Shard)) throw new Error('no Shard');
      await instance.alarm({ scheduledTime, retryCount: 0, isRetry: false });
      return true;
    });
    if (!hasRun) continue;
    await soon(async () => {
      const events = await runInDurableObject(stub, (_, { storage }) =>
        storage.sql.exec('SELECT 1 FROM event').toArray(),
      );
      expect(events).toEqual([]);
    });
  }
  await retention.run(env, Date.now());
  // The events of the warm-up go too.
  return countedSince(before, deliveries + WARM_UP);
}
