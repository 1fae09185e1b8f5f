/**
 * V5 and V7: overviews and `/metrics`, against what receivers saw; and that their queries read
 * ranges of keys.
 */
import { env } from 'cloudflare:workers';
import type { SQL } from 'drizzle-orm';
import { SQLiteSyncDialect } from 'drizzle-orm/sqlite-core';
import { beforeEach, expect, test } from 'vitest';
import { overviewsAfter } from '../../src/http/overview.ts';
import { endpointAttempts, waitingFor } from '../../src/store/log/endpoint-health.ts';
import { hourQuery, rolledAttempts } from '../../src/store/log/hours.ts';
import { writeLog } from '../../src/store/log/log-write.ts';
import { metricsQuery, openCountQuery } from '../../src/store/log/metrics.ts';
import { accountOverviews, activeAccounts, openQuery, rolledQuery, triedQuery } from '../../src/store/log/overview.ts';
import { trafficQuery } from '../../src/store/log/traffic.ts';
import { call, newAccount } from '../support/api.ts';
import { ACCEPTED_MS, aDelivery, aMessage, anAttempt, anEntry } from '../support/log.ts';
import { parsePrometheus } from '../support/prometheus.ts';
import { answers, arrival } from '../support/receiver.ts';
import { soon } from '../support/soon.ts';

beforeEach(async () => {
  await env.LOG_DB.batch(
    ['deliveries', 'attempts', 'events'].map((table) => env.LOG_DB.prepare(`DELETE FROM ${table}`)),
  );
});

async function traffic() {
  const account = await newAccount();
  const made: Record<string, string> = {};
  for (const [name, mood] of [
    ['fine', { status: 200 }],
    ['broken', { status: 503 }],
    ['hung', 'hang'],
    ['picky', { status: 404 }],
  ] as const) {
    const url = `https://${account.replace('_', '-')}.overview.example.com/${name}`;
    await answers(url, mood);
    const given = { url, description: name, eventTypes: name === 'fine' ? [] : ['plan.updated'], timeoutMs: 1_000 };
    made[name] = (await call('POST', `/v1/accounts/${account}/endpoints`, given)).body.id;
  }
  for (const record of ['a', 'b', 'c']) {
    await call('POST', `/v1/accounts/${account}/events`, { type: 'plan.updated', record, data: {} });
  }
  await call('POST', `/v1/accounts/${account}/events`, { type: 'other', record: 'd', data: {} });
  const seen = await arrival(`https://${account.replace('_', '-')}.overview.example.com/`, 13);
  return { account, made, seen };
}

test('an account: failures by endpoint and code, what waits and grows, whom nothing reaches; the operator sees the same', async () => {
  const { account, made, seen } = await traffic();
  const sentTo = (name: string) => seen.filter(({ url }) => url.endsWith(`/${name}`)).length;
  expect([sentTo('fine'), sentTo('broken'), sentTo('hung'), sentTo('picky')]).toEqual([4, 3, 3, 3]);
  const overview = await soon(async () => {
    const { body } = await call('GET', `/v1/accounts/${account}/overview`);
    expect(body.failures.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).toBe(9);
    expect(body.backlogs).toHaveLength(2);
    return body;
  });
  const shape = overview.failures.map((one: Record<string, unknown>) => [
    one['endpoint'],
    one['statusCode'],
    one['count'],
  ]);
  expect(shape).toHaveLength(3);
  expect(shape).toEqual(
    expect.arrayContaining([
      [made['broken'], 503, 3],
      [made['hung'], null, 3],
      [made['picky'], 404, 3],
    ]),
  );
  expect(overview).toMatchObject({ account, isComplete: true, since: overview.from });
  expect(overview.backlogs).toEqual(
    expect.arrayContaining(
      [made['broken'], made['hung']].map((endpoint) =>
        expect.objectContaining({ endpoint, waiting: 3, growth: 3, isGrowing: true }),
      ),
    ),
  );
  const silent: string[] = overview.noRecentSuccess.map(({ endpoint }: { endpoint: string }) => endpoint);
  expect(new Set(silent)).toEqual(new Set([made['broken'], made['hung'], made['picky']]));
  // Nobody expects what is disabled to take anything.
  await call('PATCH', `/v1/accounts/${account}/endpoints/${made['hung']}`, { status: 'disabled' });
  const { body: without } = await call('GET', `/v1/accounts/${account}/overview`);
  expect([without.backlogs.length, without.noRecentSuccess.length]).toEqual([1, 2]);
  const all = (await call('GET', '/v1/overview?minutes=60')).body;
  expect(all).toMatchObject({ isComplete: true, next: null, accountsRead: 1 });
  expect(all.failures).toEqual(overview.failures);

  // A window before it all happened.
  const before = `from=2026-01-01T00:00:00Z&to=2026-01-01T01:00:00Z`;
  expect((await call('GET', `/v1/accounts/${account}/overview?${before}`)).body).toMatchObject({ failures: [] });
  for (const bad of ['minutes=0', 'minutes=1441', `minutes=5&${before}`, 'from=2026-01-01T00:00:00Z', 'from=x']) {
    expect((await call('GET', `/v1/accounts/${account}/overview?${bad}`)).status, bad).toBe(400);
  }
  expect((await call('GET', '/v1/accounts/nobody/overview')).body.code).toBe('unknown-account');
});

