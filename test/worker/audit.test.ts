/**
 * S3: every change is in the audit log, with who. The operations come from the OpenAPI document: a
 * route that changes something and leaves no row, or is not named here, fails.
 */
import { env, exports } from 'cloudflare:workers';
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { AUDIT_DAYS, AUDIT_SWEEP_MAX, AUDIT_VALUE_CHARS_MAX, DAY_MS } from '../../src/core/limits.ts';
import { documentShape } from '../../src/http/reference/openapi-document.ts';
import { auditTask } from '../../src/schedule/audit.ts';
import { call, newAccount } from '../support/api.ts';
import { answers } from '../support/receiver.ts';
import { soon } from '../support/soon.ts';

/** Operations that need no row, and why. */
const UNAUDITED: { [id: string]: string } = {
  publishEvent: 'the log of events has it, and there are millions',
  publishEvents: 'likewise',
  readRecordStatuses: 'reads',
  resealAccount: 'changes nothing until the master key has changed: worker/secrets has its row',
};

type Values = { [name: string]: string };
/**
 * What an operation is sent, and the row that it leaves: in its account's log, or in the one for
 * operators.
 */
type Case = { path: Values; body?: unknown; action: string; log: 'account' | 'operators'; row?: object };

let methods: Map<string, { method: string; path: string }>;
let bearer: string;
let by: string;

const as = () => ({ authorization: `Bearer ${bearer}` });

beforeAll(async () => {
  const document = documentShape.parse(
    await (await exports.default.fetch('https://tubepost.test/openapi.json')).json(),
  );
  methods = new Map(
    Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { operationId }]) => [operationId, { method, path }] as const),
    ),
  );
  const { body } = await call('POST', '/v1/keys', {
    name: 'auditor',
    scopes: ['publish', 'read', 'replay', 'manage'],
  });
  bearer = body.key;
  by = `${body.id} auditor`;
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function send(id: string, values: Values, body?: unknown) {
  const operation = methods.get(id);
  if (operation === undefined) throw new Error(`there is no operation ${id}`);
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
  return call(operation.method.toUpperCase(), path, body, as());
}

type Row = { action: string; by: string; [name: string]: unknown };
async function logOf(log: Case['log'], account = ''): Promise<Row[]> {
  const path = log === 'account' ? `/v1/accounts/${account}/audit` : '/v1/audit';
  const { status, body } = await call('GET', `${path}?limit=200`);
  return status === 404 ? [] : body.data;
}

const HOOK = 'https://audited.example.com/hook';

async function endpointIn(account: string): Promise<Values> {
  const { body } = await call('POST', `/v1/accounts/${account}/endpoints`, { url: HOOK });
  return { account, endpoint: body.id, secret: body.secrets[0].id };
}

/** A dead letter, as soon as the Record says so; in the log too, where that is waited for. */
async function deadLetterIn(account: string, isLogged = false): Promise<Values> {
  await answers(HOOK, { status: 404 });
  const at = await endpointIn(account);
  const event = (await call('POST', `/v1/accounts/${account}/events`, { type: 'a.b', data: 1, record: 'r' })).body;
  const delivery = event.deliveries[0].id;
  await soon(async () => {
    const { body } = await call('GET', `/v1/accounts/${account}/deliveries/${delivery}`);
    expect(body.status).toBe('dead');
    const { data } = (await call('GET', `/v1/accounts/${account}/dead-letters`)).body;
    if (isLogged) expect(data).toHaveLength(1);
  });
  return { ...at, delivery, event: event.id };
}

async function replayIn(account: string): Promise<Values> {
  const at = await deadLetterIn(account, true);
  const { body } = await call('POST', `/v1/accounts/${account}/replays`, { endpoint: at['endpoint'] });
  return { account, replay: body.id };
}

async function longJob(): Promise<Values> {
  const accounts = Array.from({ length: 1_000 }, (_, i) => `customer-${i}`);
  const { body } = await call('POST', '/v1/broadcasts', { type: 'a.b', data: 1, accounts });
  return { job: body.id };
}

async function newKey(): Promise<Values> {
  return { key: (await call('POST', '/v1/keys', { name: 'k', scopes: ['read'] })).body.id };
}

async function newAlert(): Promise<Values> {
  const alert = 'alr_00000000000000000000000001';
  await env.CONFIG.prepare(
    `INSERT INTO alerts (id, rule, account, endpoint, value, threshold, detail, opened_at_ms, updated_at_ms, revision, told_revision)
     VALUES (?, 'dead-letter', 'acme', '', 1, 0, 'one', 1, 1, 1, 1)`,
  )
    .bind(alert)
    .run();
  return { alert };
}

