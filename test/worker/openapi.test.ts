/**
 * O5: the document tells the truth. Every operation is asked at the running Worker, with the
 * document's own example where it takes a body and the ids of real objects in its path. `call`
 * holds each answer to the document: a field, a status or a code more or less fails.
 */
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { type ApiDocument } from '../../src/http/reference/openapi-document.ts';
import { alertsTask } from '../../src/schedule/alerts.ts';
import { call, KEY } from '../support/api.ts';
import { documentOf } from '../support/documented.ts';
import { soon } from '../support/soon.ts';
import { env } from 'cloudflare:workers';

let document: ApiDocument;
const sent = new Set<string>();
const examplesTaken = new Set<string>();

beforeAll(async () => {
  vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response('gone', { status: 404 }));
  document = await documentOf();
});

type Sent = { path?: Record<string, string>; query?: string; body?: unknown; status?: number };

function operationOf(id: string) {
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      if (operation.operationId === id) return { path, method, operation };
    }
  }
  throw new Error(`the document has no operation ${id}`);
}

/** The example with ids of real objects in the place of its own. */
function withReal(example: unknown, real: Record<string, string>): unknown {
  if (typeof example !== 'object' || example === null) return example;
  const { endpoint } = real;
  return 'endpoint' in example && endpoint !== undefined ? { ...example, endpoint } : example;
}

/** Sends the operation's example, or `body`; answers what came back once it was checked. */
async function send(id: string, { path: values = {}, query = '', body, status }: Sent = {}) {
  const { path, method, operation } = operationOf(id);
  const example = withReal(operation.requestBody?.content['application/json']?.example, values);
  const place = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? `no-${name}`));
  const answer = await call(method.toUpperCase(), `${place}${query}`, body === undefined ? example : body);
  sent.add(id);
  const told = Object.keys(operation.responses)
    .filter((one) => one.startsWith('2'))
    .map(Number);
  expect(status === undefined ? told : [status], `${id}: ${answer.text}`).toContain(answer.status);
  if (example !== undefined && body === undefined && told.includes(answer.status)) examplesTaken.add(id);
  return answer.body;
}

const account = 'acme';
const at = { account };

/** The log is seconds behind. */
async function until<T>(read: () => Promise<T>, isThere: (value: T) => boolean): Promise<T> {
  return soon(async () => {
    const value = await read();
    if (!isThere(value)) throw new Error(JSON.stringify(value).slice(0, 300));
    return value;
  });
}

