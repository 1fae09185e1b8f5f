/**
 * V4: the roll-up by hour says what the rows say, is made in bounded steps, and may be made again
 * at any time.
 */
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeEach, expect, test, vi } from 'vitest';
import { lastOutcomes, windowHealth } from '../../src/core/health.ts';
import type { Span } from '../../src/core/hours.ts';
import { DAY_MS, HOUR_MS, ROLL_UP_AFTER_MS, ROLL_UP_AGAIN_AFTER_MS, ROLL_UP_DAYS } from '../../src/core/limits.ts';
import { retention } from '../../src/schedule/retention.ts';
import { rollUp } from '../../src/schedule/roll-up.ts';
import { endpointFigures } from '../../src/store/log/endpoint-health.ts';
import { hoursOf, readProgress, ROLL_UP, rollUpHour } from '../../src/store/log/hours.ts';
import { writeLog } from '../../src/store/log/log-write.ts';
import { accountOverviews } from '../../src/store/log/overview.ts';
import { call, newAccount } from '../support/api.ts';
import { aDelivery, aMessage, anAttempt, anEntry, endpointOf } from '../support/log.ts';

const log = env.LOG_DB;
/** A whole hour; the rows are of the six before it. */
const NOW_MS = Date.UTC(2027, 2, 1, 12);
const FIRST_MS = NOW_MS - 6 * HOUR_MS;

beforeEach(async () => {
  for (const table of ['deliveries', 'attempts', 'events', 'hours']) await log.prepare(`DELETE FROM ${table}`).run();
  for (const table of ['cursors', 'accounts']) await env.CONFIG.prepare(`DELETE FROM ${table}`).run();
});

type Seed = { endpoint: number; acceptedMs: number; attempts: { afterMs: number; code: number; latencyMs: number }[] };

/** Times at and beside the edges of hours, where counting twice or not at all would be. */
const timeArb = fc
  .tuple(fc.integer({ min: 0, max: 5 }), fc.constantFrom(0, 1, 1_999, 1_800_000, 3_598_500, 3_599_999))
  .map(([hour, ms]) => FIRST_MS + hour * HOUR_MS + ms);