const CASES: { [operation: string]: () => Promise<Case> } = {
  putAccount: async () => ({
    path: { account: await newAccount() },
    body: { name: 'Acme' },
    action: 'account.changed',
    log: 'account',
    row: { changes: [{ field: 'name', from: expect.stringMatching(/^acc_/), to: 'Acme' }] },
  }),
  deleteAccount: async () => {
    const account = await newAccount();
    return { path: { account }, action: 'account.removed', log: 'operators', row: { account } };
  },
  createEndpoint: async () => ({
    path: { account: await newAccount() },
    body: { url: HOOK },
    action: 'endpoint.created',
    log: 'account',
    row: { endpoint: expect.stringMatching(/^ep_/), changes: [{ field: 'url', from: null, to: HOOK }] },
  }),
  changeEndpoint: async () => {
    const path = await endpointIn(await newAccount());
    return {
      path,
      body: { status: 'paused', statusReason: 'why', headers: { 'x-key': 'hush' } },
      action: 'endpoint.changed',
      log: 'account',
      row: {
        endpoint: path['endpoint'],
        changes: [
          { field: 'headerNames', from: [], to: ['x-key'] },
          { field: 'headers' },
          { field: 'status', from: 'enabled', to: 'paused' },
          { field: 'statusReason', from: null, to: 'why' },
        ],
      },
    };
  },
  deleteEndpoint: async () => ({
    path: await endpointIn(await newAccount()),
    action: 'endpoint.removed',
    log: 'account',
  }),
  testEndpoint: async () => ({ path: await endpointIn(await newAccount()), action: 'endpoint.tested', log: 'account' }),
  probeEndpoint: async () => ({
    path: await endpointIn(await newAccount()),
    action: 'endpoint.probed',
    log: 'account',
  }),
  rotateSecret: async () => ({ path: await endpointIn(await newAccount()), action: 'secret.rotated', log: 'account' }),
  deleteSecret: async () => {
    const path = await endpointIn(await newAccount());
    await call('POST', `/v1/accounts/${path['account']}/endpoints/${path['endpoint']}/secrets/rotate`);
    return { path, action: 'secret.removed', log: 'account', row: { secret: path['secret'] } };
  },
  getSecret: async () => ({ path: await endpointIn(await newAccount()), action: 'secret.read', log: 'account' }),
  replayDelivery: async () => {
    const path = await deadLetterIn(await newAccount());
    const { endpoint, delivery: target } = path;
    const row = { endpoint, target, detail: 'lost' };
    return { path, body: { reason: 'lost' }, action: 'delivery.replayed', log: 'account', row };
  },
  discardDelivery: async () => {
    const path = await deadLetterIn(await newAccount());
    return { path, action: 'delivery.discarded', log: 'account', row: { target: path['delivery'] } };
  },
  erasePayload: async () => ({
    path: await deadLetterIn(await newAccount()),
    action: 'payload.erased',
    log: 'account',
  }),
  startReplay: async () => {
    const path = await deadLetterIn(await newAccount(), true);
    const { endpoint } = path;
    return { path, body: { endpoint, reason: 'again' }, action: 'replay.started', log: 'account', row: { endpoint } };
  },
  discardDeadLetters: async () => {
    const path = await deadLetterIn(await newAccount(), true);
    return { path, body: { endpoint: path['endpoint'] }, action: 'discard.started', log: 'account' };
  },
  pauseReplay: async () => {
    const path = await replayIn(await newAccount());
    return { path, action: 'replay.paused', log: 'account', row: { target: path['replay'] } };
  },
  resumeReplay: async () => {
    const path = await replayIn(await newAccount());
    await call('POST', `/v1/accounts/${path['account']}/replays/${path['replay']}/pause`);
    return { path, action: 'replay.resumed', log: 'account' };
  },
  cancelReplay: async () => {
    const path = await replayIn(await newAccount());
    await call('POST', `/v1/accounts/${path['account']}/replays/${path['replay']}/pause`);
    return { path, body: { reason: 'enough' }, action: 'replay.cancelled', log: 'account', row: { detail: 'enough' } };
  },
  createPortalToken: async () => ({
    path: { account: await newAccount() },
    action: 'portal-token.created',
    log: 'account',
    row: { detail: 'read, for 900 s' },
  }),
  putEventType: async () => ({
    path: { type: 'audited' },
    body: { description: 'd', schema: { type: 'object' } },
    action: 'event-type.put',
    log: 'operators',
    row: { target: 'audited' },
  }),
  putSchemaVersion: async () => {
    await call('PUT', '/v1/event-types/versioned', { schema: { type: 'object' } });
    return {
      path: { type: 'versioned', version: '2' },
      body: { schema: { type: 'array' } },
      action: 'schema-version.put',
      log: 'operators',
      row: {
        target: 'versioned',
        detail: 'version 2',
        changes: [{ field: 'schema', from: null, to: { type: 'array' } }],
      },
    };
  },
  broadcastEvent: async () => ({
    path: {},
    body: { type: 'a.b', data: { secret: 'hush' }, accounts: ['acme'] },
    action: 'broadcast.started',
    log: 'operators',
  }),
  pauseJob: async () => ({ path: await longJob(), action: 'job.paused', log: 'operators' }),
  resumeJob: async () => ({ path: await longJob(), action: 'job.resumed', log: 'operators' }),
  cancelJob: async () => ({ path: await longJob(), body: { reason: 'no' }, action: 'job.cancelled', log: 'operators' }),
  createKey: async () => ({
    path: {},
    body: { name: 'made', scopes: ['read'], rateLimitPerSecond: 5 },
    action: 'key.created',
    log: 'operators',
    row: {
      target: expect.stringMatching(/^key_/),
      changes: [
        { field: 'name', from: null, to: 'made' },
        { field: 'scopes', from: null, to: ['read'] },
        { field: 'rateLimitPerSecond', from: null, to: 5 },
      ],
    },
  }),
  changeKey: async () => ({
    path: await newKey(),
    body: { rateLimitPerSecond: 7 },
    action: 'key.changed',
    log: 'operators',
    row: { changes: [{ field: 'rateLimitPerSecond', from: null, to: 7 }] },
  }),
  revokeKey: async () => {
    const path = await newKey();
    return { path, action: 'key.revoked', log: 'operators', row: { target: path['key'] } };
  },
  openSession: async () => ({ path: {}, action: 'session.opened', log: 'operators', row: { account: null } }),
  acknowledgeAlert: async () => ({
    path: await newAlert(),
    body: { note: 'mine' },
    action: 'alert.acknowledged',
    log: 'operators',
    row: { account: 'acme', detail: 'mine' },
  }),
  putAlertRules: async () => ({
    path: {},
    body: { rules: { 'dead-letter': { threshold: 3 } } },
    action: 'alert-rules.changed',
    log: 'operators',
    row: { changes: [{ field: 'dead-letter.threshold', from: expect.any(Number), to: 3 }] },
  }),
};

