/**
 * R2: what an endpoint did not get because it was not there yet, did not want it then, or was
 * disabled, is found and sent.
 */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { call, newAccount } from '../support/api.ts';
import { untilFinished } from '../support/jobs.ts';
import { answers, requests } from '../support/receiver.ts';
import { soon } from '../support/soon.ts';

let account: string;
let host: string;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  account = await newAccount();
  host = `https://${account.replace('_', '-')}.missing.example.com`;
  for (const path of ['old', 'older', 'new']) await answers(`${host}/${path}`, { status: 200 });
});
afterEach(() => {
  vi.useRealTimers();
});

const at = () => `/v1/accounts/${account}`;
const answered = () => new Promise((resolve) => setTimeout(resolve, 5));
const FAR = () => new Date(Date.now() + 60_000).toISOString();

async function endpointAt(path: string, given: object = {}): Promise<string> {
  const { status, body, text } = await call('POST', `${at()}/endpoints`, { url: `${host}/${path}`, ...given });
  expect(status, text).toBe(201);
  return body.id;
}

async function publish(event: object) {
  const { status, body, text } = await call('POST', `${at()}/events`, event);
  expect(status, text).toBe(202);
  return body;
}

const missing = (endpoint: string, given: object = {}) =>
  call('POST', `${at()}/replays`, { endpoint, missing: true, to: FAR(), ...given });

async function counts(endpoint: string, count: number, given: object = {}) {
  return soon(async () => {
    const { body } = await missing(endpoint, { dryRun: true, ...given });
    expect(body).toMatchObject({ count });
    return body;
  });
}

async function replay(endpoint: string, given: object = {}) {
  const started = await missing(endpoint, given);
  expect(started.status, started.text).toBe(202);
  return untilFinished(started.body.id, answered);
}

async function sent(path: string) {
  return (await requests(`${host}/${path}`)).map(({ headers, body }) => ({
    headers,
    body: JSON.parse(body),
    text: body,
  }));
}

test('events from before an endpoint was there reach it, each record in order, once, and show in every read', async () => {
  // Two endpoints have it: it is still one event.
  for (const path of ['old', 'older']) await endpointAt(path, { eventTypes: ['a.*'] });
  for (let n = 0; n < 3; n += 1) await publish({ type: 'a.b', record: `r/${n % 2}`, data: { n } });
  // Nobody wanted this one.
  const unwanted = await publish({ type: 'x.y', record: 'r/0', data: 3 });
  const endpoint = await endpointAt('new');
  await publish({ type: 'a.b', record: 'r/0', data: 'live' });
  const dry = await counts(endpoint, 4);
  expect(dry).toMatchObject({ records: 2, byStatus: { missing: 4 }, byEventType: { 'a.b': 3, 'x.y': 1 } });
  expect((await missing(endpoint, { limit: 3 })).status).toBe(400);

  const done = await replay(endpoint, { reason: 'a new CRM' });
  expect(done.progress).toMatchObject({ total: 4, done: 4, failed: 0, skipped: 0 });
  const [live, ...rest] = await sent('new');
  expect(live?.body.data).toBe('live');
  expect(rest.filter(({ body }) => body.record === 'r/0').map(({ body }) => body.sequence)).toEqual([1, 2, 3]);
  const first = (await sent('old')).find(({ body }) => body.record === 'r/0' && body.sequence === 1);
  const again = rest.find(({ body }) => body.record === 'r/0' && body.sequence === 1);
  expect(again?.text).toBe(first?.text);
  expect(again?.headers['webhook-replay']).toMatch(/_r1$/);

  // Twice is once, whatever the log knows of it by now.
  await replay(endpoint);
  expect(await sent('new')).toHaveLength(5);
  await counts(endpoint, 0);

  const { body: event } = await call('GET', `${at()}/events/${unwanted.id}`);
  expect(event).toMatchObject({ deliveryCount: 0, deliveries: [{ endpoint, status: 'delivered', outOfOrder: true }] });
  const [made] = event.deliveries;
  const { body: detail } = await call('GET', `${at()}/deliveries/${made.id}`);
  expect(detail).toMatchObject({
    replayOf: null,
    note: expect.stringContaining('by a replay'),
    replay: { missing: true, job: done.id, reason: 'a new CRM' },
  });
  await soon(async () => {
    for (const list of [
      `replays/${done.id}/deliveries?`,
      'deliveries?trigger=replay&',
      'deliveries?trigger=replay&format=ndjson&',
    ]) {
      const { text } = await call('GET', `${at()}/${list}endpoint=${endpoint}`);
      expect(text, list).toContain(made.id);
    }
    const { body: listed } = await call('GET', `${at()}/deliveries?trigger=replay`);
    expect(listed.data).toHaveLength(4);
    expect(listed.data.map((one: { replayOf: null }) => one.replayOf)).toEqual([null, null, null, null]);
  });
});

