/**
 * E0, E1, E5, V1, V2, V3, R1: accounts, endpoints, and what is read of events, deliveries, attempts
 * and records.
 */
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { call, newAccount } from '../support/api.ts';
import { soon } from '../support/soon.ts';
import { shardName } from '../../src/core/ids.ts';
import { shardsOf } from '../../src/lookup/address.ts';
import { accountStub, shardStub } from '../../src/lookup/stubs.ts';

let answer: () => Response;
beforeEach(() => {
  answer = () => new Response('ok');
  vi.spyOn(globalThis, 'fetch').mockImplementation(async () => answer());
});

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const url = 'https://crm.example/hook';

async function withEndpoint(settings: object = {}) {
  const account = await newAccount();
  const { body } = await call('POST', `/v1/accounts/${account}/endpoints`, { url, ...settings });
  return { account, endpoint: String(body.id), at: `/v1/accounts/${account}` };
}
async function publish(account: string, event: object) {
  return (await call('POST', `/v1/accounts/${account}/events`, { type: 'a.b', data: {}, ...event })).body;
}
async function untilStatus(path: string, status: string) {
  return soon(async () => {
    const { body } = await call('GET', path);
    expect(body.status).toBe(status);
    return body;
  });
}

describe('E0', () => {
  test('PUT creates with 201 and changes with 200', async () => {
    const made = await call('PUT', '/v1/accounts/acme', {
      name: 'Acme',
      targets: { deliverWithinMs: 1, warnAfterMs: 2 },
    });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      account: 'acme',
      name: 'Acme',
      jurisdiction: null,
      shards: 4,
      targets: { deliverWithinMs: 1, warnAfterMs: 2 },
      retention: { payloadDays: 30, logDays: 30 },
      quota: { eventsPerSecond: null, endpointsMax: 10_000 },
      endpointCount: 0,
      createdAt: expect.stringMatching(TIME),
      effectiveWithinMs: 5_000,
    });
    const changed = await call('PUT', '/v1/accounts/acme', { name: 'Acme Ltd' });
    expect([changed.status, changed.body.name, changed.body.targets.warnAfterMs]).toEqual([200, 'Acme Ltd', 2]);
    const { effectiveWithinMs: _, ...read } = changed.body;
    expect((await call('GET', '/v1/accounts/acme')).body).toEqual(read);
  });

  test('PUT without a body creates an account with defaults', async () => {
    expect((await call('PUT', '/v1/accounts/bare')).status).toBe(201);
  });

  test('shards is fixed at creation', async () => {
    const account = await newAccount({ shards: 2 });
    const again = await call('PUT', `/v1/accounts/${account}`, { shards: 3 });
    expect([again.status, again.body.code, again.body.errors[0].field]).toEqual([409, 'fixed-field', 'shards']);
  });

  test('the list pages through all accounts, newest first', async () => {
    const made = [await newAccount(), await newAccount(), await newAccount()];
    const all = await soon(async () => {
      const { body } = await call('GET', '/v1/accounts?limit=200');
      const ids = body.data.map((row: { account: string }) => row.account);
      expect(ids).toEqual(expect.arrayContaining(made));
      return ids;
    });
    const paged: string[] = [];
    for (let next = '', more = true; more;) {
      const { body } = await call('GET', `/v1/accounts?limit=2${next}`);
      paged.push(...body.data.map((row: { account: string }) => row.account));
      more = body.next !== null;
      next = `&cursor=${body.next}`;
    }
    expect(paged).toEqual(all);
  });
});

