import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LOG_EMBED_WITHIN_MS, LOG_PARAMETER_BYTES_MAX } from '../../src/core/limits.ts';
import type { LoggedRecord } from '../../src/core/log.ts';
import { listAttempts } from '../../src/store/log/attempts.ts';
import { listDeliveries } from '../../src/store/log/deliveries.ts';
import { writeLog } from '../../src/store/log/log-write.ts';
import { ACCEPTED_MS, aDelivery, aMessage, anAttempt, anEntry, endpointOf, hashOf } from '../support/log.ts';

const db = env.LOG_DB;
const lost = { kind: 'lost', message: 'outcome unknown' } as const;
const down = { kind: 'http-5xx', message: '503' } as const;
const page = { limit: 200, cursor: null };

let accounts = 0;
const newAccount = () => `acc${++accounts}`;
const write = async (...messages: LoggedRecord[]) => (await writeLog(db, messages)).rowsWritten;

async function rowsOf(account: string) {
  const of = (table: string, key: string) =>
    db.prepare(`SELECT * FROM ${table} WHERE account = ? ORDER BY ${key}`).bind(account).all();
  const [a, b, c] = await Promise.all([
    of('deliveries', 'accepted_at_ms, id'),
    of('attempts', 'at_ms, id'),
    of('events', 'accepted_at_ms, id'),
  ]);
  return { deliveries: a.results, attempts: b.results, events: c.results };
}

test('rows written, as billed: each story costs what the design says', async () => {
  const quick = (account: string) => aMessage(account, [anEntry({}, aDelivery(), [anAttempt()])]);
  const cost: Record<string, number> = {};
  cost['quick first success'] = await write(quick(newAccount()));

  let account = newAccount();
  const slow = anAttempt({ atMs: ACCEPTED_MS + LOG_EMBED_WITHIN_MS + 1 });
  cost['first success that started late'] = await write(aMessage(account, [anEntry({}, aDelivery(), [slow])]));

  account = newAccount();
  const failed = anAttempt({ statusCode: 503, error: down, willRetry: true });
  cost['first attempt failed'] = await write(
    aMessage(account, [anEntry({}, aDelivery({ status: 'retrying' }), [failed])]),
  );
  const retried = anAttempt({ number: 2, atMs: ACCEPTED_MS + 10_000 });
  const second = aMessage(account, [anEntry({}, aDelivery({ revision: 2, attempts: 2 }), [retried])]);
  cost['its retry succeeds'] = await write(second);
  cost['the same message again'] = await write(second);

  cost['event that no endpoint wanted'] = await write(aMessage(newAccount(), [anEntry({}, null, [])]));
  console.log(JSON.stringify(cost));
  expect(cost).toEqual({
    'quick first success': 2,
    'first success that started late': 4,
    // With its entries among what is open and what is troubled; leaving the first costs nothing,
    // the second is written again.
    'first attempt failed': 4,
    'its retry succeeds': 4,
    'the same message again': 0,
    'event that no endpoint wanted': 2,
  });
});

test('a doubled batch writes no row, whatever it holds', async () => {
  const account = newAccount();
  const batch = [
    aMessage(account, [
      anEntry({ sequence: 1 }, aDelivery({ revision: 3, attempts: 2 }), [
        anAttempt({ statusCode: null, error: lost }),
        anAttempt({ number: 2, atMs: ACCEPTED_MS + 9_000 }),
      ]),
      anEntry({ sequence: 2 }, null, []),
    ]),
    aMessage(account, [anEntry({ sequence: 3 }, aDelivery({ status: 'queued', attempts: 0 }), [])]),
  ];
  await write(...batch);
  const before = await rowsOf(account);
  expect(await write(...batch)).toBe(0);
  expect(await rowsOf(account)).toEqual(before);
});

