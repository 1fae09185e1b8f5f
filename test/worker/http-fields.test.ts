/**
 * P5, E1, E3: every field of every request with bad values, and the message that names field, rule
 * and value.
 */
import { expect, test } from 'vitest';
import { call, newAccount } from '../support/api.ts';

type Case = [field: string, value: unknown, message: RegExp];

const long = (length: number) => 'x'.repeat(length);
const notAField = /^"nope" is not a field of this request$/;

const ACCOUNT: Case[] = [
  ['nope', 1, notAField],
  ['name', 7, /^name must be a string; got 7$/],
  ['name', '', /^name must have 1 to 256 bytes of UTF-8; "" has 0$/],
  ['name', 'a\nb', /^name must have no control characters; .*U\+000A/],
  ['targets', 5, /^targets must be an object; got 5$/],
  ['targets', { deliverWithinMs: 5 }, /^targets\.warnAfterMs is required$/],
  [
    'targets',
    { deliverWithinMs: 0, warnAfterMs: 5 },
    /^targets\.deliverWithinMs must be a whole number from 1 to .* ms; got 0$/,
  ],
  ['targets', { deliverWithinMs: 1, warnAfterMs: 5, x: 1 }, /^"targets\.x" is not a field/],
  [
    'retention',
    { payloadDays: 1, logDays: 30 },
    /^retention\.payloadDays must be a whole number from 7 to 365 days; got 1$/,
  ],
  ['retention', { payloadDays: 30, logDays: 'x' }, /^retention\.logDays must be a number; got "x"$/],
  ['shards', 0, /^shards must be a whole number from 1 to 1024; got 0$/],
  ['shards', 1.5, /^shards must be a whole number .*; got 1\.5$/],
];

const ENDPOINT: Case[] = [
  ['nope', 1, notAField],
  ['url', undefined, /^url is required$/],
  ['url', 12, /^url must be a string; got 12$/],
  ['url', 'ftp://a.example/', /^url is refused \(url-scheme\)/],
  ['url', 'https://u:p@a.example/', /^url is refused \(url-credentials\)/],
  ['url', 'https://a.example/#x', /^url is refused \(url-fragment\)/],
  ['url', 'https://tubepost.test/hook', /^url is refused \(service-host\)/],
  ['url', 'nonsense', /^url is refused \(url-syntax\): "nonsense"/],
  ['description', 'a\tb', /^description must have no control characters/],
  ['description', long(1_025), /^description must have 0 to 1024 bytes of UTF-8; .* has 1025$/],
  ['eventTypes', 'a.b', /^eventTypes must be a list; got "a\.b"$/],
  ['eventTypes', ['a..b'], /^eventTypes must be a dotted name .*; got "a\.\.b"$/],
  ['eventTypes', [1], /^eventTypes\.0 must be a string; got 1$/],
  ['eventTypes', ['*'], /^eventTypes must not be "\*"/],
  ['filter', { a: 1 }, /^filter must have a "field", or "and", "or" or "not"$/],
  ['rateLimitPerSecond', 0, /^rateLimitPerSecond must be a whole number from 1 to 500 requests a second; got 0$/],
  ['headers', ['a'], /^headers must be an object; it is a list$/],
  ['headers', { 'bad name': 'v' }, /^headers must .*"bad name"/],
  ['headers', { Host: 'v' }, /^headers must not .*"Host"/i],
  ['headers', { 'webhook-id': 'v' }, /^headers must not .*"webhook-id"/],
  ['headers', { 'x-key': 42 }, /^headers\.x-key must be a string; it is a number$/],
  ['headers', JSON.parse('{"__proto__":"s3cret","X-B":"1"}'), /^headers must not have the name "__proto__"$/],
  ['schemaVersions', JSON.parse('{"__proto__":"1"}'), /^schemaVersions must not have the name "__proto__"$/],
  ['headers', { 'x-key': 'secret\nvalue' }, /^headers must (?!.*secret)/s],
  ['externalId', '', /^externalId must have 1 to 256 bytes/],
  ['ordering', 'fifo', /^ordering must be one of ordered, latest, unordered; got "fifo"$/],
  ['timeoutMs', 999, /^timeoutMs must be a whole number from 1000 to 30000 ms; got 999$/],
  ['timeoutMs', '5000', /^timeoutMs must be a number; got "5000"$/],
  ['retry', [], /^retry must be an object; got a list$/],
  ['retry', { scheduleSeconds: [0] }, /^retry\.scheduleSeconds must be a whole number from 1 to 86400 seconds; got 0$/],
  ['retry', { windowSeconds: 0 }, /^retry\.windowSeconds must be a whole number/],
  ['retry', { alsoRetry: [410] }, /^retry\.alsoRetry must not name 410/],
  ['retry', { alsoRetry: [200] }, /^retry\.alsoRetry must be status codes from 300 to 599; got 200$/],
  ['retry', { x: 1 }, /^"retry\.x" is not a field/],
  ['status', 'on', /^status must be one of enabled, paused, disabled; got "on"$/],
  ['statusReason', 5, /^statusReason must be a string; got 5$/],
];
const SECRET: Case[] = [
  ['secret', 'hunter2', /^secret must be "whsec_" and (?!.*hunter2)/],
  ['secret', 'whsec_AAAA', /^secret must be .*; the one given has 3$/],
  ['secret', 42, /^secret must be a string; it is a number$/],
];

