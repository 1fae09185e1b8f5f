/**
 * O5: what the client repeats and what it never does, with answers that the test makes. No time
 * passes.
 */
import { expect, it } from 'vitest';
import { type Client, createClient } from '../../src/client/client.ts';
import { waitMs } from '../../src/client/retry.ts';

type Sent = { method: string; url: string; body: unknown };
const path = { account: 'acme' };
const accepted = { id: 'evt_1', sequence: 1, duplicate: false, deliveryCount: 0, deliveries: [] };

function problem(status: number, code: string, more: object = {}, headers: Record<string, string> = {}): Response {
  const body = { type: 't', title: 't', status, detail: 'd', code, errors: [], ...more };
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
  });
}
const ok = (body: unknown, status = 200) => Response.json(body, { status });

/** Answers in turn; the last one for ever. `null`: nobody answers. */
function service(...answers: (Response | null)[]) {
  const sent: Sent[] = [];
  const waited: number[] = [];
  const client = createClient({
    origin: 'http://at',
    key: 'k',
    random: () => 1,
    sleep: async (ms) => void waited.push(ms),
    fetch: async (url, { method = '', body }) => {
      sent.push({ method, url, body: typeof body === 'string' ? JSON.parse(body) : null });
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer === null || answer === undefined) throw new TypeError('connection lost');
      return answer.clone();
    },
  });
  return { client, sent, waited };
}

it('publishes again with the id that a failure carries, so that no event is published twice', async () => {
  const { client, sent } = service(
    problem(503, 'unavailable', { id: 'evt_made' }),
    problem(500, 'internal'),
    ok(accepted, 202),
  );
  const answer = await client.call('publishEvent', { path, body: { type: 'a.b', data: 1 } });
  expect(answer).toMatchObject({ ok: true, status: 202, data: accepted });
  expect(sent.map(({ body }) => body)).toEqual([
    { type: 'a.b', data: 1 },
    { type: 'a.b', data: 1, id: 'evt_made' },
    { type: 'a.b', data: 1, id: 'evt_made' },
  ]);
});

it('publishes an event without an id only once where nobody answers: it may be stored', async () => {
  const { client, sent } = service(null);
  await expect(client.call('publishEvent', { path, body: { type: 'a.b', data: 1 } })).rejects.toThrow(
    'connection lost',
  );
  expect(sent).toHaveLength(1);
});

it('reads answers with the parser that it is given, so that no digit need be lost', async () => {
  const client = createClient({
    origin: 'http://at',
    key: 'k',
    parse: (text) => ({ read: text }),
    fetch: async () => new Response('{"data":1.0}', { headers: { 'content-type': 'application/json' } }),
  });
  expect(await client.call('getEvent', { path: { ...path, event: 'e' } })).toMatchObject({
    data: { read: '{"data":1.0}' },
  });
});

type Case = [what: string, ask: (client: Client) => Promise<unknown>];
const event = { type: 'a', id: 'e', data: 1 };
const body = { url: 'https://a.b' };
const safe: Case[] = [
  ['a read', (client) => client.call('getAccount', { path })],
  ['a PUT', (client) => client.call('putAccount', { path, body: {} })],
  ['a publish with an id', (client) => client.call('publishEvent', { path, body: event })],
  [
    'a publish with a key',
    (client) => client.call('publishEvent', { path, body: { type: 'a', data: 1 }, idempotencyKey: 'k' }),
  ],
  ['a batch of ids', (client) => client.call('publishEvents', { path, body: { events: [event] } })],
  ['a POST with a key', (client) => client.call('createEndpoint', { path, body, idempotencyKey: 'k' })],
];
it.each(safe)('repeats %s where nobody answers, at 5xx and at 429, five times in all', async (_, ask) => {
  for (const [answer, code] of [
    [null, null],
    [problem(503, 'unavailable'), 'unavailable'],
    [problem(429, 'quota-exceeded'), 'quota-exceeded'],
  ] as const) {
    const { client, sent, waited } = service(answer);
    if (code === null) await expect(ask(client)).rejects.toThrow('connection lost');
    else expect(await ask(client)).toMatchObject({ ok: false, problem: { code } });
    expect(sent).toHaveLength(5);
    expect(waited).toEqual([500, 1_000, 2_000, 4_000]);
  }
});

