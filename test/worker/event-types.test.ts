/** P6, P7: the catalogue from the request that fills it to what receivers get. */
import { env } from 'cloudflare:workers';
import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { call, newAccount } from '../support/api.ts';
import { answers, arrival, release, requests } from '../support/receiver.ts';
import { soon } from '../support/soon.ts';
import { shardOf } from '../support/shards.ts';

const OK = { status: 200 };
const BROKEN = { status: 500 };
let account: string;
let host: string;
let types = 0;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  account = await newAccount();
  host = `https://${account.replace('_', '-')}.example.com`;
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** The catalogue is one for all accounts, and for all tests of this file. */
async function newType(settings: object = {}): Promise<string> {
  types += 1;
  const name = `plan.updated-${types}`;
  const made = await call('PUT', `/v1/event-types/${name}`, settings);
  expect(made.status, made.text).toBe(201);
  return name;
}

const plan = {
  type: 'object',
  properties: { plan: { type: 'string', enum: ['pro', 'team'] }, seats: { type: 'integer', minimum: 1 } },
  required: ['plan'],
};
const planWith = (properties: object, required = ['plan']) => ({
  ...plan,
  properties: { ...plan.properties, ...properties },
  required,
});

async function endpoint(name: string, settings: object = {}): Promise<string> {
  const made = await call('POST', `/v1/accounts/${account}/endpoints`, { url: `${host}/${name}`, ...settings });
  expect(made.status, made.text).toBe(201);
  return made.body.id;
}
const publish = (event: object) => call('POST', `/v1/accounts/${account}/events`, event);
const delivery = async (id: string) => (await call('GET', `/v1/accounts/${account}/deliveries/${id}`)).body;

function becomes(id: string, wanted: string) {
  return soon(async () => {
    const now = await delivery(id);
    if (now.status !== wanted) throw new Error(`${id} is ${now.status}, not ${wanted}`);
    return now;
  });
}
const bodiesOf = async (name: string) => (await requests(`${host}/${name}`)).map(({ body }) => JSON.parse(body));
async function stubOf(record: string) {
  return await shardOf(account, record);
}

describe('the catalogue', () => {
  test('keeps what is set, changes only what is given, and survives a restart', async () => {
    const name = await newType({
      description: 'A plan was changed',
      example: { plan: 'pro' },
      schema: plan,
      strict: true,
    });
    await call('PUT', `/v1/event-types/${name}`, { retryWindowSeconds: 30, latestGroup: 'plan' });
    await evictDurableObject(env.CATALOGUE.getByName('v1'));
    expect((await call('GET', `/v1/event-types/${name}`)).body).toMatchObject({
      name,
      description: 'A plan was changed',
      example: { plan: 'pro' },
      strict: true,
      retryWindowSeconds: 30,
      expireAfterSeconds: null,
      latestGroup: 'plan',
      latestOnly: false,
      dataVersion: '1',
      archived: false,
      schema: plan,
      versions: [{ version: '1' }],
    });
  });

  test('lists types newest first, page by page, and archived ones only when asked for', async () => {
    const [a, b, c] = [await newType(), await newType(), await newType()];
    await call('PUT', `/v1/event-types/${b}`, { archived: true });
    const first = (await call('GET', '/v1/event-types?limit=1')).body;
    expect(first.data.map((type: { name: string }) => type.name)).toEqual([c]);
    const second = (await call('GET', `/v1/event-types?limit=1&cursor=${first.next}`)).body;
    expect(second.data.map((type: { name: string }) => type.name)).toEqual([a]);
    const archived = (await call('GET', '/v1/event-types?archived=true')).body.data;
    expect(archived.map((type: { name: string }) => type.name)).toContain(b);
  });

  test('says which field breaks which rule', async () => {
    const name = await newType();
    const wrong = await call('PUT', `/v1/event-types/${name}`, {
      schema: { type: 'object', requird: ['plan'], properties: { plan: { type: 'strin' } } },
      expireAfterSeconds: 0,
    });
    expect([wrong.status, wrong.body.errors]).toEqual([
      400,
      [
        { field: 'schema/requird', message: expect.stringContaining('is not a keyword that is known here') },
        { field: 'schema/properties/plan/type', message: expect.stringContaining('got "strin"') },
        { field: 'expireAfterSeconds', message: expect.stringMatching(/from 1 to 2592000 seconds; got 0$/) },
      ],
    ]);
    const noSchema = await call('PUT', `/v1/event-types/${name}`, { strict: true });
    expect(noSchema.body.errors[0].message).toContain('has no schema');
    expect((await call('GET', '/v1/event-types/no.such')).status).toBe(404);
  });

  test('does not hold the type of test sends', async () => {
    const refused = await call('PUT', '/v1/event-types/tubepost.test', {});
    expect([refused.status, refused.body.errors[0].message]).toEqual([400, expect.stringContaining('is reserved')]);
  });

  test('refuses an example that its own schema would refuse', async () => {
    const name = await newType({ schema: plan });
    const wrong = await call('PUT', `/v1/event-types/${name}`, { example: { plan: 'free' } });
    expect([wrong.status, wrong.body.errors[0]]).toEqual([
      400,
      { field: 'example/plan', message: expect.stringContaining('got "free"') },
    ]);
  });
});