const EVENT: Case[] = [
  ['nope', 1, notAField],
  ['id', 'a.b', /^id must be 1 to 128 letters, digits, "_" or "-"; got "a\.b"$/],
  ['id', 5, /^id must be a string; got 5$/],
  ['type', undefined, /^type is required$/],
  ['type', 'a b', /^type must be a dotted name .*; got "a b"$/],
  ['type', 'tubepost.test', /^type must not be "tubepost\.test", which is reserved for test sends$/],
  ['record', '', /^record must have 1 to 256 bytes of UTF-8; "" has 0$/],
  ['record', 'a/../b', /^record must have no "\." or "\.\." .* "a\/\.\.\/b" has "\.\."$/],
  ['record', 'e\u0301', /^record must be in Unicode normal form NFC/],
  ['record', 'a\u0000', /^record must have no control characters/],
  ['version', -1, /^version must be a whole number from 0 to 9007199254740991; got -1$/],
  ['version', 1.5, /^version must be a whole number .*; got 1\.5$/],
  ['version', '3', /^version must be a number; got "3"$/],
  ['occurredAt', 'yesterday', /^occurredAt must be an RFC 3339 time .*; got "yesterday"$/],
  ['occurredAt', '2026-02-30T00:00:00Z', /^occurredAt must be a day that exists/],
  ['forms', JSON.parse('{"__proto__":{},"1":{}}'), /^forms must not have the name "__proto__"$/],
  ['data', undefined, /^data is required$/],
  ['data', JSON.parse('['.repeat(70) + ']'.repeat(70)), /^data must be nested at most 64 levels deep/],
];

async function expectRefusal(method: string, path: string, good: object, [field, value, message]: Case): Promise<void> {
  const answer = await call(method, path, { ...good, [field]: value });
  expect(answer.status).toBe(400);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.body).toMatchObject({
    status: 400,
    code: 'invalid-request',
    title: expect.any(String),
    type: expect.any(String),
  });
  expect(answer.body.errors).toHaveLength(1);
  expect(answer.body.errors[0].message).toMatch(message);
  expect(answer.body.errors[0].field.startsWith(field)).toBe(true);
}

test.each(ACCOUNT)('PUT account refuses %s %j', async (...bad) => {
  await expectRefusal('PUT', '/v1/accounts/acc_fields', {}, bad);
});

test.each([...ENDPOINT, ...SECRET])('POST endpoint refuses %s %j', async (...bad) => {
  await expectRefusal('POST', `/v1/accounts/${await newAccount()}/endpoints`, { url: 'https://a.example/' }, bad);
});

test.each(ENDPOINT.filter(([field, value]) => field !== 'url' || value !== undefined))(
  'PATCH endpoint refuses %s %j',
  async (...bad) => {
    const account = await newAccount();
    const created = await call('POST', `/v1/accounts/${account}/endpoints`, { url: 'https://a.example/' });
    await expectRefusal('PATCH', `/v1/accounts/${account}/endpoints/${created.body.id}`, {}, bad);
  },
);

test('PATCH endpoint has no secret to set: rotation is another thing', async () => {
  const bad: Case = ['secret', 'whsec_AAAA', /^"secret" is not a field/];
  await expectRefusal('PATCH', `/v1/accounts/acc_none/endpoints/ep_none`, {}, bad);
});

test.each(EVENT)('POST event refuses %s %j', async (...bad) => {
  await expectRefusal('POST', `/v1/accounts/${await newAccount()}/events`, { type: 'a.b', data: {} }, bad);
});