test('/metrics: what the receivers saw, in text that a strict reader takes, for a key only', async () => {
  await traffic();
  const read = async () => parsePrometheus((await call('GET', '/metrics')).text);
  const metrics = await soon(async () => {
    const now = await read();
    expect(now.get('tubepost_attempts_by_latency_window')?.samples.get('{le="+Inf"}')).toBe(13);
    expect(now.get('tubepost_open_deliveries')?.samples.get('')).toBe(6);
    // What the account of the test before had cancelled may be told late.
    const { results } = await env.LOG_DB.prepare('SELECT DISTINCT account FROM deliveries').all();
    expect(now.get('tubepost_accounts_read')?.samples.get('')).toBe(results.length);
    return now;
  });
  const of = (name: string) => Object.fromEntries(metrics.get(`tubepost_${name}`)?.samples ?? []);
  expect(of('attempts_window')).toMatchObject({
    '{outcome="delivered",code_class="2xx"}': 4,
    '{outcome="http-5xx",code_class="5xx"}': 3,
    '{outcome="http-4xx",code_class="4xx"}': 3,
    '{outcome="timeout",code_class="none"}': 3,
  });
  expect(of('deliveries_window')).toMatchObject({
    '{status="delivered"}': 4,
    '{status="dead"}': 3,
    '{status="retrying"}': 6,
  });
  expect([of('dead_letters_window')[''], of('metrics_complete')['']]).toEqual([3, 1]);
  expect(of('endpoints')['{status="enabled"}']).toBeGreaterThanOrEqual(4);
  expect(of('oldest_open_delivery_seconds')['']).toBeLessThan(60);
  const buckets = Object.entries(of('attempts_by_latency_window'));
  const counts = buckets.map(([, n]) => n);
  expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  expect(buckets.at(-1)).toEqual(['{le="+Inf"}', 13]);

  const answer = await call('GET', '/metrics');
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect((await call('GET', '/metrics', undefined, { authorization: 'Bearer wrong' })).status).toBe(401);
});

test('all accounts, some at a time: each once, those without news passed over, and it says where it stopped', async () => {
  const at = ACCEPTED_MS;
  const failed = anAttempt({ statusCode: 500, error: { kind: 'http-5xx', message: 'x' } });
  const accounts = Array.from({ length: 7 }, (_, n) => `many-${n}`);
  await writeLog(
    env.LOG_DB,
    accounts.flatMap((account) => [
      aMessage(account, [anEntry({}, aDelivery({ status: account === 'many-3' ? 'delivered' : 'dead' }), [failed])]),
    ]),
  );
  // Long before the window, and delivered.
  await writeLog(env.LOG_DB, [aMessage('many-2a', [anEntry({ acceptedAtMs: at - 9_000_000 }, aDelivery(), [])])]);
  const span = { fromMs: at - 60_000, toMs: at + 60_000 };
  const found: string[] = [];
  let after: string | null = '';
  let calls = 0;
  while (after !== null) {
    const page: Awaited<ReturnType<typeof overviewsAfter>> = await overviewsAfter(env.LOG_DB, span, after, null, {
      accounts: 3,
      rows: 1_000,
    });
    found.push(...page.seen.map(({ account }) => account));
    after = page.next;
    calls += 1;
  }
  expect([found, calls]).toEqual([accounts, 3]);
  const cut = await accountOverviews(env.LOG_DB, [{ account: 'many-1', ...span, rows: 10, there: null }], {
    groups: 0,
    open: 10,
  });
  expect(cut[0]?.isComplete).toBe(false);
});