describe('a strict type', () => {
  test('lets through what fits, and says of what does not where, by which rule and with which value', async () => {
    const type = await newType({ schema: plan, strict: true });
    expect((await publish({ type, data: { plan: 'pro', more: 1 } })).status).toBe(202);
    const wrong = await publish({ type, data: { plan: 'pro', seats: 0 } });
    expect([wrong.status, wrong.body.code]).toEqual([400, 'schema-violation']);
    expect(wrong.body.errors).toEqual([
      { field: 'data/seats', message: `data/seats must be at least 1; got 0 (schema 1 of ${type})` },
    ]);
    expect((await publish({ type, data: {} })).body.errors[0].field).toBe('data/plan');
  });

  test('fails one event of a batch alone', async () => {
    const type = await newType({ schema: plan, strict: true });
    const events = [{ plan: 'pro' }, { plan: 'free' }, { plan: 'team' }].map((data) => ({ type, data }));
    const { body } = await call('POST', `/v1/accounts/${account}/events/batch`, { events });
    expect(body.results.map((result: { status: number }) => result.status)).toEqual([202, 400, 202]);
  });

  test('is checked before anything is stored, and a type that is not strict is not checked', async () => {
    const type = await newType({ schema: plan, strict: true });
    await publish({ id: 'evt_same', record: 'sub/1', type, data: { plan: 'free' } });
    expect((await publish({ id: 'evt_same', record: 'sub/1', type, data: { plan: 'pro' } })).body.duplicate).toBe(
      false,
    );
    await call('PUT', `/v1/event-types/${type}`, { strict: false });
    expect((await publish({ type, data: 'anything' })).status).toBe(202);
  });

  test('answers an event that was accepted before as it did then, whatever the catalogue says by now', async () => {
    const type = await newType({});
    const first = await publish({ id: 'before-1', type, data: 1 });
    await call('PUT', `/v1/event-types/${type}`, { archived: true });
    const again = await publish({ id: 'before-1', type, data: 1 });
    expect(again.body).toMatchObject({ id: first.body.id, sequence: first.body.sequence, duplicate: true });
    expect((await publish({ id: 'before-1', type, data: 2 })).body).toMatchObject({ code: 'event-conflict' });
    expect((await publish({ id: 'new-1', type, data: 1 })).body).toMatchObject({ code: 'event-type-archived' });
  });

  test('is refused once it is archived, and taken back', async () => {
    const type = await newType({ archived: true });
    expect((await publish({ type, data: 1 })).body).toMatchObject({ status: 409, code: 'event-type-archived' });
    await call('PUT', `/v1/event-types/${type}`, { archived: false });
    expect((await publish({ type, data: 1 })).status).toBe(202);
  });
});