describe('E1', () => {
  test('creation answers the endpoint with its secret, which no later answer holds', async () => {
    const account = await newAccount();
    const headers = { 'X-Key': 'tell-nobody' };
    const made = await call('POST', `/v1/accounts/${account}/endpoints`, { url, headers, description: 'CRM' });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: expect.stringMatching(/^ep_[0-9a-z]{26}$/),
      account,
      url,
      description: 'CRM',
      eventTypes: [],
      filter: null,
      schemaVersions: {},
      payloadFormat: 'standard',
      headerNames: ['X-Key'],
      externalId: null,
      ordering: 'ordered',
      timeoutMs: 15_000,
      retry: {
        scheduleSeconds: [10, 30, 120, 600, 3_600, 10_800, 21_600, 43_200],
        windowSeconds: 86_400,
        alsoRetry: [],
      },
      rateLimitPerSecond: null,
      traceContext: false,
      status: 'enabled',
      statusReason: null,
      secrets: [
        {
          id: expect.stringMatching(/^sec_[0-9a-z]{26}$/),
          kind: 'hmac',
          createdAt: expect.stringMatching(TIME),
          expiresAt: null,
        },
      ],
      createdAt: expect.stringMatching(TIME),
      updatedAt: expect.stringMatching(TIME),
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
      effectiveWithinMs: 5_000,
    });
    const at = `/v1/accounts/${account}/endpoints`;
    for (const path of [at, `${at}/${made.body.id}`, '/v1/endpoints']) {
      const { text } = await call('GET', path);
      expect(text).not.toContain(made.body.secret);
      expect(text).not.toContain('tell-nobody');
      expect(text).not.toContain('sealed');
    }
  });

  test('a given secret is the one that signs, and the given headers are sent', async () => {
    const secret = `whsec_${btoa('x'.repeat(24))}`;
    const { account } = await withEndpoint({ secret, headers: { 'x-key': 'v' } });
    const event = await publish(account, { record: 'r' });
    await soon(() => expect(fetch).toHaveBeenCalled());
    const [, init] = vi.mocked(fetch).mock.lastCall ?? [];
    const headers = new Headers(init?.headers);
    expect(headers.get('x-key')).toBe('v');
    const key = await crypto.subtle.importKey(
      'raw',
      new TextEncoder().encode('x'.repeat(24)),
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign'],
    );
    const signed = `${event.id}.${headers.get('webhook-timestamp')}.${String(init?.body)}`;
    const signature = new Uint8Array(
      await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(signed)),
    ).toBase64();
    expect(headers.get('webhook-signature')).toContain(`v1,${signature}`);
  });

  test('PATCH changes what it names and nothing else, also within retry', async () => {
    const { at, endpoint } = await withEndpoint({ description: 'CRM', externalId: 'x' });
    const { circuit, ...before } = (await call('GET', `${at}/endpoints/${endpoint}`)).body;
    expect(circuit).toEqual({ state: 'closed', since: null, nextProbeAt: null, perSecond: null, waitingRecords: 0 });
    const { status, body } = await call('PATCH', `${at}/endpoints/${endpoint}`, {
      retry: { windowSeconds: 60 },
      externalId: null,
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      ...before,
      externalId: null,
      retry: { ...before.retry, windowSeconds: 60 },
      updatedAt: expect.stringMatching(TIME),
      effectiveWithinMs: 5_000,
    });
  });

  test('PATCH of headers replaces all of them; an empty object removes them', async () => {
    const { at, endpoint } = await withEndpoint({ headers: { a: '1', b: '2' } });
    const path = `${at}/endpoints/${endpoint}`;
    expect((await call('PATCH', path, { headers: { c: '3' } })).body.headerNames).toEqual(['c']);
    expect((await call('PATCH', path, { headers: {} })).body.headerNames).toEqual([]);
  });

  test('DELETE names the job that cancels what waits, says how soon, and then there is none', async () => {
    const { at, endpoint } = await withEndpoint();
    const gone = await call('DELETE', `${at}/endpoints/${endpoint}`);
    expect(gone.status).toBe(200);
    expect(gone.body).toEqual({
      id: endpoint,
      job: expect.stringMatching(/^job_[0-9a-z]{26}$/),
      effectiveWithinMs: 5_000,
    });
    expect((await call('GET', `${at}/endpoints/${endpoint}`)).status).toBe(404);
    expect((await call('DELETE', `${at}/endpoints/${endpoint}`)).status).toBe(404);
  });

  test('an externalId that is taken is a 409 that names its owner', async () => {
    const { at, endpoint } = await withEndpoint({ externalId: 'crm' });
    const { status, body } = await call('POST', `${at}/endpoints`, { url, externalId: 'crm' });
    expect([status, body.code, body.errors[0].message]).toEqual([
      409,
      'external-id-taken',
      `externalId "crm" is taken by ${endpoint}`,
    ]);
  });

  test('the list pages through all endpoints, newest first', async () => {
    const { at, endpoint } = await withEndpoint();
    const ids = [endpoint];
    for (let i = 0; i < 4; i += 1) ids.unshift((await call('POST', `${at}/endpoints`, { url })).body.id);
    const first = (await call('GET', `${at}/endpoints?limit=3`)).body;
    const second = (await call('GET', `${at}/endpoints?limit=3&cursor=${first.next}`)).body;
    const idOf = (row: { id: string }) => row.id;
    expect([...first.data.map(idOf), ...second.data.map(idOf)]).toEqual(ids);
    expect(second.next).toBeNull();
  });

  test('operators list endpoints of all accounts', async () => {
    const { account, endpoint } = await withEndpoint({ status: 'paused' });
    await soon(async () => {
      const { body } = await call('GET', `/v1/endpoints?account=${account}&status=paused`);
      expect(body.data).toMatchObject([
        { id: endpoint, account, url, status: 'paused', createdAt: expect.stringMatching(TIME) },
      ]);
    });
  });
});

