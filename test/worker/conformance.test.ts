/**
 * docs/requirements.md, "Conventions of the API", V1, V2: the exact fields of each shape, in their
 * order, as the running service answers them.
 */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { call, newAccount } from '../support/api.ts';
import { soon } from '../support/soon.ts';

const DELIVERY =
  'id account endpoint event eventType record sequence version status attempts lastAttempt nextAttemptAt blockedBy supersededBy replayOf replayedBy reason note late acceptedAt endedAt' +
  // R1 (whether its replay resolved it) and R4 add one each.
  ' replayResolved outOfOrder';
const ATTEMPT =
  'id delivery endpoint event number trigger at latencyMs statusCode error request responseHeaders responseBody willRetry nextAttemptAt';
const EVENT = 'id type record sequence version occurredAt acceptedAt deliveryCount deliveries';
/** Beside those: P7, and the erasure and the retention of O4. */
const EVENT_CONTENT = 'data schemaVersion traceparent erasedAt payloadExpiredAt';
const RECORD = 'record account sequence status late note endpoints notSent';
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const fields = (names: string) => names.split(' ').toSorted();
const fieldsOf = (value: object) => Object.keys(value).toSorted();

let respond: () => Response;
beforeEach(() => {
  respond = () => new Response('no', { status: 500, headers: { 'x-why': 'busy', 'set-cookie': 'a=b' } });
  vi.spyOn(globalThis, 'fetch').mockImplementation(async () => respond());
});

async function failing(settings: object = {}) {
  const account = await newAccount();
  const at = `/v1/accounts/${account}`;
  const body = { url: 'https://crm.example.com/hook', description: 'CRM', ...settings };
  const endpoint: string = (await call('POST', `${at}/endpoints`, body)).body.id;
  const event = { type: 'a.b', record: 'sub/81', version: 7, occurredAt: '2026-11-21T18:00:00+01:00', data: { n: 1 } };
  const published = (await call('POST', `${at}/events`, event)).body;
  const delivery: string = published.deliveries[0].id;
  const detail = await until(`${at}/deliveries/${delivery}`, ({ attempts }) => attempts === 1);
  return { account, at, endpoint, published, delivery, detail };
}

// oxlint-disable-next-line typescript/no-explicit-any -- answers are read freely; a wrong shape fails the assertion
function until(path: string, isThere: (body: any) => boolean) {
  return soon(async () => {
    const { body } = await call('GET', path);
    expect(isThere(body), JSON.stringify(body).slice(0, 300)).toBe(true);
    return body;
  });
}