test('nothing is refused by what an isolate remembers: what another changed a moment ago is read first', async () => {
  const type = await newType({ schema: plan, strict: true });
  const elsewhere = env.CATALOGUE.getByName('v1');
  const version2 = { schemaJson: JSON.stringify({ properties: { tier: {} }, required: ['tier'] }) };
  expect((await publish({ type, data: { plan: 'pro' } })).status).toBe(202);
  await elsewhere.putVersion(type, '2', version2);
  expect((await publish({ type, forms: { 2: { tier: 1 } } })).status).toBe(202);
  await elsewhere.put(type, { strict: false });
  expect((await publish({ type, data: 'anything' })).status).toBe(202);
  await call('PUT', `/v1/event-types/${type}`, { archived: true });
  await elsewhere.put(type, { archived: false });
  expect((await publish({ type, data: 'anything' })).status).toBe(202);
  await elsewhere.put(`${type}.new`, version2);
  expect((await publish({ type: `${type}.new`, forms: { 1: { tier: 1 } } })).status).toBe(202);
});

test('a change through another isolate is in force once what is remembered is too old', async () => {
  const type = await newType({ schema: plan });
  expect((await publish({ type, data: {} })).status).toBe(202);
  await env.CATALOGUE.getByName('v1').put(type, { strict: true });
  vi.setSystemTime(Date.now() + 4_000);
  expect((await publish({ type, data: {} })).status).toBe(400);
});

test('without the Catalogue nothing is refused or accepted half-checked: 503 with the id, unless remembered types are fresh enough', async () => {
  const type = await newType({ schema: plan, strict: true });
  expect((await publish({ type, data: { plan: 'pro' } })).status).toBe(202);
  vi.spyOn(env.CATALOGUE, 'getByName').mockImplementation(() => {
    throw Object.assign(new Error('gone'), { retryable: true });
  });
  vi.setSystemTime(Date.now() + 60_000);
  expect((await publish({ type, data: { plan: 'team' } })).status).toBe(202);
  // A refusal must be sure: nobody can ask.
  expect((await publish({ id: 'evt_1', type, data: { plan: 'free' } })).body).toMatchObject({
    status: 503,
    id: 'evt_1',
  });
  vi.setSystemTime(Date.now() + 3_600_000);
  expect((await publish({ id: 'evt_2', type, data: { plan: 'pro' } })).body).toMatchObject({
    status: 503,
    id: 'evt_2',
  });
});

describe('versions', () => {
  test('a breaking change is refused with every place it breaks, unless it is a new version', async () => {
    const type = await newType({ schema: plan });
    const broken = {
      type: 'object',
      properties: { plan: { type: 'string', enum: ['pro'] }, id: { type: 'string' } },
      required: ['plan', 'id'],
    };
    const refused = await call('PUT', `/v1/event-types/${type}`, { schema: broken });
    expect([refused.status, refused.body.code, refused.body.nextVersion]).toEqual([409, 'breaking-change', '2']);
    expect(refused.body.changes).toEqual([
      { pointer: '/plan', message: '"team" is no longer allowed' },
      { pointer: '/seats', message: 'the field was removed' },
      { pointer: '/id', message: 'the field was added (text) and must be there' },
    ]);
    const published = await call('PUT', `/v1/event-types/${type}/versions/2`, { schema: broken });
    expect([published.status, published.body.versions.length, published.body.dataVersion]).toEqual([201, 2, '1']);
    expect((await call('PUT', `/v1/event-types/${type}/versions/2`, { schema: broken })).status).toBe(200);
    expect(
      (await call('PUT', `/v1/event-types/${type}/versions/4`, { schema: broken })).body.errors[0].message,
    ).toContain('"3"');
    const diff = (await call('GET', `/v1/event-types/${type}/versions/1/diff/2`)).body;
    expect(diff).toMatchObject({ type, from: '1', to: '2', breaks: true });
    expect(diff.text).toContain('! /seats: the field was removed');
    expect((await call('GET', `/v1/event-types/${type}/versions/1`)).body.schema).toEqual(plan);
  });

  test('a change that breaks nobody takes its place', async () => {
    const type = await newType({ schema: plan });
    const wider = planWith({ note: { type: 'string' } });
    expect((await call('PUT', `/v1/event-types/${type}`, { schema: wider })).body).toMatchObject({
      schema: wider,
      versions: [{ version: '1' }],
    });
  });

  test('a new version breaks no publisher: plain data stays in the version that it was in, until that is moved', async () => {
    const type = await newType({ schema: plan, strict: true });
    await call('PUT', `/v1/event-types/${type}/versions/2`, {
      schema: planWith({ id: { type: 'string' } }, ['plan', 'id']),
    });
    expect((await publish({ type, data: { plan: 'pro' } })).status).toBe(202);
    await call('PUT', `/v1/event-types/${type}`, { dataVersion: '2' });
    expect((await publish({ type, data: { plan: 'pro' } })).body.errors[0].field).toBe('data/id');
  });
});

