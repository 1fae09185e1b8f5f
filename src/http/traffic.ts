/**
 * V5: attempts by the minute, of an account and of all: what charts draw. From the log: seconds
 * late.
 */
import { z } from '@hono/zod-openapi';
import { rfc3339 } from '../core/body.ts';
import { windowHealth } from '../core/health.ts';
import {
  OVERVIEW_ACCOUNTS_BATCH,
  OVERVIEW_ACCOUNTS_MAX,
  OVERVIEW_ROWS_MAX,
  TRAFFIC_MINUTES_MAX,
  TRAFFIC_ROWS_MAX,
  MINUTE_MS,
} from '../core/limits.ts';
import { logDatabase } from '../store/database.ts';
import { activeAccounts } from '../store/log/overview.ts';
import { type Traffic, trafficOf } from '../store/log/traffic.ts';
import { accountOf } from './account-settings.ts';
import type { Api } from './api.ts';
import { fromDatabase } from './database.ts';
import { wholeText } from './fields.ts';
import { accountParams } from './params.ts';
import { trafficOfAllShape, trafficShape } from './shapes/health-shapes.ts';

const query = z.strictObject({ minutes: wholeText(1, TRAFFIC_MINUTES_MAX).default(TRAFFIC_MINUTES_MAX) });
/** `isAll`: no account was left out. */
type Seen = { traffic: Traffic[]; isAll: boolean };
type Span = { fromMs: number; toMs: number };

export function addTraffic(api: Api): void {
  api.route(
    {
      method: 'get',
      path: '/v1/accounts/{account}/traffic',
      id: 'getTraffic',
      summary: 'Attempts, successes and latency of each minute, oldest first: for charts',
      params: accountParams,
      query,
      answers: { 200: { description: 'An entry for each minute, the last one under way', schema: trafficShape } },
    },
    async ({ c, params: { account }, query: { minutes } }) => {
      await accountOf(c, account);
      const span = spanOf(minutes);
      const window = { account, ...span, rows: TRAFFIC_ROWS_MAX };
      const traffic = await fromDatabase(trafficOf(logDatabase(account, c.env), [window]));
      return c.json({ account, ...showTraffic(span, { traffic, isAll: true }) });
    },
  );

  api.route(
    {
      method: 'get',
      path: '/v1/traffic',
      id: 'getTrafficOfAll',
      summary: 'The same over all accounts together, a few hundred a call',
      params: z.strictObject({}),
      query,
      answers: { 200: { description: 'An entry for each minute, the last one under way', schema: trafficOfAllShape } },
    },
    async ({ c, query: { minutes } }) => {
      const span = spanOf(minutes);
      return c.json(showTraffic(span, await fromDatabase(trafficOfAll(logDatabase(null, c.env), span))));
    },
  );
}

/** Ends after OVERVIEW_ACCOUNTS_MAX accounts or OVERVIEW_ROWS_MAX rows, as overviews do. */
async function trafficOfAll(database: D1Database, span: Span): Promise<Seen> {
  const { accounts, next } = await activeAccounts(database, { ...span, after: '', most: OVERVIEW_ACCOUNTS_MAX });
  const traffic: Traffic[] = [];
  let rows = 0;
  while (traffic.length < accounts.length && rows <= OVERVIEW_ROWS_MAX) {
    const some = accounts.slice(traffic.length, traffic.length + OVERVIEW_ACCOUNTS_BATCH);
    const windows = some.map((account) => ({ account, ...span, rows: TRAFFIC_ROWS_MAX }));
    const found = await trafficOf(database, windows);
    traffic.push(...found);
    rows += found.reduce((sum, { rowsRead }) => sum + rowsRead, 0);
  }
  return { traffic, isAll: next === null && traffic.length === accounts.length };
}

/** Whole minutes, and the one under way; what began in this very millisecond belongs to it. */
function spanOf(minutes: number): Span {
  const nowMs = Date.now();
  return { fromMs: Math.floor(nowMs / MINUTE_MS) * MINUTE_MS - (minutes - 1) * MINUTE_MS, toMs: nowMs + 1 };
}

function showTraffic({ fromMs, toMs }: Span, { traffic, isAll }: Seen) {
  const byMinute = Map.groupBy(
    traffic.flatMap(({ groups }) => groups),
    ({ minuteMs }) => minuteMs,
  );
  const minutes = Array.from({ length: Math.ceil((toMs - fromMs) / MINUTE_MS) }, (_, i) => fromMs + i * MINUTE_MS);
  const sinceMs = Math.max(fromMs, ...traffic.map((one) => one.sinceMs));
  return {
    data: minutes.map((minuteMs) => {
      const { attempts, succeeded, failed, lost, notSent, latencyMs } = windowHealth(byMinute.get(minuteMs) ?? []);
      return { minute: rfc3339(minuteMs), attempts, succeeded, failed, lost, notSent, latencyMs };
    }),
    since: rfc3339(sinceMs),
    isComplete: isAll && sinceMs === fromMs,
  };
}
