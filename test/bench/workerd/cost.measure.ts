/**
 * What one event costs (Q4): one endpoint, first try, ten events a record, counted by the code that runs and priced per million.
 * `npm run bench:cost`
 */
import { env } from 'cloudflare:workers';
import { expect, test, vi } from 'vitest';
import { Account, Gate, Record as RecordObject } from '../../../src/index.ts';
import { recordName } from '../../../src/core/ids.ts';
import { recordAddress } from '../../../src/delivery/address.ts';
import { call, newAccount } from '../../support/api.ts';
import { counts, startCounting } from './meter.ts';

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

test('the cost of an event', async () => {
  const account = await newAccount();
  const created = await call('POST', `/v1/accounts/${account}/endpoints`, { url: 'https://cost.example.com/' });
  const warm = env.RECORD.getByName(recordName(await recordAddress({ account }, 'warm-up')));
  await startCounting(warm, { Record: RecordObject, Account, Gate });
  const before = { ...counts };
  // One event of every record, then the next of every record: the events of a record are seconds apart, as most are.
  for (let n = 0; n < EVENTS_PER_RECORD; n += 1) {
    for (let record = 0; record < RECORDS; record += 1) {
      const body = { type: 'plan.updated', record: `sub/${record}`, version: n, data: { plan: 'pro', seats: n } };
      const answer = await call('POST', `/v1/accounts/${account}/events`, body);
      expect(answer.status).toBe(202);
    }
    await vi.waitFor(() => expect(counts.recordCalls).toBeGreaterThanOrEqual((n + 1) * RECORDS * 2), {
      timeout: 30_000,
      interval: 100,
    });
  }
  await allLogged(account, created.body.id);
  await vi.waitFor(() => expect(counts.alarms).toBeGreaterThanOrEqual(EVENTS), { timeout: 10_000, interval: 100 });

  const per = Object.fromEntries(
    Object.entries(counts).map(([unit, n]) => [unit, (n - before[unit as keyof typeof before]) / EVENTS]),
  ) as typeof counts;
  const lines: [string, number, number][] = [
    ['Worker request', 1, WORKER_REQUESTS],
    ['Worker CPU (3 ms, assumed)', 1, CPU],
    ['Record rows written, tables included', per.recordRows, ROWS],
    ['alarms set or deleted', per.alarms, ROWS],
    ['Record calls and alarms run', per.recordCalls, OBJECT_REQUESTS],
    ['Record duration (receiver 0.1 s)', 1, DURATION],
    ['Account calls', per.accountCalls, OBJECT_REQUESTS],
    ['Gate calls', per.gateCalls, OBJECT_REQUESTS],
    ['other objects: rows written', per.otherObjectRows, ROWS],
    ['LOG messages', per.logMessages, QUEUE_OPERATIONS * OPERATIONS_PER_MESSAGE],
    ['FANOUT messages', per.fanoutMessages, QUEUE_OPERATIONS * OPERATIONS_PER_MESSAGE],
    ['D1 rows written', per.d1Rows, ROWS],
  ];
  const total = lines.reduce((sum, [, count, price]) => sum + count * price, 0);
  const table = lines.map(
    ([what, count, price]) =>
      `| ${what} | ${count.toFixed(2)} | $${price.toFixed(2)} | $${(count * price).toFixed(2)} |`,
  );
  const head = ['| unit | per event | a million units | a million events |', '|---|---|---|---|'];
  process.stdout.write(`\n${[...head, ...table, `| **total** | | | **$${total.toFixed(2)}** |`].join('\n')}\n`);
});