describe('forms', () => {
  const versioned = async () => {
    const type = await newType({ schema: plan, strict: true });
    await call('PUT', `/v1/event-types/${type}/versions/2`, {
      schema: { type: 'object', properties: { tier: { type: 'string' } }, required: ['tier'] },
    });
    return type;
  };

  test('each endpoint is sent the form that it pins, others the newest, in every attempt the same bytes', async () => {
    const type = await versioned();
    const old = await endpoint('old', { schemaVersions: { [type]: '1' } });
    await endpoint('new');
    await answers(`${host}/old`, BROKEN);
    await answers(`${host}/new`, OK);
    const forms = { 1: { plan: 'pro' }, 2: { tier: 'gold' } };
    const { body, status } = await publish({ type, record: 'sub/1', forms });
    expect(status).toBe(202);
    const toOld = body.deliveries.find((one: { endpoint: string }) => one.endpoint === old);
    await becomes(toOld.id, 'retrying');
    // Fixed at acceptance: what it pins now concerns what comes now.
    await call('PATCH', `/v1/accounts/${account}/endpoints/${old}`, { schemaVersions: {} });
    await answers(`${host}/old`, OK);
    const stub = await stubOf('sub/1');
    await evictDurableObject(stub);
    vi.setSystemTime(Date.now() + 20_000);
    await runDurableObjectAlarm(stub);
    await becomes(toOld.id, 'delivered');
    const [first, again] = await bodiesOf('old');
    expect(first).toMatchObject({ schemaVersion: '1', data: { plan: 'pro' } });
    expect(again).toEqual(first);
    expect((await bodiesOf('new'))[0]).toMatchObject({ schemaVersion: '2', data: { tier: 'gold' } });
    expect(await delivery(toOld.id)).toMatchObject({ schemaVersion: '1', data: { plan: 'pro' } });
    const event = (await call('GET', `/v1/accounts/${account}/events/${body.id}`)).body;
    expect(event).toMatchObject({ schemaVersion: '2', data: { tier: 'gold' }, forms });
  });

  test('a replay sends the form that was sent', async () => {
    const type = await versioned();
    const old = await endpoint('replayed', { schemaVersions: { [type]: '1' } });
    await answers(`${host}/replayed`, OK);
    const { body } = await publish({ type, record: 'sub/1', forms: { 1: { plan: 'pro' }, 2: { tier: 'gold' } } });
    await becomes(body.deliveries[0].id, 'delivered');
    await call('PATCH', `/v1/accounts/${account}/endpoints/${old}`, { schemaVersions: {} });
    const replayed = await call('POST', `/v1/accounts/${account}/deliveries/${body.deliveries[0].id}/replay`);
    await becomes(replayed.body.id, 'delivered');
    const [first, again] = await bodiesOf('replayed');
    expect(again).toEqual(first);
  });

  test('without the pinned form the nearest older one is sent, and never nothing', async () => {
    const type = await versioned();
    await endpoint('early', { schemaVersions: { [type]: '1' } });
    await endpoint('late', { schemaVersions: { [type]: '2' } });
    const { body } = await publish({ type, forms: { 2: { tier: 'gold' } } });
    const { body: plain } = await publish({ type, data: { plan: 'pro' } });
    for (const { id } of [...body.deliveries, ...plain.deliveries]) await becomes(id, 'delivered');
    const versionsOf = async (name: string) => new Set((await bodiesOf(name)).map((one) => one.schemaVersion));
    const both = new Set(['1', '2']);
    expect([await versionsOf('early'), await versionsOf('late')]).toEqual([both, both]);
  });

  test('a filter looks at the form that its endpoint will get', async () => {
    const type = await versioned();
    const isPro = { field: 'data.plan', equals: 'pro' };
    await endpoint('filtered', { schemaVersions: { [type]: '1' }, filter: isPro });
    await endpoint('unpinned', { filter: isPro });
    const { body } = await publish({ type, forms: { 1: { plan: 'pro' }, 2: { tier: 'gold' } } });
    expect(body.deliveryCount).toBe(1);
  });

  test.each([
    [{ data: { plan: 'pro' }, forms: { 1: { plan: 'pro' } } }, 'forms', /must not stand beside data/],
    [{}, 'data', /^data is required$/],
    [{ forms: {} }, 'forms', /must have 1 to 10 forms; it has 0/],
    [{ forms: { 3: {} } }, 'forms.3', /must be a version of the event type .*, which has 1 to 2$/],
    [{ forms: { '01': {} } }, 'forms', /got "01"$/],
    [{ forms: { 1: { plan: 'pro' }, 2: { tier: 5 } } }, 'forms.2/tier', /must be text; got 5/],
  ])('%j is refused at %s', async (content, field, message) => {
    const type = await versioned();
    const { status, body } = await publish({ type, ...content });
    expect([status, body.errors]).toEqual([400, [{ field, message: expect.stringMatching(message) }]]);
  });

  test('are refused for a type that the catalogue does not have, and counted in the content of an id', async () => {
    expect((await publish({ type: 'no.such', forms: { 1: {} } })).body.errors[0].field).toBe('forms');
    const type = await versioned();
    const event = { id: 'evt_forms', type, record: 'sub/1' };
    expect((await publish({ ...event, forms: { 1: { plan: 'pro' }, 2: { tier: 'a' } } })).status).toBe(202);
    expect((await publish({ ...event, forms: { 2: { tier: 'a' }, 1: { plan: 'pro' } } })).body.duplicate).toBe(true);
    expect((await publish({ ...event, forms: { 1: { plan: 'team' }, 2: { tier: 'a' } } })).status).toBe(409);
    expect((await publish({ ...event, data: { plan: 'pro' } })).status).toBe(409);
  });

  test('an endpoint cannot pin a version that is not there', async () => {
    const type = await versioned();
    const pin = (schemaVersions: object) =>
      call('POST', `/v1/accounts/${account}/endpoints`, { url: `${host}/x`, schemaVersions });
    expect((await pin({ [type]: '3' })).body.errors).toEqual([
      { field: `schemaVersions.${type}`, message: expect.stringMatching(/which has 1 to 2; got "3"$/) },
    ]);
    expect((await pin({ 'no.such': '1' })).body.errors[0].message).toContain('which the catalogue does not have');
    expect((await pin({ [type]: 'newest' })).status).toBe(400);
  });
});

