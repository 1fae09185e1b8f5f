/**
 * S2: every operation of the API, asked with a key and a token of another account. Generated from
 * the OpenAPI document, so that no route is forgotten. The ids are of things that are really there:
 * so what is proven is the look-up and not only the refusal before it.
 */
import { env, exports } from 'cloudflare:workers';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { documentShape, placedOperations } from '../../src/http/reference/openapi-document.ts';
import { call, newAccount } from '../support/api.ts';
import { answers } from '../support/receiver.ts';
import { soon } from '../support/soon.ts';

type Operation = { name: string; method: string; path: string; body: unknown };
type Ids = { [name: string]: string };

/** A key of an account may read these: they are everybody's, or about the key itself. */
const SHARED = /^GET \/v1\/event-types|^GET \/v1\/session$|^POST \/v1\/sessions$/;
/**
 * What comes after a sequence of a record that is not there: nothing, as it is said to a receiver
 * that fills a gap.
 */
const EMPTY = 'GET /v1/accounts/{account}/records/{record}/events';
/** Asked without an upgrade: refused before anything is looked for. */
const LIVE = 'GET /v1/accounts/{account}/records/{record}/live';
const RECORD = 'invoice/of-b';

let operations: Operation[];
let a: string;
let b: string;
let ofB: Ids;
let bearers: string[];
let nowMs: number;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: nowMs });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Some time passes between two requests: this is no test of rate limits. */
async function ask(method: string, path: string, body: unknown, bearer: string) {
  nowMs += 100;
  vi.setSystemTime(nowMs);
  return call(method, path, body, { authorization: `Bearer ${bearer}` });
}

/** With the ids of B, or with `ids`. */
function placed(path: string, account: string, ids: Ids = ofB): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const id = name === 'account' ? account : ids[name];
    if (id === undefined) throw new Error(`${path}: this test knows no {${name}}; add an id of B`);
    return encodeURIComponent(id);
  });
}

beforeAll(async () => {
  const document = documentShape.parse(
    await (await exports.default.fetch('https://tubepost.test/openapi.json')).json(),
  );
  operations = placedOperations(document)
    // Those that ask for a key.
    .filter(({ operation }) => operation.security?.length !== 0)
    .map(({ path, method: written, operation: { requestBody } }) => {
      const method = written.toUpperCase();
      const body = requestBody?.content['application/json']?.example ?? (requestBody === undefined ? undefined : {});
      return { name: `${method} ${path}`, method, path, body };
    });
  a = await newAccount();
  b = await newAccount();
  ofB = await thingsOf(b);
  const scopes = ['publish', 'read', 'replay', 'manage'];
  const key = await call('POST', '/v1/keys', { name: 'a', scopes, account: a });
  const token = await call('POST', `/v1/accounts/${a}/portal-tokens`, { scopes, expiresInSeconds: 3_600 });
  const session = await call('POST', '/v1/sessions', undefined, { authorization: `Bearer ${key.body.key}` });
  bearers = [key.body.key, session.body.token, token.body.token];
  nowMs = Date.now();
}, 30_000);

/** One of each kind that an operation may name, with an event that failed. */
async function thingsOf(account: string): Promise<Ids> {
  const at = `/v1/accounts/${account}`;
  const url = 'https://of-b.example.com/hook';
  await answers(url, { status: 404 });
  const endpoint = await call('POST', `${at}/endpoints`, { url });
  await call('PUT', '/v1/event-types/of.b', { schema: { type: 'object' } });
  const event = await call('POST', `${at}/events`, { type: 'of.b', data: {}, record: RECORD });
  const delivery: string = event.body.deliveries[0].id;
  const detail = await soon(async () => {
    const { body } = await call('GET', `${at}/deliveries/${delivery}`);
    expect(body.status).toBe('dead');
    return body;
  });
  await soon(async () => expect((await call('GET', `${at}/dead-letters`)).body.data).toHaveLength(1));
  const job = await call('POST', `${at}/replays`, { endpoint: endpoint.body.id, pacePerSecond: 1 });
  const key = await call('POST', '/v1/keys', { name: 'of b', scopes: ['read'], account });
  const alert = 'alr_00000000000000000000000001';
  await env.CONFIG.prepare(
    `INSERT INTO alerts (id, rule, account, endpoint, value, threshold, detail, opened_at_ms, updated_at_ms, revision, told_revision)
     VALUES (?, 'dead-letter', ?, ?, 1, 0, 'one', 1, 1, 1, 1)`,
  )
    .bind(alert, account, endpoint.body.id)
    .run();
  return {
    endpoint: endpoint.body.id,
    secret: endpoint.body.secrets[0].id,
    event: event.body.id,
    record: RECORD,
    delivery,
    attempt: detail.attemptLog[0].id,
    job: job.body.id,
    replay: job.body.id,
    key: key.body.id,
    alert,
    type: 'of.b',
    version: '1',
    from: '1',
    to: '1',
  };
}

/** Of the same shape, and of nothing. */
const NOTHING: Ids = {
  endpoint: 'ep_00000000000000000000000000',
  secret: 'sec_00000000000000000000000000',
  event: 'evt_of_nothing',
  record: 'invoice/of-nothing',
  delivery: `dlv_k${'a'.repeat(32)}_1_${'0'.repeat(26)}`,
  attempt: `att_k${'a'.repeat(32)}_1_${'0'.repeat(26)}_a1`,
  job: 'job_00000000000000000000000000',
  replay: 'job_00000000000000000000000000',
  alert: 'alr_00000000000000000000000000',
};

