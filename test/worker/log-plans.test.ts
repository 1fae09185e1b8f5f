/**
 * Every query that the lists of the log send, asked for its plan: none walks a table, and none
 * reads an account from end to end.
 */
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { listAttempts } from '../../src/store/log/attempts.ts';
import { countDeadLetters } from '../../src/store/log/dead-letters.ts';
import { listDeliveries } from '../../src/store/log/deliveries.ts';
import { listEvents } from '../../src/store/log/events.ts';
import type { LogFilter } from '../../src/store/filter.ts';
import type { LogPageRequest } from '../../src/store/page.ts';
import { countRange, pageOfRange } from '../../src/store/log/replays.ts';
import { BIG, seedLog } from '../bench/log-seed.ts';
import { countingRows } from '../support/counting-rows.ts';
import { ACCEPTED_MS, endpointOf } from '../support/log.ts';

type Plan = { sql: string; steps: string[] };

const PLANS_PER_BATCH = 100;

/**
 * A database that notes what it is asked and answers nothing. `plans` asks for all plans, each text
 * once.
 */
function planner() {
  const asked = new Map<string, D1PreparedStatement>();
  const note = (sql: string, values: unknown[]) => {
    if (!asked.has(sql)) asked.set(sql, env.LOG_DB.prepare(`EXPLAIN QUERY PLAN ${sql}`).bind(...values));
  };
  const database = {
    prepare: (sql: string) => ({
      bind: (...values: unknown[]) => ({
        all: async () => (note(sql, values), { results: [] }),
        raw: async () => (note(sql, values), []),
      }),
    }),
  } as unknown as D1Database;
  const plans = async (): Promise<Plan[]> => {
    const all: Plan[] = [];
    const entries = [...asked];
    for (let from = 0; from < entries.length; from += PLANS_PER_BATCH) {
      const batch = entries.slice(from, from + PLANS_PER_BATCH);
      const answers = await env.LOG_DB.batch<{ detail: string }>(batch.map(([, statement]) => statement));
      for (const [index, { results }] of answers.entries()) {
        all.push({ sql: batch[index]?.[0] ?? '', steps: results.map(({ detail }) => detail) });
      }
    }
    return all;
  };
  return { database, plans };
}

/** What may be walked: what a query made itself. */
const OWN =
  /^SCAN (known|merged|page|newest|first|dead|left_out|\(subquery-\d+\)|e VIRTUAL TABLE|json_each VIRTUAL TABLE|CONSTANT ROW|\d+ CONSTANT ROWS?)(?: |$)/;
/**
 * Reached by account alone: the whole of an account. By `min(account)` one row is read, which has
 * no condition or `account>?`.
 */
const WHOLE_ACCOUNT = /^SEARCH \S+ USING (?:COVERING )?(?:PRIMARY KEY|INDEX \S+) \(account=\?\)$/;

function faults({ sql, steps }: Plan): string[] {
  // A walk of bounded length bears its table's name: what is scanned is what it found, not the
  // table.
  const walks = steps.filter((step) => /^(CO-ROUTINE|MATERIALIZE) (deliveries|attempts|events)$/.test(step));
  const own = walks.map((step) => step.replace(/^\S+/, 'SCAN'));
  return steps
    .filter((step) => {
      const walk = own.indexOf(step.replace(/ LEFT-JOIN$/, ''));
      if (walk !== -1) {
        own.splice(walk, 1);
        return false;
      }
      return (/^SCAN/.test(step) && !OWN.test(step)) || WHOLE_ACCOUNT.test(step);
    })
    .map((step) => `${step}\n  in ${sql}`);
}

const VALUES = {
  eventType: [['ticket.closed']],
  record: [['r/1', 'r/2']],
  event: [['evt-1']],
  endpoint: [[endpointOf(1)]],
  status: [['dead'], ['retrying', 'held'], ['delivered']],
  statusCode: [['503', '5xx'], ['2xx']],
  trigger: [['first'], ['retry', 'replay']],
} as const;
const SPANS = [{}, { fromMs: ACCEPTED_MS }, { toMs: ACCEPTED_MS }, { fromMs: ACCEPTED_MS, toMs: ACCEPTED_MS + 1 }];
const PRESENT = { paused: [endpointOf(1)], live: [endpointOf(1), endpointOf(2)] };

/** Each field absent or one of its values: 2^4 × 4 × 3 × 3. */
function combinations(of: Record<string, readonly (readonly string[])[]>): Omit<LogFilter, 'account'>[] {
  let all: Record<string, unknown>[] = [{}];
  for (const [name, values] of Object.entries(of)) {
    all = all.flatMap((filter) => [filter, ...values.map((value) => ({ ...filter, [name]: value }))]);
  }
  return all as Omit<LogFilter, 'account'>[];
}