describe('V1, V2', () => {
  test('a delivery, its event, its attempt and its record, as soon as it is delivered', async () => {
    const { account, endpoint, at } = await withEndpoint({ description: 'CRM' });
    const event = await publish(account, {
      record: 'sub/sub_81',
      version: 3,
      occurredAt: '2026-11-21T19:00:00+01:00',
      data: { n: 1 },
    });
    const id = event.deliveries[0].id;
    const delivery = await untilStatus(`${at}/deliveries/${id}`, 'delivered');

    const shape = {
      id,
      account,
      endpoint,
      event: event.id,
      eventType: 'a.b',
      record: 'sub/sub_81',
      sequence: 1,
      version: 3,
      status: 'delivered',
      attempts: 1,
      lastAttempt: { at: expect.stringMatching(TIME), statusCode: 200, error: null, latencyMs: expect.any(Number) },
      nextAttemptAt: null,
      blockedBy: null,
      supersededBy: null,
      replayOf: null,
      replayedBy: null,
      replayResolved: null,
      outOfOrder: false,
      reason: null,
      note: expect.stringMatching(/^Delivered to CRM in /),
      late: false,
      acceptedAt: expect.stringMatching(TIME),
      endedAt: expect.stringMatching(TIME),
    };
    const attempt = {
      id: id.replace('dlv_', 'att_') + '_a1',
      delivery: id,
      endpoint,
      event: event.id,
      number: 1,
      trigger: 'first',
      at: expect.stringMatching(TIME),
      latencyMs: expect.any(Number),
      statusCode: 200,
      error: null,
      request: { url: expect.any(String), headers: expect.objectContaining({ 'webhook-id': event.id }) },
      responseHeaders: null,
      responseBody: 'ok',
      willRetry: false,
      nextAttemptAt: null,
    };
    expect(delivery).toEqual({
      ...shape,
      replay: null,
      attemptLog: [attempt],
      schemaVersion: null,
      data: { n: 1 },
      erasedAt: null,
      payloadExpiredAt: null,
      body: expect.stringContaining('"data":{"n":1}'),
    });
    expect((await call('GET', `${at}/attempts/${attempt.id}`)).body).toEqual(attempt);
    expect((await call('GET', `${at}/events/${event.id}`)).body).toEqual({
      id: event.id,
      type: 'a.b',
      record: 'sub/sub_81',
      sequence: 1,
      version: 3,
      occurredAt: '2026-11-21T19:00:00+01:00',
      acceptedAt: expect.stringMatching(TIME),
      schemaVersion: null,
      data: { n: 1 },
      traceparent: null,
      erasedAt: null,
      payloadExpiredAt: null,
      deliveryCount: 1,
      deliveries: [shape],
      notSent: [],
      note: null,
    });
    const record = {
      record: 'sub/sub_81',
      account,
      sequence: 1,
      status: 'delivered',
      late: false,
      note: expect.stringMatching(/^Delivered to CRM/),
      endpoints: [{ endpoint, name: 'CRM', delivery: shape, waiting: 0 }],
      notSent: [],
    };
    expect((await call('GET', `${at}/records/sub%2Fsub_81`)).body).toEqual(record);
    expect((await call('GET', `${at}/record?key=sub/sub_81`)).body).toEqual(record);
  });

  test.each(['a/b', 'a b', 'a?b#c', 'a%2Fb', 'a%b', 'é/ü', '+', 'a:b@c;d=e&f', '…/x', '%', '..x'])(
    'the record %j is found by its URL-encoded key, and as a parameter',
    async (key) => {
      const account = await newAccount();
      await publish(account, { record: key });
      const encoded = encodeURIComponent(key);
      for (const path of [`records/${encoded}`, `record?key=${encoded}`]) {
        expect((await call('GET', `/v1/accounts/${account}/${path}`)).body).toMatchObject({ record: key, sequence: 1 });
      }
      expect((await call('GET', `/v1/accounts/${account}/records/${encoded}/events`)).body.data).toHaveLength(1);
    },
  );

  test('a record that no endpoint wants says so', async () => {
    const account = await newAccount();
    await publish(account, { record: 'r' });
    expect((await call('GET', `/v1/accounts/${account}/records/r`)).body).toMatchObject({
      status: null,
      late: false,
      note: 'Sent to nobody: the account has no enabled endpoint',
      endpoints: [],
      notSent: [],
    });
  });

  test('every endpoint that the newest event was not sent to says why, also beside an older delivery', async () => {
    const account = await newAccount();
    const at = `/v1/accounts/${account}`;
    const create = async (description: string, body: object) => {
      const url = `https://${description.toLowerCase()}.example.com/`;
      const made = await call('POST', `${at}/endpoints`, { url, description, ...body });
      expect(made.status, made.text).toBe(201);
      return made.body.id;
    };
    const filter = { field: 'data.plan', equals: 'pro' };
    const billing = await create('Billing', {});
    const crm = await create('CRM', { eventTypes: ['subscription.created'] });
    const mail = await create('Mail', { filter });
    await publish(account, { record: 'sub', type: 'subscription.created', data: { plan: 'pro' } });
    const newest = await publish(account, { record: 'sub', type: 'subscription.updated', data: { plan: 'free' } });
    const { body } = await call('GET', `${at}/records/sub`);
    expect(new Set(body.endpoints.map(({ endpoint }: { endpoint: string }) => endpoint))).toEqual(
      new Set([billing, crm, mail]),
    );
    const notSent = [
      { endpoint: mail, reason: 'filter', note: `Mail's filter did not match: data.plan is not "pro"` },
      { endpoint: crm, reason: 'not-subscribed', note: 'CRM is not subscribed to subscription.updated' },
    ];
    expect(body.notSent).toEqual(notSent);
    const many = await call('POST', `${at}/record-statuses`, { records: ['sub'] });
    expect(many.body.data[0].status.notSent).toEqual(notSent);
    const event = await call('GET', `${at}/events/${newest.id}`);
    expect([event.body.notSent, event.body.note]).toEqual([notSent, null]);
    await call('DELETE', `${at}/endpoints/${billing}`);
    const gone = await publish(account, { record: 'sub', type: 'subscription.updated', data: { plan: 'free' } });
    expect((await call('GET', `${at}/events/${gone.id}`)).body.note).toBe(
      'Sent to nobody: of 2 endpoints 1 by filter, 1 not subscribed',
    );
  });

  test('a failing record says what happened and when it is tried again', async () => {
    answer = () => new Response('no', { status: 500 });
    const { account, at } = await withEndpoint({ description: 'CRM' });
    await publish(account, { record: 'r' });
    const record = await untilStatus(`${at}/records/r`, 'retrying');
    expect(record.note).toMatch(/^CRM answered 500, retry in \d+ s$/);
    expect(record.endpoints[0]).toMatchObject({
      waiting: 1,
      delivery: { attempts: 1, nextAttemptAt: expect.stringMatching(TIME) },
    });
    expect(record.endpoints[0].delivery.lastAttempt.error).toMatchObject({ kind: 'http-5xx' });
  });

  test('events after a sequence fill a gap, oldest first, in pages', async () => {
    const account = await newAccount();
    for (let i = 1; i <= 5; i += 1) await publish(account, { record: 'r', data: i });
    const path = `/v1/accounts/${account}/records/r/events`;
    const { body } = await call('GET', `${path}?after=1&limit=2`);
    expect(body.data.map(({ sequence, data }: { sequence: number; data: number }) => [sequence, data])).toEqual([
      [2, 2],
      [3, 3],
    ]);
    expect([body.next, body.completeFrom]).toEqual(['3', 1]);
    const rest = (await call('GET', `${path}?after=${body.next}&limit=2`)).body;
    expect([rest.data.map((event: { sequence: number }) => event.sequence), rest.next]).toEqual([[4, 5], null]);
  });

  test("a publisher's own id is found at once without a record key, or with ?record=", async () => {
    const account = await newAccount();
    await publish(account, { id: 'mine', data: 1 });
    expect((await call('GET', `/v1/accounts/${account}/events/mine`)).body).toMatchObject({
      id: 'mine',
      sequence: null,
      record: null,
    });
    await publish(account, { id: 'keyed', record: 'r', data: 2 });
    expect((await call('GET', `/v1/accounts/${account}/events/keyed?record=r`)).body).toMatchObject({
      id: 'keyed',
      record: 'r',
      data: 2,
    });
    expect((await call('GET', `/v1/accounts/${account}/events/keyed?record=other`)).status).toBe(404);
  });

  test("a publisher's own id of a record is found by the log; several records are a 409 that names them", async () => {
    const { account, at } = await withEndpoint();
    await publish(account, { id: 'twin', record: 'r/1' });
    await soon(async () => expect((await call('GET', `${at}/events/twin`)).body).toMatchObject({ record: 'r/1' }));
    await publish(account, { id: 'twin', record: 'r/2' });
    await soon(async () => {
      const { status, body } = await call('GET', `${at}/events/twin`);
      expect([status, body.code]).toEqual([409, 'several-records']);
      expect(new Set(body.records)).toEqual(new Set(['r/1', 'r/2']));
    });
  });

  test('S2: ids of another account are not there', async () => {
    const { account } = await withEndpoint();
    const event = await publish(account, { record: 'r' });
    const other = `/v1/accounts/${await newAccount()}`;
    for (const path of [`events/${event.id}`, `deliveries/${event.deliveries[0].id}`, 'records/r']) {
      expect((await call('GET', `${other}/${path}`)).status, path).toBe(404);
    }
    expect((await call('POST', `${other}/deliveries/${event.deliveries[0].id}/discard`)).status).toBe(404);
  });

  test('reads of what is not there write nothing', async () => {
    const account = await newAccount();
    const path = `/v1/accounts/${account}`;
    const hash = `${'a'.repeat(32)}000`;
    for (const read of [`events/evt_${'0'.repeat(26)}k${hash}`, `deliveries/dlv_k${hash}_1_${'0'.repeat(26)}`]) {
      expect((await call('GET', `${path}/${read}`)).status).toBe(404);
    }
    const settings = await accountStub(env, account).settings();
    if (settings === null) throw new Error('the account is missing');
    const [first] = shardsOf(settings);
    if (first === undefined) throw new Error('an account has shards');
    const tables = await runInDurableObject(shardStub(env, shardName(first)), (_, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf*'").toArray(),
    );
    expect(tables).toEqual([]);
  });
});

describe('E5', () => {
  test('remove and disable cancel what waits, visibly, with the reason, at once', async () => {
    answer = () => new Response('no', { status: 500 });
    for (const [how, reason] of [
      ['DELETE', 'endpoint-removed'],
      ['PATCH', 'endpoint-disabled: moved'],
    ] as const) {
      const { account, endpoint, at } = await withEndpoint();
      const event = await publish(account, { record: 'r' });
      const path = `${at}/deliveries/${event.deliveries[0].id}`;
      await untilStatus(path, 'retrying');
      await call(
        how,
        `${at}/endpoints/${endpoint}`,
        how === 'PATCH' ? { status: 'disabled', statusReason: 'moved' } : undefined,
      );
      const { body } = await call('GET', path);
      expect(body).toMatchObject({ status: 'cancelled', reason, nextAttemptAt: null, late: false });
      expect((await call('GET', `${at}/records/r`)).body).toMatchObject({
        status: 'cancelled',
        endpoints: [{ waiting: 0 }],
      });
    }
  });

  test('pause shows held at once, and resume shows it going on', async () => {
    answer = () => new Response('no', { status: 500 });
    const { account, endpoint, at } = await withEndpoint();
    const event = await publish(account, { record: 'r' });
    const path = `${at}/deliveries/${event.deliveries[0].id}`;
    await untilStatus(path, 'retrying');
    await call('PATCH', `${at}/endpoints/${endpoint}`, { status: 'paused' });
    expect((await call('GET', path)).body).toMatchObject({ status: 'held', nextAttemptAt: null });
    await call('PATCH', `${at}/endpoints/${endpoint}`, { status: 'enabled' });
    expect((await call('GET', path)).body.status).toMatch(/^(retrying|delivering)$/);
  });
});

describe('E5 in lists', () => {
  test('a list filters by the status that it shows, also before what waits has learned of a pause or a removal', async () => {
    answer = () => new Response('no', { status: 500 });
    const { account, endpoint, at } = await withEndpoint();
    const event = await publish(account, { record: 'r' });
    const { id } = event.deliveries[0];
    const listed = async (status: string) =>
      (await call('GET', `${at}/deliveries?status=${status}`)).body.data.map((one: { id: string }) => one.id);
    await soon(async () => expect(await listed('retrying')).toEqual([id]));
    await call('PATCH', `${at}/endpoints/${endpoint}`, { status: 'paused' });
    expect([await listed('held'), await listed('retrying')]).toEqual([[id], []]);
    await call('DELETE', `${at}/endpoints/${endpoint}`);
    expect([await listed('cancelled'), await listed('held')]).toEqual([[id], []]);
  });
});

describe('R1, V6', () => {
  async function deadLetter() {
    answer = () => new Response('gone', { status: 400 });
    const made = await withEndpoint();
    const event = await publish(made.account, { record: 'r', data: { n: 1 } });
    const path = `${made.at}/deliveries/${event.deliveries[0].id}`;
    await untilStatus(path, 'dead');
    return { ...made, event, path, id: String(event.deliveries[0].id) };
  }

  test('a replay is a new delivery with the same event, and the old one names it', async () => {
    const { at, path, id, event } = await deadLetter();
    answer = () => new Response('ok');
    const replayed = await call('POST', `${path}/replay`, { reason: 'fixed it' });
    expect(replayed.status).toBe(201);
    expect(replayed.body).toMatchObject({ id: `${id}_r1`, replayOf: id, event: event.id });
    const done = await untilStatus(`${at}/deliveries/${replayed.body.id}`, 'delivered');
    expect(done).toMatchObject({
      replay: { by: 'operator', reason: 'fixed it', at: expect.stringMatching(TIME) },
      data: { n: 1 },
    });
    expect((await call('GET', path)).body).toMatchObject({ status: 'dead', replayedBy: replayed.body.id });
  });

  test('a replay of what has not ended is refused, and one of a removed endpoint too', async () => {
    const { at, path, endpoint } = await deadLetter();
    answer = () => new Response('no', { status: 500 });
    const first = await call('POST', `${path}/replay`);
    const second = await call('POST', `${path}/replay`);
    expect([first.status, second.status, second.body.code, second.body.reason]).toEqual([
      201,
      409,
      'replay-refused',
      'still-open',
    ]);
    await call('DELETE', `${at}/endpoints/${endpoint}`);
    const removed = await call('POST', `${at}/deliveries/${first.body.id}/replay`);
    expect([removed.status, removed.body.code]).toEqual([409, 'replay-refused']);
  });

  test('a dead letter can be discarded, once', async () => {
    const { path } = await deadLetter();
    const discarded = await call('POST', `${path}/discard`, { reason: 'not needed' });
    expect(discarded.status).toBe(200);
    expect(discarded.body).toMatchObject({ status: 'cancelled', reason: expect.stringMatching(/^discarded/) });
    const again = await call('POST', `${path}/discard`);
    expect([again.status, again.body.code]).toEqual([409, 'discard-refused']);
  });

  test('lists show it: dead letters, deliveries, attempts, events, and those of operators', async () => {
    const { account, at, id, event } = await deadLetter();
    const has = async (path: string, expected: object) =>
      soon(async () => expect((await call('GET', path)).body.data, path).toMatchObject([expected]));
    await has(`${at}/dead-letters`, {
      id,
      status: 'dead',
      note: expect.any(String),
      acceptedAt: expect.stringMatching(TIME),
    });
    await has(`${at}/deliveries?status=dead&statusCode=4xx&record=r`, { id });
    await has(`${at}/attempts?statusCode=400`, {
      id: `${id.replace('dlv_', 'att_')}_a1`,
      delivery: id,
      statusCode: 400,
      responseBody: 'gone',
    });
    await has(`${at}/events?event=${event.id}`, { id: event.id, deliveryCount: 1, deliveries: [{ id }] });
    await has(`/v1/deliveries?account=${account}`, { id, account });
    await has(`/v1/attempts?account=${account}`, { delivery: id, account });
    expect((await call('GET', `${at}/deliveries?status=delivered`)).body).toEqual({
      data: [],
      next: null,
      searchedTo: null,
    });
  });
});