test('traffic by the minute is what receivers saw, of one account and of all', async () => {
  const { account, made } = await traffic();
  const sum = (data: Record<string, number>[], name: string) => data.reduce((all, one) => all + (one[name] ?? 0), 0);
  const own = await soon(async () => {
    const { body } = await call('GET', `/v1/accounts/${account}/traffic?minutes=5`);
    expect(sum(body.data, 'attempts')).toBeGreaterThanOrEqual(13);
    return body;
  });
  expect(own.data).toHaveLength(5);
  expect([sum(own.data, 'succeeded'), own.isComplete, own.since]).toEqual([4, true, own.data[0].minute]);
  const last = own.data.findLast(({ attempts }: { attempts: number }) => attempts > 0);
  expect(last.latencyMs.p99).toBeGreaterThanOrEqual(last.latencyMs.p50);
  const all = (await call('GET', '/v1/traffic')).body;
  expect(all.data).toHaveLength(60);
  expect(sum(all.data, 'failed')).toBeGreaterThanOrEqual(sum(own.data, 'failed'));
  expect((await call('GET', '/v1/traffic?minutes=61')).status).toBe(400);
  await call('PATCH', `/v1/accounts/${account}/endpoints/${made['hung']}`, { status: 'disabled' });
});

test('no query reads the log but by ranges of its keys', async () => {
  const window = { account: 'acme', fromMs: 1, toMs: 2, rows: 3 };
  const bounds = { groups: 5, open: 6 };
  for (const query of [
    triedQuery(window, 1, bounds),
    trafficQuery(window),
    rolledQuery(window, 1, bounds),
    hourQuery(window),
    openQuery(window, bounds),
    metricsQuery(window),
    openCountQuery(window),
  ]) {
    await expectNoScan(query);
  }
  // What runs its own statement is caught on its way to the database.
  const caught: [string, unknown[]][] = [];
  const spy = {
    prepare: (text: string) => ({
      bind: (...values: unknown[]) => {
        caught.push([text, values]);
        return env.LOG_DB.prepare(text).bind(...values);
      },
    }),
  } as unknown as D1Database;
  await activeAccounts(spy, { fromMs: 1, toMs: 2, after: '', most: 5 });
  await endpointAttempts(spy, window, 'ep_a', 1);
  await waitingFor(spy, 'acme', 'ep_a', null);
  await rolledAttempts(spy, 'acme', 'ep_a', { fromMs: 0, toMs: 7_200_000 });
  expect(caught).toHaveLength(4);
  for (const [text, values] of caught) await expectPlan(text, values);
});

async function expectNoScan(query: SQL): Promise<void> {
  const { sql, params } = new SQLiteSyncDialect().sqlToQuery(query);
  await expectPlan(sql, params);
}

async function expectPlan(text: string, params: unknown[]): Promise<void> {
  const { results } = await env.LOG_DB.prepare(`EXPLAIN QUERY PLAN ${text}`)
    .bind(...params)
    .all<{ detail: string }>();
  const plan = results.map(({ detail }) => detail);
  expect(
    plan.some((step) => /^SEARCH (deliveries|attempts|hours)/.test(step)),
    plan.join('\n'),
  ).toBe(true);
  expect(plan.filter((step) => /^SCAN (deliveries|attempts|hours)\b/.test(step))).toEqual([]);
}