describe('the shapes of the API', () => {
  test('what a publish answers', async () => {
    const { published, endpoint } = await failing();
    expect(fieldsOf(published)).toEqual(fields('id sequence duplicate deliveryCount deliveries'));
    expect(published).toMatchObject({
      id: expect.stringMatching(/^evt_/),
      sequence: 1,
      duplicate: false,
      deliveryCount: 1,
    });
    expect(published.deliveries).toEqual([
      { id: expect.stringMatching(/^dlv_/), endpoint, status: expect.any(String) },
    ]);
  });

  test('a delivery, with its attempts and payload, in its own answer and in lists', async () => {
    const { account, at, endpoint, published, delivery, detail } = await failing();
    expect(fieldsOf(detail)).toEqual(
      fields(`${DELIVERY} attemptLog body data schemaVersion replay erasedAt payloadExpiredAt`),
    );
    expect(detail).toMatchObject({
      id: delivery,
      account,
      endpoint,
      event: published.id,
      eventType: 'a.b',
      record: 'sub/81',
      sequence: 1,
      version: 7,
      status: 'retrying',
      attempts: 1,
      lastAttempt: {
        at: expect.stringMatching(TIME),
        statusCode: 500,
        error: { kind: 'http-5xx' },
        latencyMs: expect.any(Number),
      },
      nextAttemptAt: expect.stringMatching(TIME),
      blockedBy: null,
      supersededBy: null,
      replayOf: null,
      replayedBy: null,
      reason: null,
      note: expect.stringMatching(/^CRM answered 500, retry in \d+ s$/),
      late: false,
      acceptedAt: expect.stringMatching(TIME),
      endedAt: null,
      data: { n: 1 },
    });
    expect(fieldsOf(detail.lastAttempt)).toEqual(fields('at statusCode error latencyMs'));
    const listed = await until(`${at}/deliveries`, ({ data }) => data.length === 1);
    expect(fieldsOf(listed.data[0])).toEqual(fields(DELIVERY));
    expect(listed.next).toBe(null);
  });

  test('an attempt, in the delivery, by its id and in lists', async () => {
    const { at, endpoint, published, delivery, detail } = await failing();
    const [attempt] = detail.attemptLog;
    expect(fieldsOf(attempt)).toEqual(fields(ATTEMPT));
    expect(attempt).toMatchObject({
      id: expect.stringMatching(/^att_/),
      delivery,
      endpoint,
      event: published.id,
      number: 1,
      trigger: 'first',
      at: expect.stringMatching(TIME),
      statusCode: 500,
      error: { kind: 'http-5xx', message: expect.any(String) },
      responseBody: 'no',
      willRetry: true,
      nextAttemptAt: detail.nextAttemptAt,
    });
    expect(attempt.responseHeaders['x-why']).toBe('busy');
    expect(attempt.responseHeaders).not.toHaveProperty('set-cookie');
    expect((await call('GET', `${at}/attempts/${attempt.id}`)).body).toEqual(attempt);
    const listed = await until(`${at}/attempts`, ({ data }) => data.length === 1);
    expect(fieldsOf(listed.data[0])).toEqual(fields(ATTEMPT));
  });

  test('what an attempt was sent with: the URL and every header as they left, but the values of the own ones', async () => {
    const { at, detail } = await failing({ headers: { 'X-Api-Key': 's3cret' } });
    const [url, init] = vi.mocked(globalThis.fetch).mock.calls.at(-1) ?? [];
    const headers = Object.fromEntries(new Headers(init?.headers));
    expect(headers['x-api-key']).toBe('s3cret');
    const [{ request }] = detail.attemptLog;
    expect(request).toEqual({ url, headers: { ...headers, 'x-api-key': '(hidden)' } });
    const listed = await until(`${at}/attempts`, ({ data }) => data.length === 1);
    expect(listed.data[0].request).toEqual(request);
  });

  test('an event by its id with its data, in the log without', async () => {
    const { at, published } = await failing();
    const { body } = await call('GET', `${at}/events/${published.id}`);
    expect(fieldsOf(body)).toEqual(fields(`${EVENT} ${EVENT_CONTENT} notSent note`));
    expect(body).toMatchObject({
      id: published.id,
      type: 'a.b',
      data: { n: 1 },
      occurredAt: '2026-11-21T18:00:00+01:00',
      deliveryCount: 1,
    });
    expect(fieldsOf(body.deliveries[0])).toEqual(fields(DELIVERY));
    const listed = await until(`${at}/events`, ({ data }) => data.length === 1);
    expect(fieldsOf(listed.data[0])).toEqual(fields(EVENT));
  });

  test('a record, by its path and by its key, and its events after a sequence', async () => {
    const { account, at, endpoint } = await failing();
    const { body } = await call('GET', `${at}/records/sub%2F81`);
    expect(fieldsOf(body)).toEqual(fields(RECORD));
    expect(body).toMatchObject({ record: 'sub/81', account, sequence: 1, status: 'retrying', late: false });
    expect(body.endpoints.map(fieldsOf)).toEqual([fields('endpoint name delivery waiting')]);
    expect(body.endpoints[0]).toMatchObject({ endpoint, waiting: 1 });
    expect(fieldsOf(body.endpoints[0].delivery)).toEqual(fields(DELIVERY));
    expect((await call('GET', `${at}/record?key=sub%2F81`)).body).toMatchObject({
      record: 'sub/81',
      status: 'retrying',
    });
    const after = await call('GET', `${at}/records/sub%2F81/events?after=0`);
    expect(fieldsOf(after.body)).toEqual(['completeFrom', 'data', 'next']);
    expect((await call('GET', `${at}/records/sub%2F81/events?after=1`)).body).toEqual({
      data: [],
      next: null,
      completeFrom: 1,
    });
  });

  test('a creation answers 201 with the object, prefixed ids, times in UTC with milliseconds', async () => {
    const account = await newAccount();
    const made = await call('POST', `/v1/accounts/${account}/endpoints`, { url: 'https://crm.example.com/a' });
    expect([made.status, made.body.id, made.body.createdAt]).toEqual([
      201,
      expect.stringMatching(/^ep_/),
      expect.stringMatching(TIME),
    ]);
    const key = await call('POST', '/v1/keys', { name: 'k', scopes: ['read'] });
    expect([key.status, key.body.id]).toEqual([201, expect.stringMatching(/^key_/)]);
  });
});

