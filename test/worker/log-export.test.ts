/** Exports and dead letters over the API, from real D1. */
import { env } from 'cloudflare:workers';
import { expect, test, vi } from 'vitest';
import { writeLog } from '../../src/store/log/log-write.ts';
import { call, newAccount } from '../support/api.ts';
import { ACCEPTED_MS, aDelivery, aMessage, anAttempt, anEntry, endpointOf, hashOf } from '../support/log.ts';

/** `count` events a second apart; every fifth failed twice and is dead. */
async function seed(account: string, count: number): Promise<void> {
  for (let from = 1; from <= count; from += 1_000) {
    const entries = Array.from({ length: Math.min(1_000, count - from + 1) }, (_, i) => {
      const sequence = from + i;
      const acceptedAtMs = ACCEPTED_MS + sequence * 1_000;
      const isDead = sequence % 5 === 0;
      const first = anAttempt({
        atMs: acceptedAtMs + 20,
        statusCode: isDead ? 503 : 200,
        responseBody: isDead ? '=cmd,"x"' : null,
      });
      const attempts = isDead
        ? [first, anAttempt({ number: 2, atMs: acceptedAtMs + 9_000, statusCode: 500 })]
        : [first];
      const delivery = aDelivery({
        endpoint: endpointOf(1 + (sequence % 3)),
        status: isDead ? 'dead' : 'delivered',
        attempts: attempts.length,
        last: attempts.at(-1) ?? null,
      });
      return anEntry({ sequence, acceptedAtMs }, delivery, attempts);
    });
    await writeLog(env.LOG_DB, [aMessage(account, entries)]);
  }
}

async function pages(path: string): Promise<unknown[]> {
  const all: unknown[] = [];
  let cursor = '';
  for (;;) {
    const { status, body } = await call('GET', `${path}${path.includes('?') ? '&' : '?'}limit=200${cursor}`);
    expect(status).toBe(200);
    all.push(...body.data);
    if (body.next === null) return all;
    cursor = `&cursor=${body.next}`;
  }
}

