/** A1, A2: real traffic opens and resolves alerts; they go out as signed events, and never about their own failure. */
import { env } from 'cloudflare:workers';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { alertsTask } from '../../src/schedule/alerts.ts';
import { gateStub } from '../../src/stubs.ts';
import { call, newAccount } from '../support/api.ts';
import { answers, requests } from '../support/receiver.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const OPS = 'operators';
const ops = 'https://ops.alerts.example.com';
let account: string;
let host: string;

// One clock for the whole file, which only goes forward.
beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  await call('PUT', `/v1/accounts/${OPS}`, {});
});
afterAll(() => void vi.useRealTimers());

beforeEach(async () => {
  // Nothing of the test before is left in the window.
  vi.setSystemTime(Date.now() + 31 * MINUTE_MS);
  account = await newAccount();
  host = `https://${account.replace('_', '-')}.alerts.example.com`;
  await inLists(`SELECT account FROM accounts WHERE account = '${account}'`);
});

function soon<T>(check: () => Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 10_000, interval: 50 });
}

/** Projections are written a moment after what they show. */
function inLists(query: string, database = env.CONFIG): Promise<void> {
  return soon(async () => expect((await database.prepare(query).all()).results).not.toEqual([]));
}

async function endpoint(
  name: string,
  settings: object = {},
  of = account,
  at = host,
): Promise<{ id: string; secret: string }> {
  const made = await call('POST', `/v1/accounts/${of}/endpoints`, { url: `${at}/${name}`, ...settings });
  expect(made.status, made.text).toBe(201);
  await inLists(`SELECT id FROM endpoints WHERE id = '${made.body.id}'`);
  return { id: made.body.id, secret: made.body.secrets?.[0]?.secret ?? made.body.secret };
}

async function publish(record: string, of = account) {
  const { body, status, text } = await call('POST', `/v1/accounts/${of}/events`, {
    type: 'plan.updated',
    record,
    data: {},
  });
  expect(status, text).toBe(202);
  return body;
}

/** Publishes, each to a record of its own, and waits until the log says so of all of them. */
async function published(count: number, status: string, of = account): Promise<void> {
  const start = Date.now();
  for (let n = 0; n < count; n += 1) await publish(`r/${start}/${n}`, of);
  await soon(async () => {
    const { results } = await env.LOG_DB.prepare(
      'SELECT id FROM deliveries WHERE account = ? AND status = ? AND attempts > 0',
    )
      .bind(of, status)
      .all();
    expect(results.length).toBeGreaterThanOrEqual(count);
  });
}

function run(): Promise<void> {
  return alertsTask.run({ ...env, ALERT_ACCOUNT: OPS }, Date.now());
}

async function after(ms: number): Promise<void> {
  vi.setSystemTime(Date.now() + ms);
  await run();
}

async function alerts(
  query = '',
): Promise<{ id: string; rule: string; endpoint: string; status: string; value: number }[]> {
  const { body, status, text } = await call('GET', `/v1/accounts/${account}/alerts?limit=200${query}`);
  expect(status, text).toBe(200);
  return body.data;
}

async function open(): Promise<string[]> {
  return (await alerts('&status=open')).map(({ rule }) => rule).sort();
}