describe('what a list refuses, it names', () => {
  const refused: [query: string, field: string, rule: RegExp][] = [
    ['limit=0', 'limit', /whole number from 1 to 200; got "0"/],
    ['limit=201', 'limit', /from 1 to 200/],
    ['limit=ten', 'limit', /got "ten"/],
    ['cursor=nowhere', 'cursor', /cursor/],
    ['colour=red', 'colour', /is not a field/],
    ['status=lost', 'status', /must be one of queued/],
    ['statusCode=9xx', 'statusCode', /statusCode/],
    ['trigger=why', 'trigger', /must be one of/],
    ['from=yesterday', 'from', /RFC 3339/],
    ['from=2026-11-21T18:00:00Z&to=2026-11-20T18:00:00Z', 'from', /later than to/],
  ];
  test.each(refused)('%s', async (query, field, rule) => {
    const account = await newAccount();
    // A dead letter's status is known.
    const others = field === 'status' ? [] : ['dead-letters'];
    for (const list of ['deliveries', 'attempts', 'events', ...others]) {
      const { status, body } = await call('GET', `/v1/accounts/${account}/${list}?${query}`);
      expect([list, status, body.code]).toEqual([list, 400, 'invalid-request']);
      expect(body.errors[0]).toEqual({ field, message: expect.stringMatching(rule) });
      expect(Object.keys(body).toSorted()).toEqual(fields('type title status detail code errors'));
    }
  });

  test.each(['records/r', 'record?key=r', 'records/r/events', 'events/evt_x', 'deliveries/dlv_x'])(
    'an unknown parameter of %s, by name',
    async (path) => {
      const account = await newAccount();
      const { status, body } = await call(
        'GET',
        `/v1/accounts/${account}/${path}${path.includes('?') ? '&' : '?'}colour=red`,
      );
      expect([status, body.errors[0].field]).toEqual([400, 'colour']);
    },
  );

  test('a cursor of another list', async () => {
    const { at } = await failing();
    await call('POST', `${at}/events`, { type: 'a.b', record: 'r', data: 2 });
    const page = await until(`${at}/deliveries?limit=1`, ({ next }) => next !== null);
    const { status, body } = await call('GET', `${at}/events?cursor=${page.next}`);
    expect([status, body.errors[0].field]).toEqual([400, 'cursor']);
  });
});

describe('V2', () => {
  test('an event id of several records is a 409 that names them, and each is found with ?record=', async () => {
    const { at } = await failing();
    for (const record of ['r/1', 'r/2'])
      await call('POST', `${at}/events`, { id: 'twin', type: 'a.b', record, data: record });
    const body = await until(`${at}/events/twin`, ({ code }) => code === 'several-records');
    expect(body.records.toSorted()).toEqual(['r/1', 'r/2']);
    expect(body.status).toBe(409);
    for (const record of ['r/1', 'r/2']) {
      const found = await call('GET', `${at}/events/twin?record=${encodeURIComponent(record)}`);
      expect([found.status, found.body.data]).toEqual([200, record]);
    }
    const none = await call('GET', `${at}/events/twin?record=r%2F3`);
    expect([none.status, none.body.code]).toEqual([404, 'not-found']);
  });
});