/**
 * An answer that says nothing of the ids that were asked for; versions are of no account, and any
 * number would be one.
 */
function without(text: string, ids: Ids): string {
  const named = Object.entries(ids).filter(([, id]) => !/^[0-9]+$/.test(id));
  return named.reduce((left, [name, id]) => left.replaceAll(id, `{${name}}`), text);
}

describe('S2: what is of another account', () => {
  test('is really there: each of it is shown to an operator', async () => {
    const names = operations.filter(({ method, path }) => method === 'GET' && path.endsWith('}'));
    expect(names.length).toBeGreaterThan(10);
    for (const { name, path } of names) {
      expect([name, (await call('GET', placed(path, b))).status]).toEqual([name, 200]);
    }
  });

  test('is as if it did not exist where its account is asked for, and operator routes are refused', async () => {
    expect(operations.length).toBeGreaterThan(40);
    for (const bearer of bearers) {
      for (const { name, method, path, body } of operations) {
        const answer = await ask(method, placed(path, b), body, bearer);
        if (path.includes('{account}')) {
          const never = await ask(method, placed(path, 'never'), body, bearer);
          expect([name, answer.status, answer.body.code]).toEqual([name, 404, 'unknown-account']);
          expect([name, answer.text.replaceAll(b, 'never')]).toEqual([name, never.text]);
        } else if (!SHARED.test(name)) {
          expect([name, answer.status, answer.body.code]).toEqual([name, 403, 'forbidden']);
        }
      }
    }
  });

  test('is as if it did not exist under the own account: the answer is that for ids of nothing', async () => {
    const named = operations.filter(({ path }) => /^\/v1\/accounts\/\{account\}\/.*\{/.test(path));
    expect(named.length).toBeGreaterThan(20);
    for (const bearer of bearers) {
      for (const { name, method, path, body } of named) {
        const answer = await ask(method, placed(path, a), body, bearer);
        const nothing = await ask(method, placed(path, a, NOTHING), body, bearer);
        const told = [name, answer.status, without(answer.text, ofB)];
        expect(told).toEqual([name, nothing.status, without(nothing.text, NOTHING)]);
        if (name === EMPTY) expect(answer.body.data).toEqual([]);
        else if (name === LIVE) expect(answer.status).toBe(426);
        else expect([name, answer.status]).toEqual([name, 404]);
      }
    }
  });

  test('is not found by naming it in a body or a filter', async () => {
    const own = `/v1/accounts/${a}`;
    for (const bearer of bearers) {
      const replay = await ask('POST', `${own}/replays`, { endpoint: ofB['endpoint'] }, bearer);
      expect([replay.status, replay.body.code]).toEqual([404, 'unknown-endpoint']);
      const discard = { endpoint: ofB['endpoint'], dryRun: true };
      expect((await ask('POST', `${own}/dead-letters/discard`, discard, bearer)).body.count).toBe(0);
      const statuses = await ask('POST', `${own}/record-statuses`, { records: [RECORD] }, bearer);
      const never = await ask('POST', `${own}/record-statuses`, { records: [NOTHING['record']] }, bearer);
      expect(without(statuses.text, ofB)).toBe(without(never.text, NOTHING));
      const filters = ['deliveries', 'events', 'dead-letters', 'attempts'].flatMap((list) =>
        ['endpoint', 'event', 'record'].map((filter) => ({ list, filter })),
      );
      for (const { list, filter } of [...filters, { list: 'alerts', filter: 'endpoint' }]) {
        const query = `${filter}=${encodeURIComponent(ofB[filter] ?? '')}`;
        const { status, body } = await ask('GET', `${own}/${list}?${query}`, undefined, bearer);
        expect([list, filter, status, body.data]).toEqual([list, filter, 200, []]);
      }
    }
  });

  test('is not found by a search', async () => {
    for (const bearer of bearers) {
      for (const [name, id] of Object.entries(ofB).filter(([name]) => !/^(type|version|from|to|key)$/.test(name))) {
        const { status, body } = await ask(
          'GET',
          `/v1/accounts/${a}/search?q=${encodeURIComponent(id)}`,
          undefined,
          bearer,
        );
        expect([name, status, body]).toEqual([name, 200, { data: [], isComplete: true }]);
      }
    }
  });

  test('and is as it was after all of that', async () => {
    const at = `/v1/accounts/${b}`;
    const endpoint = (await call('GET', `${at}/endpoints/${ofB['endpoint']}`)).body;
    expect(endpoint).toMatchObject({ status: 'enabled', description: '' });
    expect(endpoint.secrets.map(({ id }: { id: string }) => id)).toEqual([ofB['secret']]);
    expect((await call('GET', `${at}/deliveries/${ofB['delivery']}`)).body.status).toBe('dead');
    expect((await call('GET', `${at}/events/${ofB['event']}`)).body.data).toEqual({});
    const replay = (await call('GET', `${at}/replays/${ofB['replay']}`)).body;
    expect(replay.history.map(({ action }: { action: string }) => action)).not.toContain('cancelled');
    expect((await call('GET', `/v1/keys/${ofB['key']}`)).body.revokedAt).toBeNull();
    expect((await call('GET', `/v1/alerts/${ofB['alert']}`)).body.acknowledged).toBeNull();
  });
});