describe('every operation that changes something', () => {
  test('is here, or is named with the reason why it leaves no row', () => {
    const changing = [...methods].filter(([, { method }]) => method !== 'get').map(([id]) => id);
    expect(changing.length).toBeGreaterThan(25);
    expect(changing.filter((id) => CASES[id] === undefined && UNAUDITED[id] === undefined)).toEqual([]);
    expect(Object.keys({ ...CASES, ...UNAUDITED }).filter((id) => !methods.has(id))).toEqual([]);
  });

  test.each(Object.entries(CASES))('%s leaves one row with the name of the key', async (id, prepare) => {
    const { path, body, action, log, row = {} } = await prepare();
    const before = await logOf(log, path['account']);
    const answer = await send(id, path, body);
    expect(answer.status, answer.text).toBeLessThan(300);
    const after = await logOf(log, path['account']);
    const fresh = after.slice(0, after.length - before.length).filter((one) => one.action === action);
    expect(fresh).toEqual([expect.objectContaining({ action, by, ...row })]);
    expect(JSON.stringify(fresh)).not.toContain('hush');
  });

  test('that finds everything as it is to be leaves no row', async () => {
    const at = await endpointIn(await newAccount());
    const { key } = await newKey();
    const before = [await logOf('account', at['account']), await logOf('operators')];
    await send('putAccount', at, {});
    await send('changeEndpoint', at, { description: '', status: 'enabled' });
    await send('changeKey', { key: key ?? '' }, { name: 'k' });
    await send('putAlertRules', {}, { rules: {} });
    const after = [await logOf('account', at['account']), await logOf('operators')];
    expect(after).toEqual(before);
  });

  test('is not done where its row cannot be written', async () => {
    const { key } = await newKey();
    const prepare = env.CONFIG.prepare.bind(env.CONFIG);
    vi.spyOn(env.CONFIG, 'prepare').mockImplementation((sql) => {
      if (/insert into "audit"/i.test(sql)) throw new Error('down');
      return prepare(sql);
    });
    for (const [id, path, body] of [
      ['revokeKey', { key: key ?? '' }, undefined],
      ['createKey', {}, { name: 'n', scopes: ['read'] }],
      ['putEventType', { type: 'not.audited' }, {}],
      ['putAlertRules', {}, { rules: { 'dead-letter': { threshold: 9 } } }],
    ] as const) {
      const answer = await send(id, path, body);
      expect([id, answer.status, answer.body.code]).toEqual([id, 503, 'unavailable']);
    }
    vi.restoreAllMocks();
    expect((await call('GET', `/v1/keys/${key}`)).body.revokedAt).toBeNull();
    expect((await call('GET', '/v1/event-types/not.audited')).status).toBe(404);
    expect((await call('GET', '/v1/alert-rules')).body.rules['dead-letter'].threshold).not.toBe(9);
  });
});