type List = (database: D1Database, filter: LogFilter, page: LogPageRequest) => Promise<{ ok: boolean }>;
const lists: Record<string, { ask: List; cursorOf: string; across: boolean }> = {
  deliveries: { ask: listDeliveries, cursorOf: 'deliveries', across: true },
  attempts: { ask: listAttempts, cursorOf: 'attempts', across: true },
  'deliveries, with the statuses of this instant': {
    ask: (database, filter, page) => listDeliveries(database, { ...filter, present: PRESENT }, page),
    cursorOf: 'deliveries',
    across: false,
  },
  events: {
    ask: (database, { account, ...filter }, page) => listEvents(database, account ?? '', filter, page),
    cursorOf: 'events',
    across: false,
  },
  'dead letters': {
    ask: (database, filter, page) => listDeliveries(database, { ...filter, status: ['dead'] }, page),
    cursorOf: 'deliveries',
    across: true,
  },
  'what a replay job sent': {
    ask: (database, filter, page) => listDeliveries(database, { ...filter, replayJob: 'job_1' }, page),
    cursorOf: 'deliveries',
    across: false,
  },
  'depth of dead letters': {
    ask: (database, filter, { walk }) =>
      countDeadLetters(database, filter, { deliveries: walk?.bySeek ?? 1_000, endpoints: 10 }),
    cursorOf: 'deliveries',
    across: true,
  },
};

test.each(Object.entries(lists))(
  'no combination of filters on %s walks a table or an account',
  async (_, { ask, cursorOf, across }) => {
    const { database, plans } = planner();
    let asked = 0;
    for (const [i, given] of combinations(VALUES).entries()) {
      for (const account of across ? ['acc', null] : ['acc']) {
        // Spans and cursors change bounds only: each combination meets one of them, all of them
        // meet every field.
        const cursor = i % 3 === 0 ? btoa(`${cursorOf} ${ACCEPTED_MS} dlv_x`).replaceAll('=', '') : null;
        const result = await ask(database, { ...given, ...SPANS[i % 4], account }, { limit: 50, cursor });
        expect(result).toMatchObject({ ok: true });
        asked += 1;
      }
    }
    expect(asked).toBeGreaterThan(500);
    const all = await plans();
    expect(all.flatMap(faults).slice(0, 5)).toEqual([]);
    expect(all.length).toBeGreaterThan(100);
  },
  120_000,
);

/** A walk of a few rows in a log of 9,000 deliveries of one account and 9,000 of others. */
const WALK = { byKey: 200, bySeek: 100 };
/**
 * A page has the walk, where it ended, and of attempts that of both tables; a row that is merged
 * from accounts is some five of D1's.
 */
const ROWS_READ_MAX = 3_500;
const RARE = {
  eventType: [['none']],
  record: [['sub/none']],
  event: [['evt_none']],
  endpoint: [['ep_none']],
  status: [['dead'], ['delivered']],
  statusCode: [['418']],
  trigger: [['first']],
} as const;

test('no page of any combination of filters reads more rows than its walk, however rare what it looks for', async () => {
  await seedLog(env.LOG_DB, 0, 20_000);
  let rowsRead = 0;
  const database = countingRows(env.LOG_DB, (rows) => (rowsRead += rows));
  const worst: Record<string, number> = {};
  for (const [name, { ask, across }] of Object.entries(lists)) {
    for (const given of combinations(RARE)) {
      for (const account of across ? [BIG, null] : [BIG]) {
        rowsRead = 0;
        await ask(database, { ...given, account }, { limit: 50, cursor: null, walk: WALK });
        const key = `${name}${account === null ? ' of all accounts' : ''}`;
        worst[key] = Math.max(worst[key] ?? 0, rowsRead);
        expect(rowsRead, `${key} ${JSON.stringify(given)}`).toBeLessThan(ROWS_READ_MAX);
      }
    }
  }
  // Each of them found its bound, or there would be nothing to see; but no row is of that job.
  delete worst['what a replay job sent'];
  for (const [name, rows] of Object.entries(worst)) expect(rows, name).toBeGreaterThan(WALK.bySeek);
}, 120_000);

test('no range of a replay or discard walks a table or an account, missing events included', async () => {
  const { database, plans } = planner();
  const fields = {
    eventTypes: ['ticket.closed'],
    records: ['r/1'],
    statusCodes: ['5xx'],
    subscribed: ['ticket.*', 'order.paid'],
  };
  for (let bits = 0; bits < 2 ** 4; bits += 1) {
    const chosen = Object.fromEntries(Object.entries(fields).filter((_, i) => (bits >> i) % 2 === 1));
    for (const missing of [true, false]) {
      const statuses = missing ? (['cancelled'] as const) : (['dead', 'delivered'] as const);
      const span = { fromMs: ACCEPTED_MS, toMs: ACCEPTED_MS + 1 };
      const range = { endpoint: endpointOf(1), statuses, missing, subscribed: [], ...span, ...chosen };
      await countRange(database, 'acc', range);
      const after = { acceptedAtMs: ACCEPTED_MS, sequence: 1, id: 'dlv_x', isMissing: false };
      await pageOfRange(database, 'acc', range, after, 1_000);
    }
  }
  const all = await plans();
  expect(all.flatMap(faults)).toEqual([]);
  expect(all.length).toBeGreaterThan(50);
});

test('a query that walks a table, or an account, is found', async () => {
  const { database, plans } = planner();
  for (const sql of [
    `SELECT * FROM deliveries WHERE status = 'dead' AND id = ?`,
    `SELECT * FROM attempts WHERE account = ? AND status_code = 503`,
    `SELECT max(account) FROM events WHERE event_id = ? GROUP BY account`,
  ]) {
    await database.prepare(sql).bind('x').all();
  }
  expect((await plans()).map((plan) => faults(plan).length)).toEqual([1, 1, 1]);
});