describe('a type that expires', () => {
  test('ends what waits for a retry as dead, reason expired, and sends what comes after', async () => {
    const type = await newType({ expireAfterSeconds: 30 });
    await endpoint('slow', { retry: { scheduleSeconds: [20, 600] } });
    await answers(`${host}/slow`, BROKEN);
    const { body } = await publish({ type, record: 'sub/1', data: 1 });
    const { id } = body.deliveries[0];
    await becomes(id, 'retrying');
    const next = (await publish({ type: 'other', record: 'sub/1', data: 2 })).body.deliveries[0].id;
    await answers(`${host}/slow`, OK);
    vi.setSystemTime(Date.now() + 30_000);
    await runDurableObjectAlarm(await stubOf('sub/1'));
    expect(await becomes(id, 'dead')).toMatchObject({
      reason: 'expired',
      note: expect.stringContaining('worth sending'),
    });
    await becomes(next, 'delivered');
  });

  test('ends what is held by a pause, by an alarm and not by luck', async () => {
    const type = await newType({ expireAfterSeconds: 30 });
    await endpoint('paused', { status: 'paused' });
    const { body } = await publish({ type, record: 'sub/1', data: 1 });
    await becomes(body.deliveries[0].id, 'held');
    const stub = await stubOf('sub/1');
    await evictDurableObject(stub);
    vi.setSystemTime(Date.now() + 30_000);
    await runDurableObjectAlarm(stub);
    expect(await delivery(body.deliveries[0].id)).toMatchObject({ status: 'dead', reason: 'expired' });
  });

  test('lets a request that is under way deliver', async () => {
    const type = await newType({ expireAfterSeconds: 10 });
    await endpoint('hangs', { timeoutMs: 30_000 });
    await answers(`${host}/hangs`, 'hang');
    const { body } = await publish({ type, record: 'sub/1', data: 1 });
    await arrival(`${host}/hangs`, 1);
    vi.setSystemTime(Date.now() + 12_000);
    await runDurableObjectAlarm(await stubOf('sub/1'));
    await release(`${host}/hangs`, OK);
    await becomes(body.deliveries[0].id, 'delivered');
  });

  test('is replayed anyway: a person asked for it', async () => {
    const type = await newType({ expireAfterSeconds: 5 });
    await endpoint('later');
    await answers(`${host}/later`, BROKEN);
    const { body } = await publish({ type, record: 'sub/1', data: 1 });
    const dead = await becomes(body.deliveries[0].id, 'dead');
    // A retry that would come too late is not waited for.
    expect([dead.reason, dead.attemptLog[0].willRetry]).toEqual(['expired', false]);
    await answers(`${host}/later`, OK);
    const replayed = await call('POST', `/v1/accounts/${account}/deliveries/${dead.id}/replay`);
    await becomes(replayed.body.id, 'delivered');
  });
});