describe('what nobody asked for', () => {
  test('a receiver that answers 410 disables its endpoint, and the log says so', async () => {
    const account = await newAccount();
    const url = 'https://gone.example.com/hook';
    await answers(url, { status: 410 });
    const { body } = await call('POST', `/v1/accounts/${account}/endpoints`, { url });
    await call('POST', `/v1/accounts/${account}/events`, { type: 'a.b', data: 1, record: 'r' });
    const [row] = await soon(async () => {
      const rows = (await logOf('account', account)).filter(({ action }) => action === 'endpoint.changed');
      expect(rows).toHaveLength(1);
      return rows;
    });
    expect(row).toMatchObject({ by: 'receiver', endpoint: body.id });
    expect(row?.['changes']).toContainEqual({ field: 'status', from: 'enabled', to: 'disabled' });
  });

  test('five days of failure disable an endpoint in the name of tubepost', async () => {
    const account = await newAccount();
    const { endpoint = '' } = await endpointIn(account);
    vi.setSystemTime(Date.now() + 6 * DAY_MS);
    await env.ACCOUNT.getByName(`v1:${account}`).disableFailing(endpoint, Date.now() - 5 * DAY_MS);
    expect((await logOf('account', account))[0]).toMatchObject({ action: 'endpoint.changed', by: 'tubepost' });
  });
});

describe('the audit log of an account', () => {
  test('is filtered by action and time, comes in pages, and goes with its account', async () => {
    const account = await newAccount();
    const at = await endpointIn(account);
    for (const description of ['a', 'b', 'c']) await send('changeEndpoint', at, { description });
    const list = async (query: string) => (await call('GET', `/v1/accounts/${account}/audit?${query}`)).body;
    const changed = await list('action=endpoint.changed&limit=2');
    const [, second] = changed.data;
    expect(changed.data.map(({ changes }: { changes: object[] }) => changes)).toEqual([
      [{ field: 'description', from: 'b', to: 'c' }],
      [{ field: 'description', from: 'a', to: 'b' }],
    ]);
    const rest = await list(`action=endpoint.changed&limit=2&cursor=${changed.next}`);
    expect([rest.data.length, rest.next]).toEqual([1, null]);
    expect((await list(`action=account.created&action=secret.created`)).data).toHaveLength(2);
    expect((await list(`to=${second.at}&action=endpoint.changed`)).data.length).toBeLessThan(3);
    expect((await list(`from=${new Date(Date.now() + 60_000).toISOString()}`)).data).toEqual([]);
    expect((await call('GET', `/v1/accounts/${account}/audit?action=nothing`)).status).toBe(400);

    await call('DELETE', `/v1/accounts/${account}?reason=left`);
    expect((await call('GET', `/v1/accounts/${account}/audit`)).status).toBe(404);
    const removed = await call('GET', `/v1/audit?account=${account}&action=account.removed`);
    expect(removed.body.data).toEqual([
      expect.objectContaining({ account, action: 'account.removed', by: 'operator', detail: 'left' }),
    ]);
    // Asked again it is the same removal.
    await call('DELETE', `/v1/accounts/${account}`);
    expect((await call('GET', `/v1/audit?account=${account}&action=account.removed`)).body.data).toHaveLength(1);
  });

  test('cuts long values', async () => {
    const at = await endpointIn(await newAccount());
    await send('changeEndpoint', at, { description: 'x'.repeat(1_000) });
    const [row] = await logOf('account', at['account']);
    expect(row?.['changes']).toEqual([
      { field: 'description', from: '', to: `"${'x'.repeat(AUDIT_VALUE_CHARS_MAX - 1)}…` },
    ]);
  });

  test('keeps rows for their time, and forgets a few old ones with each new one', async () => {
    const at = await endpointIn(await newAccount());
    const account = at['account'] ?? '';
    const stub = env.ACCOUNT.getByName(`v1:${account}`);
    const oldMs = Date.now() - AUDIT_DAYS * DAY_MS - 60_000;
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec('UPDATE audit SET at_ms = ?', oldMs);
      for (let i = 0; i < AUDIT_SWEEP_MAX; i++) {
        storage.sql.exec(`INSERT INTO audit (at_ms, by, action) VALUES (?, 'old', 'secret.read')`, oldMs);
      }
    });
    await evictDurableObject(stub);
    expect(await logOf('account', account)).toHaveLength(3 + AUDIT_SWEEP_MAX);
    await send('changeEndpoint', at, { description: 'a' });
    expect(await logOf('account', account)).toHaveLength(4);
    await send('changeEndpoint', at, { description: 'b' });
    const left = await logOf('account', account);
    expect(left.map(({ action }) => action)).toEqual(['endpoint.changed', 'endpoint.changed']);
  });

  test('of the release before is read and continued', async () => {
    const at = await endpointIn(await newAccount());
    const stub = env.ACCOUNT.getByName(`v1:${at['account']}`);
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec('ALTER TABLE audit DROP COLUMN target');
      storage.sql.exec('ALTER TABLE audit DROP COLUMN changes');
      storage.sql.exec('UPDATE account SET tables = 3');
    });
    await evictDurableObject(stub);
    expect((await logOf('account', at['account']))[0]).toMatchObject({ action: 'secret.created', changes: [] });
    await send('changeEndpoint', at, { description: 'a' });
    expect((await logOf('account', at['account']))[0]).toMatchObject({ action: 'endpoint.changed', by });
  });
});

