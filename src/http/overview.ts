/**
 * V5: where it fails, where it piles up, who takes nothing; of an account, and for operators of
 * all. From the log: seconds late.
 */
import { z } from '@hono/zod-openapi';
import { rfc3339 } from '../core/body.ts';
import type { EndpointSettings } from '../core/endpoint.ts';
import {
  HOUR_MS,
  OVERVIEW_ACCOUNTS_BATCH,
  OVERVIEW_ACCOUNTS_MAX,
  OVERVIEW_MINUTES_DEFAULT,
  OVERVIEW_MINUTES_MAX,
  OVERVIEW_ROWS_MAX,
  OVERVIEW_SHOWN_MAX,
  WINDOW_ROWS_MAX,
  MINUTE_MS,
} from '../core/limits.ts';
import type { Span } from '../core/hours.ts';
import { backlogs, silentEndpoints } from '../core/overview.ts';
import { logDatabase } from '../store/database.ts';
import { type AccountOverview, accountOverviews, activeAccounts } from '../store/log/overview.ts';
import { hoursOf, type Progress, readProgress, ROLL_UP } from '../store/log/hours.ts';
import { settingsOf } from './account-settings.ts';
import type { Api } from './api.ts';
import type { AppContext } from './context.ts';
import { fromDatabase } from './database.ts';
import { wholeText } from './fields.ts';
import { accountId, accountParams, instant } from './params.ts';
import { invalid } from './problem.ts';
import { overviewOfAllShape, overviewShape } from './shapes/health-shapes.ts';

const windowQuery = {
  minutes: wholeText(1, OVERVIEW_MINUTES_MAX).optional(),
  from: instant.optional(),
  to: instant.optional(),
};
const windowObject = z.strictObject(windowQuery);
type Seen = AccountOverview & { account: string };

export function addOverview(api: Api): void {
  api.route(
    {
      method: 'get',
      path: '/v1/accounts/{account}/overview',
      id: 'getOverview',
      summary: 'Failures by endpoint and code, backlogs, and endpoints that nothing reaches',
      params: accountParams,
      query: windowObject,
      answers: {
        200: { description: 'The overview of a window, the last hour unless said otherwise', schema: overviewShape },
      },
    },
    async ({ c, params: { account }, query }) => {
      const { endpoints } = await settingsOf(c, account);
      const span = spanOf(query);
      const [found] = await fromDatabase(
        accountOverviews(logDatabase(account, c.env), [windowOf(account, span, await progressOf(c, span))]),
      );
      const seen = found === undefined ? [] : [{ ...withinSettings(found, endpoints), account }];
      return c.json({ account, ...showOverview(span, seen) });
    },
  );

  api.route(
    {
      method: 'get',
      path: '/v1/overview',
      id: 'getOverviewOfAll',
      summary: 'The same over all accounts, a few hundred in one call',
      params: z.strictObject({}),
      query: z.strictObject({ ...windowQuery, after: accountId.optional() }),
      words: { after: '`next` of the call before: accounts behind this one' },
      answers: {
        200: {
          description: 'The overview; `next` is the `after` of the call for further accounts',
          schema: overviewOfAllShape,
        },
      },
    },
    async ({ c, query: { after = '', ...query } }) => {
      const span = spanOf(query);
      const { seen, next } = await fromDatabase(
        overviewsAfter(logDatabase(null, c.env), span, after, await progressOf(c, span)),
      );
      const answer = showOverview(span, seen);
      return c.json({ ...answer, isComplete: answer.isComplete && next === null, accountsRead: seen.length, next });
    },
  );
}

/**
 * Ends after OVERVIEW_ACCOUNTS_MAX accounts or OVERVIEW_ROWS_MAX rows; `next` says after which
 * account.
 */