test('an older revision changes nothing, but its attempt is kept', async () => {
  const account = newAccount();
  const failed = anAttempt({ statusCode: 503, error: down, willRetry: true });
  await write(aMessage(account, [anEntry({}, aDelivery({ revision: 5, attempts: 2, status: 'delivered' }), [])]));
  await write(aMessage(account, [anEntry({}, aDelivery({ revision: 2, attempts: 1, status: 'retrying' }), [failed])]));

  const listed = await listDeliveries(db, { account }, page);
  expect(listed).toMatchObject({ ok: true, value: { data: [{ status: 'delivered', attempts: 2 }] } });
  const attempts = await listAttempts(db, { account }, page);
  expect(attempts).toMatchObject({ ok: true, value: { data: [{ number: 1, error: down, willRetry: true }] } });
});

test.each([
  ['embedded', { number: 1, atMs: ACCEPTED_MS + 20 }],
  ['in a row of its own', { number: 2, atMs: ACCEPTED_MS + 20_000 }],
])('a lost attempt %s gives way to its true outcome, and the truth to nothing', async (_, at) => {
  const account = newAccount();
  const say = (revision: number, attempt: Parameters<typeof anAttempt>[0]) =>
    write(aMessage(account, [anEntry({}, aDelivery({ revision }), [anAttempt({ ...at, ...attempt })])]));
  const seen = async () => {
    const listed = await listAttempts(db, { account }, page);
    return listed.ok
      ? listed.value.data.map(({ statusCode, error, sent }) => ({ statusCode, kind: error?.kind, sent }))
      : listed;
  };
  await say(1, { statusCode: null, error: lost });
  expect(await seen()).toEqual([{ statusCode: null, kind: 'lost' }]);
  const sent = { url: 'https://a.example/', timestamp: 7, signature: 'v1,k', previous: null, own: ['x-a'] };
  await say(1, { statusCode: 204, sent });
  expect(await seen()).toEqual([{ statusCode: 204, kind: undefined, sent }]);
  expect(await say(1, { statusCode: null, error: lost })).toBe(0);
  expect(await say(1, { statusCode: 500, error: down })).toBe(0);
  expect(await seen()).toEqual([{ statusCode: 204, kind: undefined, sent }]);
});

test('messages in any order, doubled and in any batches, end in the rows of the ordered ones', async () => {
  /** Three deliveries of two records; each message is a whole picture at its revision. */
  const story = (account: string): LoggedRecord[] => {
    const life = (sequence: number, n: number) => {
      const at = (number: number) => ACCEPTED_MS + (number === 1 ? 1_500 : number * 10_000);
      const fails = (number: number) =>
        anAttempt({
          number,
          atMs: at(number),
          statusCode: 503,
          error: down,
          willRetry: true,
          responseBody: `no ${number}`,
        });
      const gone = anAttempt({ number: 1, atMs: at(1), statusCode: null, error: lost, willRetry: true });
      const entry = (
        revision: number,
        status: 'queued' | 'retrying' | 'delivered',
        attempts: ReturnType<typeof anAttempt>[],
      ) =>
        anEntry(
          { sequence },
          aDelivery({ endpoint: endpointOf(n), revision, status, attempts: attempts.length, reason: `r${revision}` }),
          attempts,
        );
      return [
        entry(1, 'queued', []),
        entry(2, 'retrying', [gone]),
        entry(3, 'retrying', [fails(1), fails(2)]),
        entry(4, 'delivered', [anAttempt({ number: 3, atMs: at(3) })]),
      ].map((e) => aMessage(account, [e], { hash: hashOf(n) }));
    };
    return [...life(1, 1), ...life(2, 1), ...life(1, 2)];
  };
  const ordered = newAccount();
  for (const message of story(ordered)) await write(message);
  const plain = (rows: unknown, account: string) =>
    JSON.parse(JSON.stringify(rows).replaceAll(account, 'X')) as unknown;
  const expected = plain(await rowsOf(ordered), ordered);

  const orders = fc.tuple(
    fc.shuffledSubarray([...Array(12).keys()], { minLength: 12 }),
    fc.array(fc.nat(11), { maxLength: 6 }),
    fc.integer({ min: 1, max: 6 }),
  );
  await fc.assert(
    fc.asyncProperty(orders, async ([order, again, size]) => {
      const account = newAccount();
      const all = story(account);
      const sent = [...order, ...again].flatMap((i) => all[i] ?? []);
      for (let i = 0; i < sent.length; i += size) await write(...sent.slice(i, i + size));
      expect(plain(await rowsOf(account), account)).toEqual(expected);
    }),
    { numRuns: 25, endOnFailure: true },
  );
});