test.each(EVENT)('a batch refuses the one event with %s %j, and takes the others', async (...bad) => {
  const [field, value, message] = bad;
  const account = await newAccount();
  const good = { type: 'a.b', data: {} };
  const { status, body } = await call('POST', `/v1/accounts/${account}/events/batch`, {
    events: [good, { ...good, [field]: value }, good],
  });
  expect(status).toBe(200);
  expect(body.results.map((result: { status: number }) => result.status)).toEqual([202, 400, 202]);
  expect(body.results[1].errors[0].message).toMatch(message);
});

const REPLAY: Case[] = [
  ['nope', 1, notAField],
  ['reason', 5, /^reason must be a string; got 5$/],
  ['reason', 'a\nb', /^reason must have no control characters/],
];
const dlv = `dlv_k${'a'.repeat(32)}_1_${'0'.repeat(26)}`;

test.each([...REPLAY, ['force', 'yes', /^force must be a boolean; got "yes"$/] satisfies Case])(
  'replay refuses %s %j',
  async (...bad) => expectRefusal('POST', `/v1/accounts/a/deliveries/${dlv}/replay`, {}, bad),
);
test.each(REPLAY)('discard refuses %s %j', async (...bad) =>
  expectRefusal('POST', `/v1/accounts/a/deliveries/${dlv}/discard`, {}, bad),
);

const QUERIES: [path: string, query: string, message: RegExp][] = [
  ['/v1/accounts', 'limit=0', /^limit must be a whole number from 1 to 200; got "0"$/],
  ['/v1/accounts', 'limit=201', /^limit must be .*; got "201"$/],
  ['/v1/accounts', 'limit=1&limit=2', /^limit must be given once; it is given 2 times$/],
  ['/v1/accounts', '=1', /^the query has a parameter without a name, before its "="$/],
  ['/v1/accounts', 'nope=1&nope=2', notAField],
  ['/v1/accounts/Q/events', 'format=json&format=csv&format=csv', /^format must be given once; it is given 3 times$/],
  ['/v1/accounts/Q/events', 'eventType=order.', /^eventType must be a dotted name .*; got "order\."$/],
  ['/v1/accounts/Q/events', 'eventType=*', /^eventType must not be "\*"/],
  ['/v1/accounts/Q/events', 'event=a.b', /^event must be 1 to 128 letters/],
  ['/v1/accounts/Q/events', 'record=a/../b', /^record must have no "\."/],
  [
    '/v1/accounts/Q/deliveries',
    'endpoint=ep_1&endpoint=x',
    /^endpoint\.0 must be the id of an endpoint, like .*; got "ep_1"$/,
  ],
  ['/v1/accounts', 'cursor=xyz', /^cursor must be the "next" of an earlier page/],
  ['/v1/accounts', 'nope=1', notAField],
  ['/v1/accounts/Q/endpoints', 'cursor=xyz', /^cursor must be the "next"/],
  ['/v1/accounts/Q/events', 'cursor=xyz', /^cursor must be the "next"/],
  ['/v1/accounts/Q/events', 'from=monday', /^from must be an RFC 3339 time .*; got "monday"$/],
  ['/v1/accounts/Q/deliveries', 'to=2026-13-01T00:00:00Z', /^to must be an RFC 3339 time/],
  ['/v1/accounts/Q/deliveries', 'status=lost', /^status must be one of queued, .*; got "lost"$/],
  ['/v1/accounts/Q/deliveries', 'statusCode=6xx', /^statusCode must be a code like 503/],
  ['/v1/accounts/Q/deliveries', 'account=b', /^"account" is not a field/],
  [
    '/v1/accounts/Q/deliveries',
    `endpoint=ep_${'0'.repeat(26)}&`.repeat(101),
    /^endpoint must have at most 100 values; it has 101$/,
  ],
  ['/v1/accounts/Q/dead-letters', 'status=dead', /^"status" is not a field/],
  ['/v1/accounts/Q/attempts', 'trigger=why', /^trigger must be one of first, retry, replay, test; got "why"$/],
  ['/v1/accounts/Q/records/r/events', 'after=-1', /^after must be a sequence, or 0 for all; got "-1"$/],
  ['/v1/accounts/Q/record', '', /^key is required$/],
  ['/v1/accounts/Q/record', 'key=..', /^key must have no "\."/],
  ['/v1/accounts/Q/events/evt_1', 'record=', /^record must have 1 to 256 bytes/],
  ['/v1/deliveries', 'account=a.b', /^account must be 1 to 64 letters.*; got "a\.b"$/],
  ['/v1/attempts', 'account=a&account=b', /^account must be given once; it is given 2 times$/],
  ['/v1/endpoints', 'status=on', /^status must be one of enabled, paused, disabled/],
];
test.each(QUERIES)('GET %s?%s is refused', async (path, query, message) => {
  const account = await newAccount();
  const answer = await call('GET', `${path.replace('Q', account)}?${query}`);
  expect(answer.status).toBe(400);
  expect(answer.body.errors[0].message).toMatch(message);
});