describe('answers of the running Worker fit the document', () => {
  test('accounts', async () => {
    await send('putAccount', { path: at, status: 201 });
    await send('putAccount', { path: at, status: 200 });
    await send('getAccount', { path: at });
    await send('getAccount', { path: { account: 'nobody' }, status: 404 });
    await send('putAccount', { path: at, body: { nmae: 1 }, status: 400 });
    await until(
      () => send('listAccounts', { query: '?limit=1' }),
      ({ data }) => data.length === 1,
    );
    await send('resealAccount', { path: at });
    await send('putAccount', { path: { account: 'leaving' } });
    await send('deleteAccount', { path: { account: 'leaving' } });
  });

  test('the catalogue', async () => {
    const path = { type: 'ticket.opened', version: '2', from: '1', to: '2' };
    await send('putEventType', { path, status: 201 });
    await send('getEventType', { path });
    await send('putSchemaVersion', { path, status: 201 });
    await send('getSchemaVersion', { path });
    expect((await send('diffSchemaVersions', { path })).changes).not.toEqual([]);
    await send('putEventType', { path, body: { schema: { type: 'object' }, example: null }, status: 409 });
    await send('putEventType', { path: { type: 'bare' }, body: {}, status: 201 });
    await send('getEventType', { path: { type: 'bare' } });
    await send('listEventTypes');
  });

  test('endpoints and their secrets', async () => {
    const made = await send('createEndpoint', { path: at });
    const path = { ...at, endpoint: made.id, secret: made.secrets[0].id };
    await send('getEndpoint', { path });
    await send('changeEndpoint', { path });
    await send('changeEndpoint', { path, body: { filter: { field: 'number', gt: 1 } }, status: 400 });
    await send('listEndpoints', { path });
    await until(
      () => send('listAllEndpoints'),
      ({ data }) => data.length > 0,
    );
    await send('testEndpoint', { path });
    await send('probeEndpoint', { path });
    const rotated = await send('rotateSecret', { path });
    await send('rotateSecret', { path, body: { algorithm: 'ed25519' } });
    await send('getSecret', { path: { ...path, secret: rotated.id } });
    await send('deleteSecret', { path });
    await send('listSentEventTypes', { path });
    await send('listAuditEntries', { path });
    await send('deleteEndpoint', { path });
  });

  test('events, records, deliveries and attempts', async () => {
    const { id: endpoint } = await send('createEndpoint', {
      path: at,
      body: { url: 'https://crm.example.com/in', retry: { scheduleSeconds: [] } },
    });
    const published = await send('publishEvent', { path: at });
    const mixed = await send('publishEvents', {
      path: at,
      body: { events: [{ type: '!' }, { type: 'a.b', data: null }] },
    });
    expect(mixed.results.map((one: { status: number }) => one.status)).toEqual([400, 202]);
    await send('publishEvent', { path: at, body: { type: 'a', data: 1, more: 1 }, status: 400 });

    const dead = { ...at, delivery: String(published.deliveries[0].id) };
    const detail = await until(
      () => send('getDelivery', { path: dead }),
      ({ status }) => status === 'dead',
    );
    expect(detail.attemptLog).toHaveLength(1);
    const where = { ...at, record: 'ticket/4211', event: published.id, attempt: detail.attemptLog[0].id, endpoint };
    await send('getEvent', { path: where });
    await send('getRecord', { path: where });
    await send('getRecordByKey', { path: where, query: '?key=ticket%2F4211' });
    await send('listRecordEvents', { path: where });
    const found = await until(
      () => send('search', { query: '?q=ticket%2F42' }),
      ({ data }) => data.length > 0,
    );
    expect(found.data[0].type).toBe('record');
    await send('searchAccount', { path: at, query: '?q=ticket%2F4211' });
    await send('listRecords', { path: at, query: '?prefix=ticket' });
    // What they answer is no JSON: worker/live holds it to the status.
    await send('watchRecord', { path: where, status: 426 });
    await send('watchRecords', { path: where, query: '?record=ticket%2F4211', status: 426 });
    await send('getAttempt', { path: where });
    for (const list of [
      'listEvents',
      'listDeliveries',
      'listDeadLetters',
      'listAttempts',
      'listAllDeliveries',
      'listAllDeadLetters',
      'countDeadLetters',
      'countAllDeadLetters',
      'listAllAttempts',
    ]) {
      await until(
        () => send(list, { path: at }),
        ({ data }) => data.length > 0,
      );
    }
    await until(
      () => send('listSentEventTypes', { path: where }),
      ({ data }) => data.length > 0,
    );

    const { windows } = await send('getEndpointHealth', { path: where });
    expect(windows.last24Hours.failed).toBeGreaterThan(0);
    await send('getEndpointHistory', { path: where });
    expect((await send('getOverview', { path: at })).failures).not.toEqual([]);
    await send('getOverviewOfAll');
    await send('getTraffic', { path: at });
    await send('getTrafficOfAll');
    const asked = await send('readRecordStatuses', { path: at });
    expect(asked.data.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['found', 'not-found']);

    const replay = await send('replayDelivery', { path: dead });
    await until(
      () => send('getDelivery', { path: { ...at, delivery: replay.id } }),
      ({ status }) => status === 'dead',
    );
    await send('replayDelivery', { path: { ...at, delivery: 'dlv_none' }, status: 404 });
    await send('discardDelivery', { path: { ...at, delivery: replay.id } });
    const range = { endpoint, statuses: ['dead'] };
    await until(
      () => send('startReplay', { path: at, body: { ...range, dryRun: true }, status: 200 }),
      ({ count }) => count > 0,
    );
    await send('startReplay', { path: at, body: { ...range, statusCodes: ['no'] }, status: 400 });
    const ranged = {
      ...at,
      replay: String((await send('startReplay', { path: { ...at, endpoint }, status: 202 })).id),
    };
    await send('pauseReplay', { path: ranged });
    await send('resumeReplay', { path: ranged });
    await send('getReplay', { path: ranged });
    await until(
      () => send('listReplays', { path: at }),
      ({ data }) => data.length > 0,
    );
    await until(
      () => send('listReplayedDeliveries', { path: ranged }),
      ({ data }) => data.length > 0,
    );
    await send('cancelReplay', { path: ranged });
    await send('discardDeadLetters', { path: at, body: { endpoint, dryRun: true }, status: 200 });
    await send('discardDeadLetters', { path: { ...at, endpoint }, status: 202 });
    const { results } = await send('publishEvents', { path: at });
    expect(results.map((one: { status: number }) => one.status)).toEqual([202, 202]);
  });

  test('alerts and their rules', async () => {
    const body = { url: 'https://crm.example.com/in', status: 'disabled' };
    const { id } = await send('createEndpoint', { path: at, body });
    const { data } = await until(
      async () => {
        await alertsTask.run(env, Date.now());
        return send('listAllAlerts', { query: `?endpoint=${id}` });
      },
      ({ data: found }) => found.length === 1,
    );
    const alert = { alert: String(data[0].id) };
    await send('getAlert', { path: alert });
    await send('getAlert', { path: { alert: 'alr_none' }, status: 404 });
    await send('getAlertOfAccount', { path: { ...at, ...alert } });
    await send('acknowledgeAlert', { path: alert });
    expect((await send('listAlerts', { path: at })).data).not.toEqual([]);
    await send('listAlertRules');
    await send('putAlertRules');
    await send('putAlertRules', { body: { rules: { 'dead-letter': { threshold: 0 } } }, status: 400 });
  });

  test('broadcasts and jobs', async () => {
    const { id } = await send('broadcastEvent');
    const job = { job: id };
    await send('getJob', { path: job });
    await until(
      () => send('listJobs'),
      ({ data }) => data.length > 0,
    );
    // Long enough not to end by itself meanwhile.
    const accounts = Array.from({ length: 1_000 }, (_, i) => `customer-${i}`);
    const long = { job: (await send('broadcastEvent', { body: { type: 'a.b', data: 1, accounts } })).id };
    await send('pauseJob', { path: long });
    await send('resumeJob', { path: long });
    await send('cancelJob', { path: long });
    await send('pauseJob', { path: long, status: 409 });
  });

  test('keys and portal tokens', async () => {
    const made = await send('createKey');
    const path = { ...at, key: made.id };
    await send('changeKey', { path });
    await send('getKey', { path });
    await send('listKeys');
    await send('createKey', { body: { name: 'k', scopes: [] }, status: 400 });
    await send('createPortalToken', { path });
    await send('openSession');
    await send('getCaller');
    await send('revokeKey', { path });
    await send('listOperatorAuditEntries');
    await send('getKey', { path: { key: 'key_none' }, status: 404 });
  });

  test('what answers outside /v1', async () => {
    for (const id of ['getHealth', 'getMetrics', 'getOpenApi', 'getDocs']) await send(id);
    const page = await call('GET', '/docs');
    expect(page.text).toMatch(/^<!doctype html>/);
  });

  test('an erasure', async () => {
    const { id } = await send('publishEvent', { path: at, body: { type: 'a.b', record: 'r/erased', data: { n: 1 } } });
    expect(await send('erasePayload', { path: { ...at, event: id } })).toMatchObject({ data: null });
  });

  test('a request without a key', async () => {
    const answer = await call('GET', '/v1/accounts', undefined, { authorization: `Bearer not-${KEY}` });
    expect(answer.status).toBe(401);
  });

  test('and every operation was asked, with its example where it has one', () => {
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map((one) => one.operationId),
    );
    expect(ids.filter((id) => !sent.has(id))).toEqual([]);
    const withExample = ids.filter(
      (id) => operationOf(id).operation.requestBody?.content['application/json']?.example !== undefined,
    );
    expect(withExample.filter((id) => !examplesTaken.has(id))).toEqual([]);
  });
});
