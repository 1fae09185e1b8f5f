/**
 * What a page costs that watches one record for an hour (L1): idle, and with ten changes of the
 * record. Counted by the code that runs: how often the object of the live connections wakes, what
 * it asks of the Shard, and rows. `npm run bench:cost`
 *
 * A wake is billed until the object hibernates, 10 s after it was last busy. Pings are answered by
 * the platform and wake nobody.
 */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, expect, test, vi } from 'vitest';
import { HOUR_MS } from '../../../src/core/limits.ts';
import { liveStub } from '../../../src/lookup/stubs.ts';
import { call, newAccount } from '../../support/api.ts';
import { type Watcher, watch } from '../../support/live.ts';
import { shardOf } from '../../support/shards.ts';
import { soon } from '../../support/soon.ts';
import { Live, Shard } from '../../../src/index.ts';

const RECORD = 'deal/7';
const CHANGES = 10;
const PINGS = 120;
/** List prices of November 2026, in dollars for a million. */
const REQUESTS = 0.15;
const ROWS = 1;
const GB_SECONDS = 12.5;
const GB = 0.128;
const AWAKE_SECONDS = 10;

const counts = { liveCalls: 0, shardViews: 0 };
wrap(Live.prototype, ['changed', 'settingsChanged', 'alarm', 'webSocketMessage'], 'liveCalls');
wrap(Shard.prototype, ['view'], 'shardViews');

function wrap(prototype: object, names: string[], unit: keyof typeof counts): void {
  const methods = prototype as Record<string, (...args: unknown[]) => unknown>;
  for (const name of names) {
    const method = methods[name];
    if (method === undefined) throw new Error(`there is no method ${name} to count`);
    methods[name] = function (this: unknown, ...args: unknown[]) {
      counts[unit] += 1;
      return method.apply(this, args);
    };
  }
}

afterEach(() => vi.useRealTimers());

test.each([0, CHANGES])('an hour with %i changes', async (changes) => {
  const account = await newAccount();
  await call('POST', `/v1/accounts/${account}/endpoints`, { url: `https://watched.example.com/${changes}` });
  const publish = () => call('POST', `/v1/accounts/${account}/events`, { type: 'deal.won', record: RECORD, data: {} });
  await publish();
  const live = liveStub(env, { account });
  const shard = await shardOf(account, RECORD);
  const watcher = await watch(`/v1/accounts/${account}/records/${encodeURIComponent(RECORD)}/live`);
  await watcher.shows('delivered');
  for (let n = 0; n < PINGS; n += 1) watcher.ping();
  await soon(() => expect(watcher.pongs).toBe(PINGS));

  await pingsMoveWithOurClock(live);
  const before = { ...counts };
  let wakes = 0;
  const endMs = Date.now() + HOUR_MS;
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  for (let change = 0; change < changes; change += 1) {
    await asleep(live, shard);
    const seen = watcher.messages.length;
    await publish();
    await isShown(watcher, seen);
    wakes += 1;
  }
  for (;;) {
    await asleep(live, shard);
    const atMs = await runInDurableObject(live, (_, { storage }) => storage.getAlarm());
    if (atMs === null || atMs > endMs) break;
    vi.setSystemTime(Math.max(atMs, Date.now()));
    await runDurableObjectAlarm(live);
    wakes += 1;
  }
  const calls = counts.liveCalls - before.liveCalls;
  const views = counts.shardViews - before.shardViews;
  const lines: [what: string, count: number, price: number][] = [
    ['calls of the live object (alarms among them)', calls, REQUESTS],
    ['views asked of Shards', views, REQUESTS],
    ['alarms armed', wakes, ROWS],
    [`GB-s (${wakes} wakes of ${AWAKE_SECONDS} s)`, wakes * AWAKE_SECONDS * GB, GB_SECONDS],
    ['the connection', 1, REQUESTS],
  ];
  const total = lines.reduce((sum, [, count, price]) => sum + count * price, 0);
  const rows = lines.map(
    ([what, count, price]) => `| ${what} | ${count.toFixed(1)} | $${(count * price).toFixed(2)} |`,
  );
  process.stdout.write(
    `\n| a million hours of one page, ${changes} changes each | in an hour | a million |\n|---|---|---|\n${rows.join('\n')}\n| **total** | | **$${total.toFixed(2)}** |\n`,
  );
  expect(watcher.closed).toBeNull();
  watcher.socket.close();
});

/**
 * A page pings each 30 s, and who is silent for two minutes is gone: but the platform's clock does
 * not move with ours.
 */
async function pingsMoveWithOurClock(live: DurableObjectStub): Promise<void> {
  await runInDurableObject(live, (_, state) => {
    const context = Object.getPrototypeOf(state) as DurableObjectState;
    context.getWebSocketAutoResponseTimestamp = () => new Date(Date.now());
  });
}

/** Whichever of them is awake. */
async function asleep(...objects: DurableObjectStub[]): Promise<void> {
  for (const object of objects) await evictDurableObject(object).catch(() => undefined);
}

function isShown(watcher: Watcher, seen: number): Promise<void> {
  return soon(() => {
    const isThere = watcher.messages.slice(seen).some(({ status }) => status?.status === 'delivered');
    if (!isThere) throw new Error('the change is not shown yet');
  });
}