describe('real traffic', () => {
  test('dead letters open one alert, a second run repeats nothing, and it resolves once the window is over', async () => {
    const { id } = await endpoint('crm');
    await answers(`${host}/crm`, { status: 400 });
    await published(1, 'dead');
    await Promise.all([run(), run()]);
    await after(MINUTE_MS);
    expect(await alerts()).toEqual([
      expect.objectContaining({ rule: 'dead-letter', endpoint: id, status: 'open', value: 1, threshold: 1 }),
    ]);
    await after(16 * MINUTE_MS);
    expect(await open()).toEqual(['dead-letter']);
    await after(5 * MINUTE_MS);
    await after(MINUTE_MS);
    expect(await alerts()).toEqual([expect.objectContaining({ rule: 'dead-letter', status: 'resolved' })]);
  });

  test('failures over the rate open an alert, whose threshold can be set', async () => {
    const set = await call('PUT', '/v1/alert-rules', { rules: { 'failure-rate': { threshold: 40, minimum: 4 } } });
    expect(set.body.rules['failure-rate']).toMatchObject({ enabled: true, threshold: 40, minimum: 4 });
    await endpoint('crm');
    await published(2, 'delivered');
    await run();
    expect(await open()).toEqual([]);
    await answers(`${host}/crm`, { status: 400 });
    await published(2, 'dead');
    await run();
    const [alert] = await alerts('&rule=failure-rate');
    expect(alert).toMatchObject({ value: 50, threshold: 40, status: 'open' });
    await call('PUT', '/v1/alert-rules', { rules: { 'failure-rate': { threshold: 1, minimum: 100 } } });
    await after(20 * MINUTE_MS);
    await after(6 * MINUTE_MS);
    expect(await open()).toEqual([]);
  });

  test('what waits too long at an open circuit is told of, and both end with the recovery', async () => {
    const { id } = await endpoint('crm');
    await answers(`${host}/crm`, { status: 503 });
    await published(12, 'retrying');
    await soon(async () => expect((await gateOf(id)).circuit).toBe('open'));
    await run();
    expect(await open()).toContain('endpoint-no-success');
    await after(2 * MINUTE_MS);
    expect(await open()).toContain('circuit-open');
    expect(await open()).not.toContain('oldest-waiting');
    await after(60 * MINUTE_MS);
    expect(await open()).toEqual(['circuit-open', 'endpoint-no-success', 'oldest-waiting']);
    await call('DELETE', `/v1/accounts/${account}/endpoints/${id}`);
    await inLists(`SELECT id FROM endpoints WHERE id = '${id}' AND removed = 1`);
    await after(MINUTE_MS);
    await after(6 * MINUTE_MS);
    expect(await open()).toEqual([]);
  });

  test('an endpoint that is disabled, and a secret that is old, open alerts until they are mended', async () => {
    const { id } = await endpoint('crm');
    const path = `/v1/accounts/${account}/endpoints/${id}`;
    await call('PATCH', path, { status: 'disabled', statusReason: 'on leave' });
    await inLists(`SELECT id FROM endpoints WHERE id = '${id}' AND status = 'disabled'`);
    await run();
    expect(await alerts()).toEqual([
      expect.objectContaining({ rule: 'endpoint-disabled', detail: 'the endpoint is disabled: on leave' }),
    ]);
    await call('PATCH', path, { status: 'enabled' });
    await inLists(`SELECT id FROM endpoints WHERE id = '${id}' AND status = 'enabled'`);
    await after(91 * DAY_MS);
    await after(6 * MINUTE_MS);
    expect(await open()).toEqual(['secret-age']);
    expect((await call('POST', `${path}/secrets/rotate`, {})).status).toBeLessThan(300);
    await inLists(`SELECT id FROM endpoints WHERE id = '${id}' AND secret_since_ms > ${Date.now() - DAY_MS}`);
    await after(MINUTE_MS);
    await after(6 * MINUTE_MS);
    expect(await open()).toEqual([]);
  });
});

describe('an alert is told', () => {
  test('signed, in order, to the operator and to who asked for it by name, and once although a run died', async () => {
    const operator = await endpoint('told', {}, OPS, ops);
    const failing = await endpoint('crm', { eventTypes: ['plan.*'] });
    await endpoint('all');
    await endpoint('asked', { eventTypes: ['tubepost.alert.*'] });
    await answers(`${host}/crm`, { status: 400 });
    await published(1, 'dead');
    await run();
    const [alert] = await alerts();
    // As a run that died between the acceptance and its note of it.
    await env.CONFIG.prepare('UPDATE alerts SET told_revision = 0').run();
    await after(MINUTE_MS);
    await after(16 * MINUTE_MS);
    await after(6 * MINUTE_MS);
    const ofThis = async (url: string) => (await requests(url)).filter(({ body }) => body.includes(failing.id));
    const told = await soon(async () => {
      const got = await ofThis(`${ops}/told`);
      const once = [...new Map(got.map((one) => [one.headers['webhook-id'], one])).values()];
      expect(once).toHaveLength(2);
      return once;
    });
    const bodies = told.map(({ body }) => JSON.parse(body));
    expect(bodies.map(({ type }) => type)).toEqual(['tubepost.alert.opened', 'tubepost.alert.resolved']);
    expect(bodies[0]).toMatchObject({
      record: `alert/${alert?.id}`,
      sequence: 1,
      data: { text: expect.stringContaining('dead-letter opened'), alert: { id: alert?.id, endpoint: failing.id } },
    });
    for (const { headers, body } of told) new Webhook(operator.secret).verify(body, headers);
    await soon(async () => expect((await ofThis(`${host}/asked`)).length).toBeGreaterThanOrEqual(2));
    expect((await requests(`${host}/all`)).map(({ body }) => JSON.parse(body).type)).toEqual(['plan.updated']);
  });

  test('a failing alert endpoint makes no loop: its own alerts are listed and sent to nobody', async () => {
    await endpoint('broken', {}, OPS, ops);
    await answers(`${ops}/broken`, { status: 400 });
    const own = await endpoint('own', { eventTypes: ['tubepost.alert.*', 'plan.*'] });
    await answers(`${host}/own`, { status: 400 });
    await published(1, 'dead');
    await run();
    await inLists(`SELECT id FROM deliveries WHERE account = '${OPS}' AND status = 'dead'`, env.LOG_DB);
    for (let n = 0; n < 4; n += 1) await after(MINUTE_MS);
    const listed = await call('GET', `/v1/alerts?account=${OPS}&rule=dead-letter&status=open`);
    expect(listed.body.data).toHaveLength(1);
    const got = (await requests(`${ops}/broken`)).map(({ body }) => JSON.parse(body).data.alert);
    expect(got.filter(({ endpoint: of }) => of === own.id)).toHaveLength(1);
    expect(got.filter(({ account: of }) => of === OPS)).toEqual([]);
    // Nor is an account's endpoint told of its own trouble.
    expect((await requests(`${host}/own`)).map(({ body }) => JSON.parse(body).type)).toEqual(['plan.updated']);
  });
});

