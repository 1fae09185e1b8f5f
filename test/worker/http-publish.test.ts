/** P1, P2, P3, P5, E7: what a publisher meets. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { call, type Answer, newAccount } from '../support/api.ts';
import { soon } from '../support/soon.ts';

const sent: { url: string; body: string }[] = [];
beforeEach(() => {
  sent.length = 0;
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (url, init) => {
    sent.push({ url: String(url), body: String(init?.body) });
    return new Response('ok');
  });
});

function publish(account: string, event: object | string, headers?: Record<string, string>): Promise<Answer> {
  return call('POST', `/v1/accounts/${account}/events`, event, headers);
}

async function withEndpoint(settings: object = {}): Promise<{ account: string; endpoint: string }> {
  const account = await newAccount();
  const endpoint = await call('POST', `/v1/accounts/${account}/endpoints`, { url: 'https://a.example/', ...settings });
  return { account, endpoint: endpoint.body.id };
}

describe('P1', () => {
  test('a publish answers 202 with the id that it made, the sequence, and its deliveries', async () => {
    const { account, endpoint } = await withEndpoint();
    const { status, body } = await publish(account, { type: 'a.b', record: 'r/1', data: { n: 1 } });
    expect(status).toBe(202);
    expect(body).toEqual({
      id: expect.stringMatching(/^evt_[0-9a-z]{26}k[a-z2-7]{32}[0-9a-v]{3}$/),
      sequence: 1,
      duplicate: false,
      deliveryCount: 1,
      deliveries: [
        { id: expect.stringMatching(/^dlv_k/), endpoint, status: expect.stringMatching(/^(queued|delivering)$/) },
      ],
    });
  });

  test('an event without a record has no sequence on the wire', async () => {
    const account = await newAccount();
    const { body } = await publish(account, { type: 'a.b', data: null });
    expect(body).toMatchObject({ sequence: null, id: expect.stringMatching(/^evt_[0-9a-z]{26}u/) });
  });

  test('null is the same as absent', async () => {
    const account = await newAccount();
    const nulls = { id: null, record: null, version: null, occurredAt: null };
    expect((await publish(account, { type: 'a.b', data: 0, ...nulls })).status).toBe(202);
  });
});

describe('P2', () => {
  test('the same id with the same content is a duplicate, whatever the order of members and the spelling of numbers', async () => {
    const account = await newAccount();
    const first = await publish(account, '{"id":"e1","type":"a.b","record":"r","data":{"a":1.50,"b":[2]}}');
    const second = await publish(account, '{"record":"r","data":{"b":[2.0],"a":15e-1},"type":"a.b","id":"e1"}');
    expect(first.body.duplicate).toBe(false);
    expect(second.status).toBe(202);
    expect(second.body).toMatchObject({ id: 'e1', sequence: first.body.sequence, duplicate: true });
  });

  test.each([
    ['type', { type: 'a.c' }],
    ['version', { version: 2 }],
    ['occurredAt', { occurredAt: '2026-11-21T18:00:00Z' }],
    ['data', { data: { n: 2 } }],
  ])('the same id with another %s is a 409 that carries the id', async (_, other) => {
    const account = await newAccount();
    const event = { id: 'e1', type: 'a.b', record: 'r', version: 1, data: { n: 1 } };
    await publish(account, event);
    const again = await publish(account, { ...event, ...other });
    expect(again.status).toBe(409);
    expect(again.body).toMatchObject({ code: 'event-conflict', id: 'e1', errors: [{ field: 'id' }] });
  });

  test('two numbers that JavaScript cannot tell apart are other content', async () => {
    const account = await newAccount();
    await publish(account, '{"id":"e1","type":"a.b","data":9007199254740993}');
    expect((await publish(account, '{"id":"e1","type":"a.b","data":9007199254740992}')).status).toBe(409);
  });

  test('an event without a record and without an id can be published again with the id that it got', async () => {
    const account = await newAccount();
    const event = { type: 'a.b', data: {} };
    const { body } = await publish(account, event);
    const again = await publish(account, { ...event, id: body.id });
    expect(again.body).toMatchObject({ id: body.id, duplicate: true });
  });

  test('an Idempotency-Key is the id', async () => {
    const account = await newAccount();
    const first = await publish(account, { type: 'a.b', data: {} }, { 'idempotency-key': 'order-17' });
    expect(first.body).toMatchObject({ id: 'order-17', duplicate: false });
    const second = await publish(account, { type: 'a.b', data: {} }, { 'idempotency-key': 'order-17' });
    expect(second.body).toMatchObject({ id: 'order-17', duplicate: true });
  });

  test('an Idempotency-Key that differs from the id, or cannot be one, is refused', async () => {
    const account = await newAccount();
    const differs = await publish(account, { id: 'x', type: 'a.b', data: {} }, { 'idempotency-key': 'y' });
    expect(differs.body.errors[0].message).toBe('Idempotency-Key works as the event id and must not differ from id');
    const dotted = await publish(account, { type: 'a.b', data: {} }, { 'idempotency-key': 'a.b' });
    expect(dotted.body.errors[0].message).toMatch(
      /^Idempotency-Key works as the event id and must be 1 to 128 letters/,
    );
  });
});

describe('data', () => {
  const exotic = '{"big":12345678901234567890,"price":1.10,"tiny":1e-400,"huge":1e400,"neg":-0,"text":"é\\u2028"}';

  test('receivers get the digits that the publisher wrote', async () => {
    const { account } = await withEndpoint();
    await publish(account, `{"type":"a.b","record":"r","data":${exotic}}`);
    await soon(() => expect(sent).toHaveLength(1));
    const data = exotic.replace('\\u2028', '\u2028');
    expect(sent[0]?.body.endsWith(`"data":${data}}`)).toBe(true);
  });

  test('reads show the digits that the publisher wrote', async () => {
    const account = await newAccount();
    const { body } = await publish(account, `{"type":"a.b","record":"r","data":${exotic}}`);
    const { text } = await call('GET', `/v1/accounts/${account}/events/${body.id}`);
    expect(text).toContain(`"data":${exotic.replace('\\u2028', '\u2028')}`);
  });

  test('a version of too many digits is refused, not rounded', async () => {
    const account = await newAccount();
    const { body } = await publish(account, '{"type":"a.b","version":9007199254740993,"data":1}');
    expect(body.errors[0].message).toMatch(/^version must be a number that a double holds/);
  });

  test('256 KiB of data is taken, and a byte more is a 413 that names data', async () => {
    const account = await newAccount();
    const event = (bytes: number) => `{"type":"a.b","data":"${'x'.repeat(bytes - 2)}"}`;
    expect((await publish(account, event(256 * 1024))).status).toBe(202);
    const { status, body } = await publish(account, event(256 * 1024 + 1));
    expect(status).toBe(413);
    expect(body).toMatchObject({ code: 'too-large', errors: [{ field: 'data' }] });
    expect(body.errors[0].message).toBe('data must have at most 262144 bytes of JSON; it has 262145');
  });
});

describe('E7', () => {
  test('an endpoint created and an event published right after it meet, although "no endpoint" was just answered', async () => {
    const account = await newAccount();
    const before = await publish(account, { type: 'a.b', record: 'r/1', data: {} });
    expect(before.body.deliveryCount).toBe(0);
    await call('POST', `/v1/accounts/${account}/endpoints`, { url: 'https://a.example/' });
    const after = await publish(account, { type: 'a.b', record: 'r/1', data: {} });
    expect(after.body).toMatchObject({ sequence: 2, deliveryCount: 1 });
  });

  test('"no endpoint" is read from the Account itself, also when another isolate made the endpoint', async () => {
    const { env } = await import('cloudflare:workers');
    const account = await newAccount();
    const event = { type: 'a.b', record: 'r/1', data: {} };
    await publish(account, event);
    const other = await withEndpoint();
    const template = await env.ACCOUNT.getByName(`v1:${other.account}`).settings();
    const endpoint = template?.endpoints[0];
    if (endpoint === undefined) throw new Error('the template has an endpoint');
    await env.ACCOUNT.getByName(`v1:${account}`).createEndpoint({ ...endpoint, id: endpoint.id.replace(/.$/, 'z') });
    expect((await publish(account, event)).body.deliveryCount).toBe(1);
  });

  test('an account made after it was unknown is known at once', async () => {
    const event = { type: 'a.b', data: {} };
    expect((await publish('acc_later', event)).status).toBe(404);
    await call('PUT', '/v1/accounts/acc_later', {});
    expect((await publish('acc_later', event)).status).toBe(202);
  });

  test('event types choose the endpoints', async () => {
    const { account } = await withEndpoint({ eventTypes: ['ticket.*', 'user.made'] });
    const count = async (type: string) => (await publish(account, { type, data: {} })).body.deliveryCount;
    expect(await count('ticket.created')).toBe(1);
    expect(await count('user.made')).toBe(1);
    expect(await count('user.gone')).toBe(0);
  });
});

describe('E8, E5', () => {
  test('an event for a disabled endpoint is a cancelled delivery with the reason', async () => {
    const { account, endpoint } = await withEndpoint();
    const why = { status: 'disabled', statusReason: 'moved away' };
    await call('PATCH', `/v1/accounts/${account}/endpoints/${endpoint}`, why);
    const { body } = await publish(account, { type: 'a.b', record: 'r', data: {} });
    expect(body.deliveries).toEqual([{ id: expect.any(String), endpoint, status: 'cancelled' }]);
    const { body: delivery } = await call('GET', `/v1/accounts/${account}/deliveries/${body.deliveries[0].id}`);
    expect(delivery).toMatchObject({ status: 'cancelled', reason: 'endpoint-disabled: moved away' });
    expect(sent).toHaveLength(0);
  });

  test('a delivery that waits for a paused endpoint is held', async () => {
    const { account, endpoint } = await withEndpoint();
    await call('PATCH', `/v1/accounts/${account}/endpoints/${endpoint}`, { status: 'paused' });
    const { body } = await publish(account, { type: 'a.b', record: 'r', data: {} });
    const record = await soon(async () => {
      const answer = await call('GET', `/v1/accounts/${account}/records/r`);
      expect(answer.body.status).toBe('held');
      return answer;
    });
    expect(record.body.endpoints).toMatchObject([
      { endpoint, waiting: 1, delivery: { id: body.deliveries[0].id, status: 'held' } },
    ]);
    expect(sent).toHaveLength(0);
  });
});

describe('P3', () => {
  test('a batch keeps the order of each record, and one result for each event', async () => {
    const account = await newAccount();
    const events = [...'abcabc'].map((record, i) => ({ id: `e${i}`, type: 'a.b', record, data: i }));
    const { status, body } = await call('POST', `/v1/accounts/${account}/events/batch`, { events });
    expect(status).toBe(200);
    expect(body.results.map(({ id, sequence }: { id: string; sequence: number }) => [id, sequence])).toEqual([
      ['e0', 1],
      ['e1', 1],
      ['e2', 1],
      ['e3', 2],
      ['e4', 2],
      ['e5', 2],
    ]);
  });

  test('one bad event fails alone: conflict, size, not an object', async () => {
    const account = await newAccount();
    const good = { id: 'e1', type: 'a.b', record: 'r', data: 1 };
    const events = [
      good,
      { ...good, data: 2 },
      { ...good, id: 'e2', data: 'x'.repeat(300_000) },
      5,
      { ...good, id: 'e3' },
    ];
    const { body } = await call('POST', `/v1/accounts/${account}/events/batch`, { events });
    expect(body.results.map(({ status, code }: { status: number; code?: string }) => [status, code])).toEqual([
      [202, undefined],
      [409, 'event-conflict'],
      [413, 'too-large'],
      [400, 'invalid-request'],
      [202, undefined],
    ]);
    expect(body.results[4].sequence).toBe(2);
  });

  test('a batch sent twice under one Idempotency-Key publishes nothing twice', async () => {
    const account = await newAccount();
    const events = [
      { type: 'a.b', record: 'r', data: 1 },
      { type: 'a.b', data: 2 },
    ];
    const send = () =>
      call('POST', `/v1/accounts/${account}/events/batch`, { events }, { 'idempotency-key': 'batch-1' });
    const first = await send();
    const second = await send();
    expect(first.body.results.map((result: { duplicate: boolean }) => result.duplicate)).toEqual([false, false]);
    expect(second.body.results.map((result: { duplicate: boolean }) => result.duplicate)).toEqual([true, true]);
    expect(second.body.results.map((result: { id: string }) => result.id)).toEqual(
      first.body.results.map((result: { id: string }) => result.id),
    );
  });

  test('a batch to an unknown account is a 404', async () => {
    const { status, body } = await call('POST', '/v1/accounts/acc_no/events/batch', {
      events: [{ type: 'a', data: 1 }],
    });
    expect([status, body.code]).toEqual([404, 'unknown-account']);
  });
});

test('O6: one structured line for each publish, with the hash of the record and without data', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const account = await newAccount();
  await publish(account, { id: 'e1', type: 'a.b', record: 'person/Anna', data: { secret: 'tell nobody' } });
  const lines = log.mock.calls.map(([line]) => String(line));
  log.mockRestore();
  const line = lines.find((text) => text.includes('"publish"')) ?? '';
  expect(JSON.parse(line)).toEqual({
    message: 'publish',
    event: 'e1',
    account,
    record: expect.stringMatching(/^k[a-z2-7]{32}$/),
    type: 'a.b',
    sequence: 1,
    duplicate: false,
    deliveryCount: 0,
    ms: expect.any(Number),
  });
  expect(lines.join()).not.toMatch(/Anna|nobody/);
});