const lines = (text: string): unknown[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

test('an export of 12,000 rows has the rows of the pages, in their order', async () => {
  const account = await newAccount();
  await seed(account, 10_000);
  const at = `/v1/accounts/${account}`;
  for (const [path, rows] of [
    [`${at}/attempts`, 12_000],
    [`/v1/attempts?account=${account}`, 12_000],
    [`${at}/dead-letters?endpoint=${endpointOf(1)}`, 666],
  ] as const) {
    const exported = await call('GET', `${path}${path.includes('?') ? '&' : '?'}format=ndjson`);
    expect(exported.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    const got = lines(exported.text);
    expect(got.length).toBe(rows);
    expect(got).toEqual(await pages(path));
  }
  const csv = await call('GET', `${at}/deliveries?format=csv`);
  expect(csv.text.split('\r\n').length).toBe(10_000 + 2);
  const events = await call('GET', `${at}/events?format=ndjson&from=2026-11-01T02:00:00Z`);
  expect(lines(events.text)).toEqual(await pages(`${at}/events?from=2026-11-01T02:00:00Z`));
}, 60_000);

test('an export continues from a cursor, and has nothing that arrived meanwhile', async () => {
  const account = await newAccount();
  await seed(account, 20);
  const path = `/v1/accounts/${account}/deliveries`;
  const first = await call('GET', `${path}?limit=5`);
  await writeLog(env.LOG_DB, [
    aMessage(account, [anEntry({ sequence: 99, acceptedAtMs: ACCEPTED_MS + 99_000 }, aDelivery(), [])]),
  ]);
  const rest = lines((await call('GET', `${path}?format=ndjson&cursor=${first.body.next}`)).text);
  expect(rest.map((row) => (row as { sequence: number }).sequence)).toEqual(
    Array.from({ length: 15 }, (_, i) => 15 - i),
  );
});

test('a database that fails half-way breaks the transfer off, and the client notices', async () => {
  const account = await newAccount();
  await seed(account, 2_000);
  const proto = Object.getPrototypeOf(env.LOG_DB) as D1Database;
  // oxlint-disable-next-line typescript/unbound-method -- called with the database as `this` below
  const { prepare } = proto;
  let left = 2;
  const failing = vi.spyOn(proto, 'prepare').mockImplementation(function (this: D1Database, sql: string) {
    if (sql.includes('"deliveries"') && (left -= 1) < 0) throw new Error('D1 is gone');
    return prepare.call(this, sql);
  });
  try {
    await expect(call('GET', `/v1/accounts/${account}/deliveries?format=csv`)).rejects.toThrow();
  } finally {
    failing.mockRestore();
  }
  const whole = await call('GET', `/v1/accounts/${account}/deliveries?format=csv`);
  expect(whole.text.split('\r\n').length).toBe(2_000 + 2);
});

test('a CSV names its columns, and what receivers answered cannot run in a spreadsheet', async () => {
  const account = await newAccount();
  await seed(account, 5);
  const { text } = await call('GET', `/v1/accounts/${account}/attempts?format=csv&statusCode=503`);
  const [head, row] = text.split('\r\n');
  expect(head).toBe(
    'id,delivery,endpoint,event,number,trigger,at,latencyMs,statusCode,error.kind,error.message,request.url,request.headers,responseHeaders,responseBody,willRetry,nextAttemptAt',
  );
  expect(row).toContain(`,503,,,,,,"'=cmd,""x""",false,`);
});

test('what cannot be exported is refused in a sentence that names its field', async () => {
  const account = await newAccount();
  const at = `/v1/accounts/${account}`;
  for (const [path, field, message] of [
    [`${at}/attempts?format=xml`, 'format', /^format must be one of json, ndjson, csv; got "xml"$/],
    [`${at}/attempts?format=csv&limit=10`, 'limit', /^limit must not be given with format=csv/],
    [`${at}/events?format=csv&cursor=x`, 'cursor', /^cursor must be/],
    [
      `${at}/deliveries?from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z`,
      'from',
      /^from must not be later than to; got 2026-11-02T00:00:00\.000Z and 2026-11-01T00:00:00\.000Z$/,
    ],
    [`/v1/dead-letters/summary?from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z`, 'from', /^from must not be later/],
    [`${at}/dead-letters/summary?limit=5`, 'limit', /is not a field/],
  ] as const) {
    const { status, body } = await call('GET', path);
    expect(status, path).toBe(400);
    expect(body.errors).toEqual([{ field, message: expect.stringMatching(message) }]);
  }
  expect((await call('GET', `/v1/accounts/acc_no/attempts?format=csv`)).status).toBe(404);
});

test('the depth of dead letters, by endpoint and over all accounts', async () => {
  const [mine, other] = [await newAccount(), await newAccount()];
  const dead = (account: string, sequence: number, endpoint: number, given: object = {}) =>
    aMessage(
      account,
      [
        anEntry(
          { sequence, acceptedAtMs: ACCEPTED_MS + sequence * 1_000 },
          aDelivery({ endpoint: endpointOf(endpoint), status: 'dead', ...given }),
          [],
        ),
      ],
      { hash: hashOf(7) },
    );
  await writeLog(env.LOG_DB, [
    ...[1, 2, 3].map((sequence) => dead(mine, sequence, 11)),
    dead(mine, 4, 12),
    dead(mine, 5, 11, { status: 'delivered' }),
    dead(other, 6, 13),
  ]);
  const time = (sequence: number) => new Date(ACCEPTED_MS + sequence * 1_000).toISOString();
  const depth = (account: string, endpoint: number, count: number, oldest: number, newest: number) => ({
    account,
    endpoint: endpointOf(endpoint),
    count,
    oldestAt: time(oldest),
    newestAt: time(newest),
  });
  const at = `/v1/accounts/${mine}/dead-letters/summary`;
  expect((await call('GET', at)).body).toEqual({
    data: [depth(mine, 11, 3, 1, 3), depth(mine, 12, 1, 4, 4)],
    total: 4,
    isComplete: true,
  });
  const since = `from=${time(3)}`;
  expect((await call('GET', `${at}?${since}&endpoint=${endpointOf(11)}`)).body).toMatchObject({ total: 1 });

  const only = `endpoint=${endpointOf(11)}&endpoint=${endpointOf(12)}&endpoint=${endpointOf(13)}`;
  const all = await call('GET', `/v1/dead-letters/summary?${only}`);
  expect(all.body).toMatchObject({ total: 5, isComplete: true });
  expect(all.body.data).toContainEqual(depth(other, 13, 1, 6, 6));
  expect(await pages(`/v1/dead-letters?${only}`)).toMatchObject([
    { account: other, sequence: 6 },
    ...[4, 3, 2, 1].map((sequence) => ({ account: mine, sequence })),
  ]);
  expect((await call('GET', `/v1/dead-letters/summary?account=${other}`)).body).toMatchObject({ total: 1 });
  expect((await call('GET', '/v1/accounts/acc_no/dead-letters/summary')).status).toBe(404);

  await writeLog(env.LOG_DB, [dead(mine, 4, 12, { status: 'cancelled', revision: 2 })]);
  expect((await call('GET', at)).body).toMatchObject({ total: 3 });
});