describe('the API', () => {
  test('an alert is read and acknowledged once; what is not there is a 404, what breaks a rule a 400 that names it', async () => {
    const { id } = await endpoint('crm', { status: 'disabled' });
    await run();
    const [alert] = await alerts(`&endpoint=${id}`);
    const path = `/v1/alerts/${alert?.id}`;
    expect((await call('GET', path)).body).toMatchObject({ rule: 'endpoint-disabled', acknowledged: null });
    await call('POST', `${path}/acknowledge`, { note: 'looked at' });
    const again = await call('POST', `${path}/acknowledge`, { note: 'too late' });
    expect(again.body.acknowledged).toMatchObject({ by: 'operator', note: 'looked at' });
    expect((await call('GET', '/v1/alerts/alr_none')).body.code).toBe('unknown-alert');
    const refused = await call('PUT', '/v1/alert-rules', {
      rules: { 'dead-letter': { threshold: 0 }, 'secret-age': { minimum: 2 } },
    });
    expect(refused.status).toBe(400);
    expect(refused.body.errors.map(({ field }: { field: string }) => field)).toEqual([
      'rules.dead-letter.threshold',
      'rules.secret-age.minimum',
    ]);
  });

  test('pages of alerts name each once', async () => {
    for (const name of ['a', 'b', 'c']) await endpoint(name, { status: 'disabled' });
    await run();
    const first = await call('GET', `/v1/alerts?account=${account}&limit=2`);
    const second = await call('GET', `/v1/alerts?account=${account}&limit=2&cursor=${first.body.next}`);
    const ids = [...first.body.data, ...second.body.data].map(({ id }) => id);
    expect([ids.length, new Set(ids).size, second.body.next]).toEqual([3, 3, null]);
  });

  test('nobody else publishes alerts', async () => {
    const refused = await call('POST', `/v1/accounts/${account}/events`, { type: 'tubepost.alert.opened', data: {} });
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('reserved for alerts')]);
  });

  test('no query of a run scans a table of the log', async () => {
    const seen: string[] = [];
    const prepare = env.LOG_DB.prepare.bind(env.LOG_DB);
    const spied = { ...env, LOG_DB: { prepare: (text: string) => (seen.push(text), prepare(text)) } };
    await alertsTask.run(spied as unknown as typeof env, Date.now());
    expect(seen.length).toBeGreaterThanOrEqual(4);
    for (const text of seen) {
      const { results } = await env.LOG_DB.prepare(`EXPLAIN QUERY PLAN ${text}`)
        .bind(...Array.from({ length: text.split('?').length - 1 }, () => ''))
        .all<{ detail: string }>();
      const plan = results.map(({ detail }) => detail);
      expect(
        plan.filter((step) => /^SCAN (d|t|e|deliveries|attempts|endpoints)\b/.test(step)),
        text,
      ).toEqual([]);
    }
  });
});

test('beyond a thousand accounts the next run goes on behind them, and leaves the alerts of the others alone', async () => {
  const { id } = await endpoint('crm', { status: 'disabled' });
  await run();
  // They sort before the accounts of the tests.
  await env.CONFIG.exec(
    `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999) INSERT INTO accounts SELECT printf('a%04d', i), 1, '', 30, 30, 0 FROM n`,
  );
  const late = await endpoint('late', { status: 'disabled' });
  const isListed = async () => (await alerts('&status=open')).map(({ endpoint: of }) => of).sort();
  // The first thousand: nothing of this account is looked at, however long that takes.
  await run();
  expect(await isListed()).toEqual([id]);
  await run();
  expect(await isListed()).toEqual([id, late.id].sort());
  await after(6 * MINUTE_MS);
  await env.CONFIG.exec(`DELETE FROM accounts WHERE account < 'acc'`);
  await env.CONFIG.exec(`DELETE FROM endpoints WHERE id = '${id}'`);
  await run();
  await after(6 * MINUTE_MS);
  expect(await isListed()).toEqual([late.id]);
});

async function gateOf(id: string) {
  return gateStub(env, { account }, id).read();
}