test('its types are matched from the log, its filter at the record: what it does not want is skipped with the reason', async () => {
  await endpointAt('old');
  for (const [n, type] of ['a.b', 'a.c', 'other', 'a.b'].entries()) await publish({ type, record: 'r/1', data: { n } });
  const filter = { field: 'data.n', lessThan: 3 };
  const endpoint = await endpointAt('new', { eventTypes: ['a.*'], filter });
  const dry = await counts(endpoint, 3);
  expect(dry.note).toContain('has a filter');
  expect((await counts(endpoint, 1, { eventTypes: ['a.c'] })).note).toContain('fewer may be sent');
  const done = await replay(endpoint);
  expect(done.progress).toMatchObject({ total: 3, done: 2, skipped: 1 });
  const { body: shown } = await call('GET', `${at()}/replays/${done.id}`);
  expect(shown).toMatchObject({ skippedBy: { filtered: 1 }, skips: [{ reason: 'filtered' }] });
  expect((await sent('new')).map(({ body }) => body.data.n)).toEqual([0, 1]);
});

test('what was cancelled because it was disabled is missing too; of one that is disabled still, each is named', async () => {
  await endpointAt('old');
  const endpoint = await endpointAt('new');
  await publish({ type: 'a.b', record: 'r/1', data: 0 });
  await soon(async () => expect(await sent('new')).toHaveLength(1));
  await call('PATCH', `${at()}/endpoints/${endpoint}`, { status: 'disabled' });
  await publish({ type: 'a.b', record: 'r/1', data: 1 });
  // The log may have the other endpoint's delivery first: until then this one was never made.
  await soon(async () => expect(await counts(endpoint, 1)).toMatchObject({ byStatus: { cancelled: 1 } }));
  const refused = await replay(endpoint);
  expect(refused).toMatchObject({
    progress: { done: 0, failed: 1 },
    failures: [{ reason: expect.stringContaining('disabled') }],
  });
  await call('PATCH', `${at()}/endpoints/${endpoint}`, { status: 'enabled' });
  expect((await replay(endpoint)).progress).toMatchObject({ done: 1 });
  expect((await sent('new')).map(({ body }) => body.data)).toEqual([0, 1]);
});

test('a missing replay that fails is a dead letter, and is replayed as one', async () => {
  await endpointAt('old');
  const event = await publish({ type: 'a.b', record: 'r/1', data: 0 });
  await answers(`${host}/new`, { status: 401 });
  const endpoint = await endpointAt('new');
  await counts(endpoint, 1);
  expect((await replay(endpoint)).progress).toMatchObject({ done: 0, failed: 1 });
  await answers(`${host}/new`, { status: 200 });
  await soon(async () => {
    const { body } = await call('POST', `${at()}/replays`, { endpoint, dryRun: true, to: FAR() });
    expect(body).toMatchObject({ count: 1, byStatus: { dead: 1 } });
  });
  const started = await call('POST', `${at()}/replays`, { endpoint, to: FAR() });
  expect((await untilFinished(started.body.id, answered)).progress).toMatchObject({ done: 1 });
  const { body } = await call('GET', `${at()}/events/${event.id}`);
  const own = body.deliveries.filter((one: { endpoint: string }) => one.endpoint === endpoint);
  expect(own).toMatchObject([
    { status: 'dead', replayOf: null, replayedBy: own[1].id, replayResolved: true },
    { status: 'delivered', replayOf: own[0].id },
  ]);
});

test('missing with statuses or status codes is refused: it has neither', async () => {
  const endpoint = await endpointAt('new');
  for (const field of ['statuses', 'statusCodes']) {
    const { status, body } = await missing(endpoint, { [field]: [field === 'statuses' ? 'dead' : '500'] });
    expect([status, body.errors[0].field]).toEqual([400, field]);
  }
});