export async function overviewsAfter(
  database: D1Database,
  span: Span,
  after: string,
  progress: Progress | null = null,
  most = { accounts: OVERVIEW_ACCOUNTS_MAX, rows: OVERVIEW_ROWS_MAX },
): Promise<{ seen: Seen[]; next: string | null }> {
  const { accounts, next } = await activeAccounts(database, { ...span, after, most: most.accounts });
  const seen: Seen[] = [];
  let rows = 0;
  for (let from = 0; from < accounts.length; from += OVERVIEW_ACCOUNTS_BATCH) {
    const some = accounts.slice(from, from + OVERVIEW_ACCOUNTS_BATCH);
    const found = await accountOverviews(
      database,
      some.map((account) => windowOf(account, span, progress)),
    );
    found.forEach((one, index) => seen.push({ ...one, account: some[index] ?? '' }));
    rows += found.reduce((sum, { rowsRead }) => sum + rowsRead, 0);
    const last = some.at(-1) ?? null;
    if (rows > most.rows && last !== accounts.at(-1)) return { seen, next: last };
  }
  return { seen, next };
}

function windowOf(account: string, span: Span, progress: Progress | null) {
  return { account, ...span, rows: WINDOW_ROWS_MAX, there: hoursOf(progress, account) };
}

/** A window that has no whole hour in it needs none. */
async function progressOf(c: AppContext, { fromMs, toMs }: Span): Promise<Progress | null> {
  return toMs - fromMs > HOUR_MS ? fromDatabase(readProgress(c.env.CONFIG, ROLL_UP)) : null;
}

/**
 * Nothing waits for what is disabled or gone, though the log may not have heard yet, and nobody
 * expects it to take anything.
 */
function withinSettings(found: AccountOverview, endpoints: readonly EndpointSettings[]): AccountOverview {
  const live = new Set(endpoints.filter(({ status }) => status !== 'disabled').map(({ id }) => id));
  const isLive = ({ endpoint }: { endpoint: string }) => live.has(endpoint);
  return { ...found, open: found.open.filter(isLive), totals: found.totals.filter(isLive) };
}

function showOverview({ fromMs, toMs }: Span, seen: readonly Seen[]) {
  const failures = seen
    .flatMap(({ account, failures: groups }) => groups.map((group) => ({ account, ...group })))
    .sort((a, b) => b.count - a.count);
  const piles = seen.flatMap(({ account, open, totals }) => backlogs(open, totals).map((one) => ({ account, ...one })));
  piles.sort((a, b) => b.growth - a.growth || b.waiting - a.waiting);
  const silent = seen.flatMap(({ account, open, totals }) =>
    silentEndpoints(open, totals).map((one) => ({ account, ...one })),
  );
  silent.sort((a, b) => b.failed + b.waiting - a.failed - a.waiting);
  const sinceMs = Math.max(fromMs, ...seen.map((one) => one.sinceMs));
  const isAll = [failures, piles, silent].every((list) => list.length <= OVERVIEW_SHOWN_MAX);
  return {
    from: rfc3339(fromMs),
    to: rfc3339(toMs),
    since: rfc3339(sinceMs),
    isComplete: isAll && seen.every((one) => one.isComplete),
    failures: failures
      .slice(0, OVERVIEW_SHOWN_MAX)
      .map(({ lastAtMs, errorKind, ...group }) => ({ ...group, error: errorKind, lastAt: rfc3339(lastAtMs) })),
    backlogs: piles
      .slice(0, OVERVIEW_SHOWN_MAX)
      .map(({ oldestAcceptedAtMs, ...pile }) => ({ ...pile, oldestAcceptedAt: rfc3339(oldestAcceptedAtMs) })),
    noRecentSuccess: silent.slice(0, OVERVIEW_SHOWN_MAX),
  };
}

/** `minutes` back from `to`, or from `from` to `to`; `to` is now unless said otherwise. */
function spanOf({ minutes, from, to }: z.output<typeof windowObject>): Span {
  if (minutes !== undefined && from !== undefined)
    throw invalid([{ field: 'minutes', message: 'minutes and from cannot both be given' }]);
  // What began in this very millisecond belongs to now.
  const toMs = to ?? Date.now() + 1;
  const fromMs = from ?? toMs - (minutes ?? OVERVIEW_MINUTES_DEFAULT) * MINUTE_MS;
  if (fromMs >= toMs || toMs - fromMs > OVERVIEW_MINUTES_MAX * MINUTE_MS + 1) {
    const message = `from must be before to, at most ${OVERVIEW_MINUTES_MAX / 60} hours; got ${rfc3339(fromMs)} to ${rfc3339(toMs)}`;
    throw invalid([{ field: 'from', message }]);
  }
  return { fromMs, toMs };
}