const seedArb: fc.Arbitrary<Seed> = fc.record({
  endpoint: fc.integer({ min: 1, max: 3 }),
  acceptedMs: timeArb,
  attempts: fc.array(
    fc.record({
      afterMs: fc.constantFrom(0, 1, 1_500, 2_000, 2_001, 3_600_000, 9_000_000),
      code: fc.constantFrom(200, 404, 503),
      latencyMs: fc.constantFrom(0, 7, 90, 100, 29_000, 99_999),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

function write(account: string, seeds: readonly Seed[]): Promise<unknown> {
  const entries = seeds.map(({ endpoint, acceptedMs, attempts }, i) => {
    const times = attempts.reduce<number[]>((all, { afterMs }) => [...all, (all.at(-1) ?? acceptedMs) + afterMs], []);
    const made = attempts.map(({ code, latencyMs }, n) =>
      anAttempt({
        number: n + 1,
        atMs: times[n] ?? acceptedMs,
        latencyMs,
        statusCode: code,
        error: code === 200 ? null : { kind: code === 404 ? 'http-4xx' : 'http-5xx', message: 'x' },
      }),
    );
    const delivery = aDelivery({ endpoint: endpointOf(endpoint), attempts: made.length });
    return anEntry({ sequence: i + 1, acceptedAtMs: acceptedMs }, delivery, made);
  });
  return writeLog(log, [aMessage(account, entries)]);
}

const there = async (account: string) => hoursOf(await readProgress(env.CONFIG, ROLL_UP), account);
const rolledRows = async () => (await log.prepare(`SELECT * FROM hours ORDER BY 1, 2, 3`).all()).results;

async function figures(account: string, span: Span, rolled: Span | null) {
  const asked = { account, endpoint: endpointOf(1), span, recentMs: span.toMs, there: rolled };
  const { groups, ...rest } = await endpointFigures(log, asked);
  const hours = Object.groupBy(groups, ({ hourMs }) => hourMs);
  const byHour = Object.fromEntries(Object.entries(hours).map(([hour, some]) => [hour, windowHealth(some ?? [])]));
  return { ...rest, byHour, all: windowHealth(groups), last: lastOutcomes(groups) };
}

async function overview(account: string, span: Span, rolled: Span | null) {
  const [found] = await accountOverviews(log, [{ account, ...span, rows: 1_000, there: rolled }]);
  const byName = (a: { endpoint: string }, b: { endpoint: string }) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  return {
    failures: found?.failures.toSorted(byName),
    totals: found?.totals.toSorted(byName),
    sinceMs: found?.sinceMs,
    isComplete: found?.isComplete,
  };
}

test('what is rolled up, together with the rows of the rest, is what all rows say, for any window', async () => {
  const spans = fc.tuple(fc.constantFrom(0, 1, HOUR_MS, 5_400_000), fc.constantFrom(0, 1_000, HOUR_MS, 4_000_000));
  let rolledHours = 0;
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(seedArb, { minLength: 5, maxLength: 30 }), spans, async (seeds, [late, early]) => {
      for (const table of ['deliveries', 'attempts', 'hours']) await log.prepare(`DELETE FROM ${table}`).run();
      await env.CONFIG.prepare('DELETE FROM cursors').run();
      const account = `roll-${(runs += 1)}`;
      await write(account, seeds);
      await rollUp.run(env, NOW_MS + ROLL_UP_AFTER_MS);
      const rolled = await there(account);
      expect(rolled).toMatchObject({ toMs: NOW_MS });
      const span = { fromMs: FIRST_MS + late, toMs: NOW_MS + HOUR_MS - early };
      expect(await figures(account, span, rolled)).toEqual(await figures(account, span, null));
      // The hour in which a window begins counts as within it: only a window of whole hours says
      // exactly what was drained.
      const whole = { ...span, fromMs: FIRST_MS + Math.ceil(late / HOUR_MS) * HOUR_MS };
      expect(await overview(account, whole, rolled)).toEqual(await overview(account, whole, null));
      rolledHours += (await rolledRows()).length;
    }),
    { numRuns: 12, endOnFailure: true },
  );
  expect(rolledHours).toBeGreaterThan(60);
}, 60_000);

const busy: Seed[] = Array.from({ length: 40 }, (_, i) => ({
  endpoint: 1 + (i % 2),
  acceptedMs: FIRST_MS + i * 60_000,
  attempts: [
    { afterMs: 5, code: 503, latencyMs: 40 },
    { afterMs: 10_000, code: 200, latencyMs: 60 },
  ],
}));

test('an hour is one row for each endpoint; made again it writes nothing, in however many slices', async () => {
  await write('busy', busy);
  await rollUp.run(env, NOW_MS + ROLL_UP_AFTER_MS);
  const rows = await rolledRows();
  expect(rows).toHaveLength(2);
  let written = 0;
  const counted = {
    prepare: (query: string) => ({
      bind: (...values: unknown[]) => {
        const statement = log.prepare(query).bind(...values);
        const run = async () => {
          const result = await statement.run();
          written += result.meta.rows_written;
          return result;
        };
        return { all: () => statement.all(), run };
      },
    }),
  } as unknown as D1Database;
  for (const size of [50_000, 7, 3]) expect(await rollUpHour(counted, 'busy', FIRST_MS, size)).toBeGreaterThan(1);
  expect([written, await rolledRows()]).toEqual([0, rows]);
  await log.prepare('DELETE FROM hours').run();
  await rollUpHour(counted, 'busy', FIRST_MS, 7);
  expect([written, await rolledRows()]).toEqual([2, rows]);
});

test('what the log hears of late is in once the hour is looked at again, hours later', async () => {
  await write('late', busy);
  await rollUp.run(env, NOW_MS + ROLL_UP_AFTER_MS);
  const span = { fromMs: FIRST_MS, toMs: NOW_MS };
  const before = await figures('late', span, await there('late'));
  await writeLog(log, [
    aMessage('late', [
      anEntry({ sequence: 99, acceptedAtMs: FIRST_MS + 90_000 }, aDelivery(), [anAttempt({ atMs: FIRST_MS + 90_020 })]),
    ]),
  ]);
  await rollUp.run(env, NOW_MS + ROLL_UP_AFTER_MS + 60_000);
  expect((await figures('late', span, await there('late'))).all.attempts).toBe(before.all.attempts);
  await rollUp.run(env, NOW_MS + ROLL_UP_AGAIN_AFTER_MS);
  const after = await figures('late', span, await there('late'));
  expect(after.all.attempts).toBe(before.all.attempts + 1);
  expect(after).toEqual(await figures('late', span, null));
});

test('an hour that is not over, or only just, is not rolled up; one run after the other does the rest', async () => {
  await write('acc', busy);
  await rollUp.run(env, FIRST_MS + HOUR_MS + ROLL_UP_AFTER_MS - 1);
  expect([await rolledRows(), await there('acc')]).toMatchObject([[], { toMs: FIRST_MS }]);
  await rollUp.run(env, FIRST_MS + HOUR_MS + ROLL_UP_AFTER_MS);
  expect([await rolledRows(), await there('acc')]).toMatchObject([{ length: 2 }, { toMs: FIRST_MS + HOUR_MS }]);
});

test('what was done before an account failed is not done again, and nothing is passed over', async () => {
  for (const account of ['a', 'b', 'c']) await write(account, busy);
  const failing = Object.create(log, {
    prepare: {
      value: (query: string) => {
        const statement = log.prepare(query);
        return Object.create(statement, {
          bind: {
            value: (...values: unknown[]) => {
              if (query.startsWith('WITH own') && values.includes('b')) throw new Error('D1 is busy');
              return statement.bind(...values);
            },
          },
        });
      },
    },
  });
  const afterHour = FIRST_MS + HOUR_MS + ROLL_UP_AFTER_MS;
  await rollUp.run(env, FIRST_MS + ROLL_UP_AFTER_MS);
  await expect(rollUp.run({ ...env, LOG_DB: failing }, afterHour)).rejects.toThrow('params: b,');
  const done = await Promise.all(['a', 'b', 'c'].map(there));
  expect(done.map((span) => span?.toMs)).toEqual([FIRST_MS + HOUR_MS, FIRST_MS, FIRST_MS]);
  await rollUp.run(env, afterHour);
  expect(await rolledRows()).toHaveLength(6);
});

test('roll-ups go after their time, and with their account', async () => {
  await write('old', busy);
  await rollUp.run(env, NOW_MS + ROLL_UP_AFTER_MS);
  await log.prepare(`DELETE FROM deliveries`).run();
  await log.prepare(`DELETE FROM attempts`).run();
  await retention.run(env, FIRST_MS + ROLL_UP_DAYS * DAY_MS);
  expect(await rolledRows()).toHaveLength(2);
  await retention.run(env, FIRST_MS + ROLL_UP_DAYS * DAY_MS + 1);
  expect(await rolledRows()).toHaveLength(0);
});

test('the API: a day of health, and the history by hour, from the roll-up and the rows of the rest', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS + 20 * 60_000 });
  try {
    const account = await newAccount();
    const made = await call('POST', `/v1/accounts/${account}/endpoints`, { url: 'https://history.example.com/crm' });
    const entries = [FIRST_MS + 5, FIRST_MS + HOUR_MS, NOW_MS + 60_000].map((acceptedAtMs, i) =>
      anEntry({ sequence: i + 1, acceptedAtMs }, aDelivery({ endpoint: made.body.id }), [
        anAttempt({ atMs: acceptedAtMs + 10, latencyMs: 5 }),
      ]),
    );
    await writeLog(log, [aMessage(account, entries)]);
    await rollUp.run(env, NOW_MS + ROLL_UP_AFTER_MS);
    // Of the rolled-up hours nothing is left: they are not read.
    await log.prepare('DELETE FROM deliveries WHERE accepted_at_ms < ?').bind(NOW_MS).run();
    const at = `/v1/accounts/${account}/endpoints/${made.body.id}`;
    const { windows } = (await call('GET', `${at}/health`)).body;
    expect(windows.last24Hours).toMatchObject({ attempts: 3, isComplete: true, since: '2027-02-28T12:00:00.000Z' });
    const history = (await call('GET', `${at}/history?hours=7`)).body;
    expect(history).toMatchObject({
      endpoint: made.body.id,
      account,
      isComplete: true,
      since: '2027-03-01T06:00:00.000Z',
    });
    expect(history.data.map(({ attempts }: { attempts: number }) => attempts)).toEqual([1, 1, 0, 0, 0, 0, 1]);
    expect(history.data[0]).toMatchObject({ succeeded: 1, failed: 0, lost: 0, latencyMs: { p50: 5, p95: 5 } });
    const overviewOf = (await call('GET', `/v1/accounts/${account}/overview?minutes=1440`)).body;
    expect(overviewOf).toMatchObject({ isComplete: true, noRecentSuccess: [] });
    expect((await call('GET', `${at}/history?hours=169`)).body.errors[0].message).toMatch(/from 1 to 168; got "169"/);
    expect((await call('GET', `/v1/accounts/${account}/endpoints/ep_no/history`)).status).toBe(404);
  } finally {
    vi.useRealTimers();
  }
});