const unsafe: Case[] = [
  ['a POST without a key', (client) => client.call('createEndpoint', { path, body })],
  ['a PATCH', (client) => client.call('changeEndpoint', { path: { ...path, endpoint: 'e' }, body: {} })],
  [
    'a batch with an event without an id',
    (client) => client.call('publishEvents', { path, body: { events: [event, { type: 'a', data: 1 }] } }),
  ],
];
it.each(unsafe)('does not repeat %s: it may have happened', async (_, ask) => {
  const { client, sent } = service(problem(503, 'unavailable'));
  expect(await ask(client)).toMatchObject({ ok: false });
  expect(sent).toHaveLength(1);
});

it('repeats nothing that stays as it is: a refusal is answered at once', async () => {
  const { client, sent } = service(problem(409, 'event-conflict'));
  await client.call('publishEvent', { path, body: { type: 'a', id: 'e', data: 1 } });
  expect(sent).toHaveLength(1);
});

it('waits as long as it is told, but no minute more, and for a first request with the same key', async () => {
  const told = service(problem(429, 'quota-exceeded', {}, { 'retry-after': '7' }), ok({}));
  await told.client.call('getAccount', { path });
  expect(told.waited).toEqual([7_000]);
  const first = service(problem(409, 'idempotency-in-progress', {}, { 'retry-after': '1' }), ok({}, 201));
  const made = await first.client.call('createEndpoint', { path, body: { url: 'https://a.b' }, idempotencyKey: 'k' });
  expect([made.ok, first.waited]).toEqual([true, [1_000]]);
  expect(waitMs(1, '3600', 1)).toBe(60_000);
  expect([waitMs(9, null, 1), waitMs(1, null, 0)]).toEqual([8_000, 0]);
});

it('gives up a try after its time, and the whole call when its caller does', async () => {
  let tries = 0;
  const hang = (_: string, { signal }: RequestInit) =>
    new Promise<Response>((__, reject) => {
      tries += 1;
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  const client = createClient({
    origin: 'http://at',
    key: 'k',
    timeoutMs: 1,
    triesMax: 2,
    fetch: hang,
    sleep: async () => {},
  });
  await expect(client.call('getAccount', { path })).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(tries).toBe(2);
  const given = new AbortController();
  const patient = createClient({ origin: 'http://at', key: 'k', fetch: hang });
  const call = patient.call('getAccount', { path, signal: given.signal });
  given.abort(new Error('the page was closed'));
  await expect(call).rejects.toThrow('the page was closed');
  expect(tries).toBe(3);
});

it('asks for the next page when the one before has been read, with the query of the first', async () => {
  const page = (ids: string[], next: string | null) => ok({ data: ids.map((id) => ({ id })), next });
  const { client, sent } = service(page(['a', 'b'], 'c1'), page(['c'], 'c2'), page([], null));
  const seen: unknown[] = [];
  for await (const { id } of client.list('listDeliveries', { path, query: { status: ['dead'], limit: 2 } }))
    seen.push([id, sent.length]);
  expect(seen).toEqual([
    ['a', 1],
    ['b', 1],
    ['c', 2],
  ]);
  expect(sent.map(({ url }) => url.split('?')[1])).toEqual([
    'status=dead&limit=2',
    'status=dead&limit=2&cursor=c1',
    'status=dead&limit=2&cursor=c2',
  ]);
});

it('says so where something answers that is not the API', async () => {
  const { client } = service(new Response('<html>', { status: 404, headers: { 'content-type': 'text/html' } }));
  await expect(client.call('createEndpoint', { path, body: { url: 'https://a.b' } })).rejects.toThrow(
    'no answer of the API: 404 as text/html',
  );
});