describe('an action of a newer release', () => {
  test('is shown as it is, in both logs', async () => {
    const account = await newAccount();
    await runInDurableObject(env.ACCOUNT.getByName(`v1:${account}`), (_, { storage }) => {
      storage.sql.exec(`INSERT INTO audit (at_ms, by, action) VALUES (${Date.now()}, 'later', 'account.moved')`);
    });
    await env.CONFIG.prepare(
      `INSERT INTO audit (id, at_ms, by, action) VALUES ('aud_zz', ${Date.now()}, 'later', 'region.moved')`,
    ).run();
    expect((await logOf('account', account))[0]).toMatchObject({ action: 'account.moved', by: 'later', changes: [] });
    const { body } = await call('GET', '/v1/audit?limit=1');
    expect(body.data).toMatchObject([{ action: 'region.moved', by: 'later', account: null, changes: [] }]);
    await env.CONFIG.prepare(`DELETE FROM audit WHERE id = 'aud_zz'`).run();
  });
});

describe('the audit log for operators', () => {
  test('is for operators alone', async () => {
    const account = await newAccount();
    const { body } = await call('POST', '/v1/keys', { name: 'a', scopes: ['read', 'manage'], account });
    const answer = await call('GET', '/v1/audit', undefined, { authorization: `Bearer ${body.key}` });
    expect([answer.status, answer.body.code]).toEqual([403, 'forbidden']);
  });

  test('comes in pages, and rows go by age, the oldest first', async () => {
    const { key } = await newKey();
    for (const name of ['a', 'b', 'c']) await send('changeKey', { key: key ?? '' }, { name });
    const list = async (query: string) => (await call('GET', `/v1/audit?action=key.changed&${query}`)).body;
    const first = await list('limit=2');
    expect(first.data.map(({ changes }: { changes: { to: string }[] }) => changes[0]?.to)).toEqual(['c', 'b']);
    const second = await list(`limit=1&cursor=${first.next}`);
    expect(second.data[0].changes).toEqual([{ field: 'name', from: 'k', to: 'a' }]);

    const nowMs = Date.now();
    await auditTask.run(env, nowMs + AUDIT_DAYS * DAY_MS - 60_000);
    expect((await list('limit=2')).data).toHaveLength(2);
    await auditTask.run(env, nowMs + AUDIT_DAYS * DAY_MS + 60_000);
    expect((await list('limit=2')).data).toEqual([]);
  });
});