test('the shorter retry window is in force, the type’s or the endpoint’s', async () => {
  const type = await newType({ retryWindowSeconds: 5 });
  await endpoint('crm', { retry: { scheduleSeconds: [60], windowSeconds: 3_600 } });
  await answers(`${host}/crm`, BROKEN);
  const { body } = await publish({ type, data: 1 });
  expect(await becomes(body.deliveries[0].id, 'dead')).toMatchObject({ reason: 'window-passed', attempts: 1 });
  const other = (await publish({ type: 'other', data: 1 })).body;
  await becomes(other.deliveries[0].id, 'retrying');
});

describe('of which only the latest matters', () => {
  test('types of one group replace each other in a latest lane', async () => {
    const [a, b] = [await newType({ latestGroup: 'plan' }), await newType({ latestGroup: 'plan' })];
    await endpoint('latest', { ordering: 'latest', status: 'paused' });
    const first = (await publish({ type: a, record: 'sub/1', data: 1 })).body.deliveries[0];
    const second = (await publish({ type: b, record: 'sub/1', data: 2 })).body.deliveries[0];
    expect(await becomes(first.id, 'superseded')).toMatchObject({ supersededBy: second.id });
  });

  test('newer events replace older ones that wait in an ordered lane, and events of other types stay', async () => {
    const type = await newType({ latestOnly: true });
    await endpoint('ordered', { status: 'paused' });
    const first = (await publish({ type, record: 'sub/1', data: 1 })).body.deliveries[0];
    const other = (await publish({ type: 'other', record: 'sub/1', data: 2 })).body.deliveries[0];
    const last = (await publish({ type, record: 'sub/1', data: 3 })).body.deliveries[0];
    expect(await becomes(first.id, 'superseded')).toMatchObject({ supersededBy: last.id });
    expect(['queued', 'held']).toContain((await delivery(other.id)).status);
  });
});

test('what GET answers of a type and of a version can be sent back, and changes nothing but what was changed in it', async () => {
  const path = '/v1/event-types/sent.back';
  await call('PUT', path, { description: 'first' });
  const bare = (await call('GET', path)).body;
  expect(bare).toMatchObject({ schema: null, example: null, dataVersion: null });
  const same = await call('PUT', path, { ...bare, description: 'second' });
  expect([same.status, same.body.description, same.body.schema]).toEqual([200, 'second', null]);
  const { schema } = (await call('PUT', path, { schema: { type: 'object' }, example: {} })).body;
  expect(schema).toEqual({ type: 'object' });
  const put = await call('PUT', path, { ...(await call('PUT', path, {})).body, strict: true });
  expect([put.status, put.body.strict, put.body.dataVersion]).toEqual([200, true, '1']);
  const version = (await call('GET', `${path}/versions/1`)).body;
  expect((await call('PUT', `${path}/versions/1`, version)).status).toBe(200);
  for (const [at, body, field] of [
    [path, { name: 'another.type' }, 'name'],
    [path, { schema: null }, 'schema'],
    [`${path}/versions/1`, { ...version, version: '2' }, 'version'],
    [`${path}/versions/1`, { ...version, type: 'another.type' }, 'type'],
  ] as const) {
    const refused = await call('PUT', at, body);
    expect([refused.status, refused.body.errors[0].field]).toEqual([400, field]);
  }
});