test('an account id that breaks the rule is refused in every path', async () => {
  const answer = await call('PUT', '/v1/accounts/a.b', {});
  expect(answer.body.errors[0].message).toBe('account must be 1 to 64 letters, digits, "_" or "-"; got "a.b"');
});

test('every wrong field of one request is named at once', async () => {
  const answer = await call('POST', '/v1/accounts/a/events', { type: 'a b', version: -1, extra: 1, data: {} });
  expect(answer.body.errors.map((error: { field: string }) => error.field).sort()).toEqual([
    'extra',
    'type',
    'version',
  ]);
});

test('a name of any length is cut where it is told', async () => {
  const account = await newAccount();
  const body = { url: 'https://a.example.com/', headers: { ['x'.repeat(100_000)]: 1 } };
  const answer = await call('POST', `/v1/accounts/${account}/endpoints`, body);
  expect(answer.status).toBe(400);
  expect(answer.text.length).toBeLessThan(2_000);
});

test('a batch of none, or of more than 100, is refused as a whole', async () => {
  const account = await newAccount();
  const none = await call('POST', `/v1/accounts/${account}/events/batch`, { events: [] });
  expect(none.body.errors[0].message).toBe('events must have 1 to 100 events; it has 0');
  const many = await call('POST', `/v1/accounts/${account}/events/batch`, { events: Array(101).fill({}) });
  expect(many.body.errors[0].message).toBe('events must have 1 to 100 events; it has 101');
});

test('a value that is no double is shown as it was sent', async () => {
  const account = await newAccount();
  const refused = async (path: string, text: string) =>
    (await call('POST', `/v1/accounts/${account}/${path}`, text)).body;
  const double = 'must be a number that a double holds';
  for (const [path, text, message] of [
    ['events', '{"type": "a.b", "data": 1, "version": 9007199254740993}', `version ${double}; got 9007199254740993`],
    ['events', '{"type": 1e400, "data": 1}', 'type must be a string; got 1e400'],
    [
      'endpoints',
      '{"url": "https://a.example/", "timeoutMs": 1e400}',
      `timeoutMs ${double}; 1e400 would become Infinity`,
    ],
    [
      'endpoints',
      '{"url": "https://a.example/", "filter": {"field": "data.n", "equals": 0.1234567890123456789}}',
      `filter.equals ${double}; 0.1234567890123456789 would become 0.12345678901234568`,
    ],
  ] as const) {
    expect((await refused(path, text)).errors.map((one: { message: string }) => one.message)).toEqual([message]);
  }
});

test('statusReason is refused, and not dropped, while the endpoint is enabled', async () => {
  const account = await newAccount();
  const path = `/v1/accounts/${account}/endpoints`;
  const url = 'https://a.example/';
  const message = /^statusReason must be left out while the status is "enabled"/;
  for (const status of [undefined, 'enabled']) {
    const answer = await call('POST', path, { url, status, statusReason: 'moving' });
    expect([answer.status, answer.body.errors?.[0]?.message]).toEqual([400, expect.stringMatching(message)]);
  }
  const created = await call('POST', path, { url, status: 'paused', statusReason: 'moving' });
  expect(created.body.statusReason).toBe('moving');
  const one = `${path}/${created.body.id}`;
  expect((await call('PATCH', one, { statusReason: 'moved' })).body.statusReason).toBe('moved');
  expect((await call('PATCH', one, { status: 'enabled', statusReason: 'done' })).status).toBe(400);
  expect((await call('PATCH', one, { status: 'enabled', statusReason: null })).body.statusReason).toBeNull();
  expect((await call('PATCH', one, { statusReason: 'again' })).body.errors[0].message).toMatch(message);
});

test('a replay or discard of a range names an endpoint and event types by their shape', async () => {
  const account = await newAccount();
  const endpoint = `ep_${'0'.repeat(26)}`;
  for (const path of ['replays', 'dead-letters/discard']) {
    await expectRefusal('POST', `/v1/accounts/${account}/${path}`, {}, [
      'endpoint',
      'CRM',
      /^endpoint must be the id of an endpoint, like .*; got "CRM"$/,
    ]);
    await expectRefusal('POST', `/v1/accounts/${account}/${path}`, { endpoint }, [
      'eventTypes',
      ['a.*', 'b..*'],
      /^eventTypes\.1 must be an event type, or one followed by "\.\*"; got "b\.\.\*"$/,
    ]);
  }
});
