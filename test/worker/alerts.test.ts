/**
 * A1, A2: real traffic opens and resolves alerts; they go out as signed events, and never about
 * their own failure.
 */
import {
  createExecutionContext,
  createMessageBatch,
  evictDurableObject,
  getQueueResult,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { OBJECT_TRIES_MAX, SHARD_BYTES_MAX, STORAGE_LOOK_MS } from '../../src/core/limits.ts';
import worker from '../../src/index.ts';
import { alertsTask } from '../../src/schedule/alerts.ts';
import { writeFaults } from '../../src/store/config/faults.ts';
import { gateStub } from '../../src/lookup/stubs.ts';
import { call, newAccount } from '../support/api.ts';
import { answers, requests } from '../support/receiver.ts';
import { soon } from '../support/soon.ts';
import { shardOf } from '../support/shards.ts';

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

/**
 * Publishes, each to a record of its own, and waits until the log says so of all of them. Returns
 * the records.
 */
async function published(count: number, status: string, of = account): Promise<string[]> {
  const start = Date.now();
  const records = Array.from({ length: count }, (_, n) => `r/${start}/${n}`);
  for (const record of records) await publish(record, of);
  await soon(async () => {
    const { results } = await env.LOG_DB.prepare(
      'SELECT id FROM deliveries WHERE account = ? AND status = ? AND attempts > 0',
    )
      .bind(of, status)
      .all();
    expect(results.length).toBeGreaterThanOrEqual(count);
  });
  return records;
}

/** What is due in these records by the test's clock is tried, and the log has heard of it. */
async function tried(records: string[]): Promise<void> {
  const before = await attemptsLogged();
  for (const record of records) {
    await runDurableObjectAlarm(await shardOf(account, record));
  }
  await soon(async () => expect(await attemptsLogged()).toBe(before + records.length));
}

async function attemptsLogged(): Promise<number> {
  const query = env.LOG_DB.prepare('SELECT sum(attempts) AS n FROM deliveries WHERE account = ?');
  return (await query.bind(account).first<{ n: number }>())?.n ?? 0;
}

async function setRules(rules: object): Promise<void> {
  const { status, text } = await call('PUT', '/v1/alert-rules', { rules });
  expect(status, text).toBe(200);
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

describe('real traffic that is retried', () => {
  test('a growing backlog opens an alert, and resolves once it has drained', async () => {
    await setRules({ 'backlog-growing': { threshold: 3 } });
    const { id } = await endpoint('crm');
    await answers(`${host}/crm`, { status: 503 });
    const records = await published(3, 'retrying');
    await run();
    expect(await alerts('&rule=backlog-growing')).toEqual([
      expect.objectContaining({
        endpoint: id,
        status: 'open',
        value: 3,
        detail: '3 deliveries wait for a retry: 3 joined in 15 minutes, 0 left',
      }),
    ]);
    await answers(`${host}/crm`, { status: 200 });
    vi.setSystemTime(Date.now() + MINUTE_MS);
    await tried(records);
    await run();
    await after(4 * MINUTE_MS);
    expect(await open()).toContain('backlog-growing');
    await after(2 * MINUTE_MS);
    expect(await alerts('&rule=backlog-growing')).toEqual([expect.objectContaining({ status: 'resolved' })]);
    await setRules({ 'backlog-growing': { threshold: 100 } });
  });

  test('a spike of retries opens an alert about the account, and resolves once there are few again', async () => {
    await setRules({ 'retry-spike': { threshold: 3, minimum: 4 } });
    await endpoint('crm');
    await answers(`${host}/crm`, { status: 503 });
    const records = await published(2, 'retrying');
    vi.setSystemTime(Date.now() + MINUTE_MS);
    await tried(records);
    await run();
    // Two retries are too few to judge.
    expect(await open()).not.toContain('retry-spike');
    vi.setSystemTime(Date.now() + MINUTE_MS);
    await tried(records);
    await run();
    const spikes = () => alerts('&rule=retry-spike');
    expect(await spikes()).toEqual([
      expect.objectContaining({
        account,
        endpoint: null,
        value: 4,
        status: 'open',
        detail: '4 retries in 15 minutes, 0 in the 15 before',
      }),
    ]);
    await after(16 * MINUTE_MS);
    await after(6 * MINUTE_MS);
    expect(await spikes()).toEqual([expect.objectContaining({ status: 'resolved' })]);
    await setRules({ 'retry-spike': { threshold: 3, minimum: 50 } });
  });

  test('many accounts without success open one alert about all, and it resolves with them', async () => {
    await setRules({ 'accounts-no-success': { threshold: 2 }, 'endpoint-no-success': { threshold: 1 } });
    const accounts = [account, await newAccount()];
    for (const of of accounts) {
      await inLists(`SELECT account FROM accounts WHERE account = '${of}'`);
      await endpoint(`crm-${of}`, {}, of);
      await answers(`${host}/crm-${of}`, { status: 400 });
      await published(1, 'dead', of);
    }
    const ofAll = async () => (await call('GET', '/v1/alerts?rule=accounts-no-success&limit=200')).body.data;
    await run();
    await after(MINUTE_MS);
    expect(await ofAll()).toEqual([
      expect.objectContaining({ account: null, endpoint: null, value: 2, threshold: 2, status: 'open' }),
    ]);
    await after(16 * MINUTE_MS);
    await after(6 * MINUTE_MS);
    await after(6 * MINUTE_MS);
    expect(await ofAll()).toEqual([expect.objectContaining({ status: 'resolved' })]);
    await setRules({ 'accounts-no-success': { threshold: 3 }, 'endpoint-no-success': { threshold: 10 } });
  });
});

describe('what no row of the log shows', () => {
  const ofAll = async (rule: string) => (await call('GET', `/v1/alerts?rule=${rule}&limit=200`)).body.data;

  test('a queue message that nobody could take opens an alert about the whole service, and resolves after the window', async () => {
    const batch = createMessageBatch('tubepost-log-dead', [
      { id: 'poison-1', timestamp: new Date(), attempts: 1, body: { secret: 'payload' } },
    ]);
    const context = createExecutionContext();
    await worker.queue(batch, env, context);
    const { explicitAcks } = await getQueueResult(batch, context);
    expect(explicitAcks).toEqual(['poison-1']);
    await run();
    await after(MINUTE_MS);
    expect(await ofAll('poison-message')).toEqual([
      expect.objectContaining({
        account: null,
        value: 1,
        status: 'open',
        detail: '1 in 15 minutes; one of them: poison-1 of tubepost-log-dead',
      }),
    ]);
    await after(15 * MINUTE_MS);
    await after(6 * MINUTE_MS);
    expect(await ofAll('poison-message')).toEqual([expect.objectContaining({ status: 'resolved' })]);
  });

  test('a record whose storage is full answers 507 with the id, and opens an alert about its account', async () => {
    const stub = await shardOf(account, 'plan/full');
    const at = `/v1/accounts/${account}`;
    await call('POST', `${at}/endpoints`, { url: 'https://full.example.com/', eventTypes: ['plan.filled'] });
    const filled = { type: 'plan.filled', record: 'plan/full', data: {} };
    const { deliveries } = (await call('POST', `${at}/events`, filled)).body;
    const delivery = `${at}/deliveries/${deliveries[0].id}`;
    await soon(async () => expect((await call('GET', delivery)).body.endedAt).not.toBeNull());
    await runInDurableObject(stub, (_, state) => {
      const { sql } = state.storage;
      const full = { exec: sql.exec.bind(sql), databaseSize: SHARD_BYTES_MAX };
      Object.defineProperty(state.storage, 'sql', { configurable: true, value: full });
    });
    vi.setSystemTime(Date.now() + STORAGE_LOOK_MS);
    const event = { type: 'plan.updated', record: 'plan/full', data: {}, id: 'evt-late' };
    const refused = await call('POST', `/v1/accounts/${account}/events`, event);
    expect([refused.status, refused.body.code, refused.body.id]).toEqual([507, 'record-storage-full', 'evt-late']);
    expect(refused.body.errors).toEqual([
      { field: 'record', message: expect.stringContaining(`takes no event from ${SHARD_BYTES_MAX} on`) },
    ]);
    const replay = await call('POST', `${delivery}/replay`, { force: true });
    expect([replay.status, replay.body.code]).toEqual([507, 'record-storage-full']);
    await inLists(`SELECT subject FROM faults WHERE account = '${account}'`);
    await run();
    expect(await alerts('&rule=record-storage')).toEqual([
      expect.objectContaining({ account, endpoint: null, value: 1, status: 'open' }),
    ]);
    await evictDurableObject(stub);
    expect((await call('POST', `/v1/accounts/${account}/events`, event)).status).toBe(202);
    await after(16 * MINUTE_MS);
    await after(6 * MINUTE_MS);
    expect(await alerts('&rule=record-storage')).toEqual([expect.objectContaining({ status: 'resolved' })]);
  });

  test('a fault that lasts for a minute is written once', async () => {
    const seen = [{ kind: 'record-storage' as const, account, subject: 'k1', detail: 'full' }];
    const writtenAt = async () =>
      (await env.CONFIG.prepare('SELECT at_ms AS at FROM faults WHERE account = ?').bind(account).all()).results;
    await writeFaults(env.CONFIG, seen, 1_000_000);
    await writeFaults(env.CONFIG, seen, 1_059_999);
    expect(await writtenAt()).toEqual([{ at: 1_000_000 }]);
    await writeFaults(env.CONFIG, seen, 1_060_000);
    expect(await writtenAt()).toEqual([{ at: 1_060_000 }]);
  });
});

describe('an alert is sent', () => {
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

  test('in the form of Slack where it is asked for: the same bytes when it is sent again, signed, and visible', async () => {
    await answers(`${ops}/slack`, { status: 400, body: 'no_text' });
    const asking = { eventTypes: ['tubepost.alert.*'], payloadFormat: 'slack' };
    const slack = await endpoint('slack', asking, OPS, ops);
    await call('PUT', `/v1/accounts/${account}`, { name: 'Acme & <Sons>' });
    const crm = await endpoint('crm', { description: 'CRM <sync>', eventTypes: ['plan.*'] });
    await answers(`${host}/crm`, { status: 400 });
    await published(1, 'dead');
    await run();
    const [alert] = await alerts('&rule=dead-letter');
    const list = `/v1/accounts/${OPS}/deliveries`;
    const refused = await soon(async () => {
      const { body } = await call('GET', `${list}?endpoint=${slack.id}&event=${alert?.id}-1`);
      expect(body.data).toHaveLength(1);
      return body.data[0];
    });
    await answers(`${ops}/slack`, 'slack');
    const again = await call('POST', `${list}/${refused.id}/replay`, {});
    expect(again.status, again.text).toBe(201);
    await soon(async () => expect((await call('GET', `${list}/${again.body.id}`)).body.status).toBe('delivered'));
    const isOfThis = ({ headers }: { headers: Record<string, string> }) => headers['webhook-id'] === refused.event;
    const got = (await requests(`${ops}/slack`)).filter(isOfThis);
    expect(got.map(({ headers }) => headers['webhook-id'])).toEqual([refused.event, refused.event]);
    expect(got[1]?.body).toBe(got[0]?.body);
    for (const { headers, body } of got) new Webhook(slack.secret).verify(body, headers);
    const { text } = JSON.parse(got[0]?.body ?? '');
    expect(text.split('\n').slice(1, 3)).toEqual([
      `Account Acme &amp; &lt;Sons&gt;, \`${account}\``,
      `Endpoint CRM &lt;sync&gt;, \`${crm.id}\`, at \`${new URL(host).host}\``,
    ]);
    // What was sent, and what it was about.
    const shown = (await call('GET', `${list}/${refused.id}`)).body;
    expect([shown.body, shown.data.alert.endpoint]).toEqual([got[0]?.body, crm.id]);
    const event = (await call('GET', `/v1/accounts/${OPS}/events/${refused.event}`)).body;
    expect([event.forms, event.data.alert.endpoint]).toEqual([undefined, crm.id]);
    expect((await call('POST', `/v1/accounts/${OPS}/endpoints/${slack.id}/test`)).body.statusCode).toBe(200);
    await call('DELETE', `/v1/accounts/${OPS}/endpoints/${slack.id}`);
  });

  test('in the form of Slack only to endpoints for nothing else, also after a change', async () => {
    const only = { url: `${host}/slack`, payloadFormat: 'slack' };
    const path = `/v1/accounts/${account}/endpoints`;
    const refused = await call('POST', path, { ...only, eventTypes: ['tubepost.alert.*', 'plan.updated'] });
    expect([refused.status, refused.body.errors]).toEqual([
      400,
      [{ field: 'payloadFormat', message: expect.stringContaining('got "slack" for "plan.updated"') }],
    ]);
    const made = await call('POST', path, { ...only, eventTypes: ['tubepost.alert.*'] });
    expect([made.status, made.body.payloadFormat]).toEqual([201, 'slack']);
    const one = `${path}/${made.body.id}`;
    expect((await call('PATCH', one, { eventTypes: [] })).body.errors).toEqual([
      { field: 'payloadFormat', message: expect.stringContaining('got "slack" for all event types') },
    ]);
    expect((await call('GET', one)).body).toMatchObject({ payloadFormat: 'slack', eventTypes: ['tubepost.alert.*'] });
    const changed = await call('PATCH', one, { eventTypes: [], payloadFormat: 'standard' });
    expect([changed.status, changed.body.payloadFormat, changed.body.eventTypes]).toEqual([200, 'standard', []]);
  });

  test('a failing alert endpoint makes no loop: its own alerts are listed and sent to nobody', async () => {
    const broken = await endpoint('broken', {}, OPS, ops);
    await answers(`${ops}/broken`, { status: 400 });
    const own = await endpoint('own', { eventTypes: ['tubepost.alert.*', 'plan.*'] });
    await answers(`${host}/own`, { status: 400 });
    await published(1, 'dead');
    await run();
    await inLists(`SELECT id FROM deliveries WHERE endpoint = '${broken.id}' AND status = 'dead'`, env.LOG_DB);
    for (let n = 0; n < 4; n += 1) await after(MINUTE_MS);
    const listed = await call('GET', `/v1/alerts?account=${OPS}&endpoint=${broken.id}&rule=dead-letter&status=open`);
    expect(listed.body.data).toHaveLength(1);
    const got = (await requests(`${ops}/broken`)).map(({ body }) => JSON.parse(body).data.alert);
    expect(got.filter(({ endpoint: of }) => of === own.id)).toHaveLength(1);
    expect(got.filter(({ account: of }) => of === OPS)).toEqual([]);
    // Nor is an account's endpoint told of its own trouble.
    expect((await requests(`${host}/own`)).map(({ body }) => JSON.parse(body).type)).toEqual(['plan.updated']);
  });
});

describe('one owner’s alerts do not delay another’s', () => {
  /**
   * As the projection has them: the truth about six hundred endpoints is not needed to judge them.
   */
  const disable = (of: string, count: number) =>
    env.CONFIG.exec(
      `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${count - 1}) INSERT INTO endpoints SELECT '${of}', printf('ep_%04d', i), 1, 'https://x.example.com', '', '[]', NULL, 'ordered', 'disabled', NULL, 0, 0, 0, NULL FROM n`,
    );
  /** A run in which the object of this account does not answer. */
  const runWithout = (broken: string, asked: string[] = []) => {
    const getByName = (name: string, options?: object) => {
      if (name !== `v1:${broken}`) return env.ACCOUNT.getByName(name, options);
      const answer = async () => (asked.push(name), Promise.reject(new Error('no answer')));
      return { settings: answer, settingsForAlerts: answer };
    };
    const spied = { ...env, ALERT_ACCOUNT: OPS, ACCOUNT: { getByName } } as unknown as typeof env;
    return alertsTask.run(spied, Date.now());
  };
  const told = async (id: string | undefined) =>
    (await requests(`${ops}/turns`)).filter(({ headers }) => headers['webhook-id'] === `${id}-1`).length;

  test('six hundred endpoints of one account with one trouble are twenty alerts and one that counts the rest', async () => {
    await endpoint('turns', {}, OPS, ops);
    const loud = await newAccount();
    await inLists(`SELECT account FROM accounts WHERE account = '${loud}'`);
    await disable(loud, 600);
    const { id } = await endpoint('crm', { status: 'disabled' });
    await run();
    const [alert] = await alerts();
    expect(alert).toMatchObject({ rule: 'endpoint-disabled', endpoint: id });
    await soon(async () => expect(await told(alert?.id)).toBe(1));
    const ofLoud = (await call('GET', `/v1/accounts/${loud}/alerts?limit=200`)).body.data;
    expect(ofLoud).toHaveLength(21);
    expect(ofLoud.filter((one: { endpoint: string | null }) => one.endpoint === null)).toEqual([
      expect.objectContaining({ value: 580, detail: expect.stringContaining('and 580 more like it') }),
    ]);
    await env.CONFIG.exec(`DELETE FROM endpoints WHERE account = '${loud}'`);
  });

  test('an owner that cannot be reached delays neither the operator nor another owner, and is left alone for a while', async () => {
    const broken = await newAccount();
    await inLists(`SELECT account FROM accounts WHERE account = '${broken}'`);
    // Older than the other's, and more than a run sends.
    await env.CONFIG.exec(
      `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 119) INSERT INTO alerts SELECT printf('alr_0%03d', i), 'endpoint-disabled', '${broken}', printf('ep_%04d', i), 1, 1, '', ${Date.now()}, ${Date.now()}, NULL, ${Date.now()}, 1, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0 FROM n`,
    );
    const { id } = await endpoint('crm', { status: 'disabled' });
    await endpoint('asked', { eventTypes: ['tubepost.alert.*'] });
    const asked: string[] = [];
    await runWithout(broken, asked);
    const [alert] = await alerts(`&endpoint=${id}`);
    await soon(async () => expect(await told(alert?.id)).toBe(1));
    await soon(async () => expect(await requests(`${host}/asked`)).toHaveLength(1));
    expect(asked).toHaveLength(OBJECT_TRIES_MAX);
    await runWithout(broken, asked);
    expect(asked).toHaveLength(OBJECT_TRIES_MAX);
    vi.setSystemTime(Date.now() + MINUTE_MS);
    await runWithout(broken, asked);
    expect(asked).toHaveLength(2 * OBJECT_TRIES_MAX);
    vi.setSystemTime(Date.now() + MINUTE_MS);
    await runWithout(broken, asked);
    expect(asked).toHaveLength(2 * OBJECT_TRIES_MAX);
    const { n } = (await env.CONFIG.prepare(
      `SELECT count(*) AS n FROM alerts WHERE account = '${broken}' AND told_revision < revision`,
    ).first()) as { n: number };
    // The operator has heard of all of them by now.
    expect(n).toBe(0);
    await env.CONFIG.exec(`DELETE FROM alerts WHERE account = '${broken}'`);
  });

  test('an account whose counts cannot be made keeps no other from being looked at', async () => {
    const { id } = await endpoint('crm', { status: 'disabled' });
    await env.CONFIG.exec(
      `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 49) INSERT INTO accounts SELECT printf('a%04d', i), 1, '', 30, 30, 0 FROM n`,
    );
    const prepare = env.LOG_DB.prepare.bind(env.LOG_DB);
    let queries = 0;
    const breaking = (text: string) => {
      queries += 1;
      if (queries === 1) throw new Error('D1 does not answer');
      return prepare(text);
    };
    await alertsTask.run({ ...env, LOG_DB: { prepare: breaking } } as unknown as typeof env, Date.now());
    expect((await alerts('&status=open')).map(({ endpoint: of }) => of)).toEqual([id]);
    await env.CONFIG.exec(`DELETE FROM accounts WHERE account < 'acc'`);
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

  test('what GET answers of the rules can be sent back, with a change in it', async () => {
    const { rules } = (await call('GET', '/v1/alert-rules')).body;
    const changed = { ...rules, 'dead-letter': { ...rules['dead-letter'], threshold: 2 } };
    const put = await call('PUT', '/v1/alert-rules', { rules: changed });
    expect([put.status, put.body.rules]).toEqual([200, changed]);
    await call('PUT', '/v1/alert-rules', { rules });
    const refused = await call('PUT', '/v1/alert-rules', { rules: { 'failure-rate': { minimum: null } } });
    expect([refused.status, refused.body.detail]).toEqual([400, expect.stringContaining('got null')]);
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

test('beyond a thousand accounts the next run continues behind them, and leaves the alerts of the others alone', async () => {
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