test('a batch larger than one parameter is split, and stays one transaction', async () => {
  const account = newAccount();
  const body = 'x'.repeat(60_000);
  const many = Array.from({ length: 60 }, (_, i) =>
    aMessage(account, [anEntry({ sequence: i + 1 }, aDelivery(), [anAttempt({ responseBody: body })])]),
  );
  expect(60 * body.length).toBeGreaterThan(2 * LOG_PARAMETER_BYTES_MAX);
  const bound: number[] = [];
  const watched = {
    prepare: (query: string) => ({
      bind: (json: string) => {
        bound.push(new TextEncoder().encode(json).length);
        return db.prepare(query).bind(json);
      },
    }),
    batch: (statements: D1PreparedStatement[]) => db.batch(statements),
  } as unknown as D1Database;
  expect((await writeLog(watched, many)).rowsWritten).toBe(120);
  expect(bound.length).toBe(3);
  expect(Math.max(...bound)).toBeLessThanOrEqual(LOG_PARAMETER_BYTES_MAX + 2);

  const other = newAccount();
  const broken = aMessage(other, [anEntry({}, aDelivery({ status: null as never }), [])]);
  await expect(write(...many.map((message) => ({ ...message, account: other })), broken)).rejects.toThrow(/NOT NULL/);
  expect((await rowsOf(other)).deliveries).toEqual([]);
});

test('confirms per record the highest revision of each delivery, and events that nobody wanted', async () => {
  const account = newAccount();
  const { confirmations } = await writeLog(db, [
    aMessage(account, [anEntry({}, aDelivery({ revision: 2 }), []), anEntry({ sequence: 2 }, null, [])]),
    aMessage(account, [anEntry({}, aDelivery({ revision: 1 }), [])]),
    aMessage(account, [anEntry({}, aDelivery({ revision: 7, replay: 1 }), [])], { hash: hashOf(2) }),
  ]);
  const endpoint = endpointOf(1);
  expect([...confirmations]).toEqual([
    [
      `v1:${account}:aaaaaaaaaaaa:0.0/k${hashOf(1)}`,
      [
        { sequence: 1, endpoint, replay: 0, revision: 2 },
        { sequence: 2, endpoint: null, replay: 0, revision: 0 },
      ],
    ],
    [`v1:${account}:aaaaaaaaaaaa:0.0/k${hashOf(2)}`, [{ sequence: 1, endpoint, replay: 1, revision: 7 }]],
  ]);
});

test('text survives as it is: quotes, newlines, NUL, what lies beyond the BMP', async () => {
  const account = newAccount();
  const odd = `"'\\ \n\u0000 \u{1F980} é </script>`;
  const first = anAttempt({ responseBody: odd, responseHeaders: { 'x-odd': odd } });
  const later = anAttempt({ ...first, number: 2, atMs: ACCEPTED_MS + 60_000 });
  await write(aMessage(account, [anEntry({}, aDelivery({ reason: odd }), [first, later])], { record: 'a/"é🦀' }));
  const attempts = await listAttempts(db, { account }, page);
  const one = { responseBody: odd, responseHeaders: { 'x-odd': odd }, record: 'a/"é🦀' };
  expect(attempts).toMatchObject({ ok: true, value: { data: [one, one] } });
});
