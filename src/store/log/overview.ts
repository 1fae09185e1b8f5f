/**
 * What fails and what piles up (V5), an account at a time: every read is bounded by the account's
 * key and a window, or by the index of what is open. All accounts are one after the other, found by
 * `activeAccounts`: never a scan of the log.
 */
import { sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { partsOf, type Span } from '../../core/hours.ts';
import { HOUR_MS, LOG_EMBED_WITHIN_MS, OPEN_ROWS_MAX, OVERVIEW_GROUPS_MAX } from '../../core/limits.ts';
import type { ErrorKind } from '../../core/outcome.ts';
import type { EndpointTotals, FailureGroup, OpenTotals } from '../../core/overview.ts';
import { OPEN_STATUSES } from './schema.ts';
import { prepare } from '../prepare.ts';
import { triedTables, type Window } from './tried.ts';

export type AccountOverview = {
  failures: FailureGroup[];
  totals: EndpointTotals[];
  open: OpenTotals[];
  /** Since when the attempts are all of them; what waits does not depend on it. */
  sinceMs: number;
  isComplete: boolean;
  rowsRead: number;
};

/** `groups`: rows that D1 answers; `open`: open deliveries that are read. */
export type OverviewBounds = { groups: number; open: number };
const BOUNDS: OverviewBounds = { groups: OVERVIEW_GROUPS_MAX, open: OPEN_ROWS_MAX };

type TriedRow = {
  endpoint: string | null;
  isSuccess: number;
  statusCode: number | null;
  errorKind: ErrorKind | null;
  count: number;
  lastAtMs: number;
  /** Of deliveries accepted before the window. */
  drained: number;
  sinceMs: number;
  isCut: number;
  rowsRead: number;
};
type OpenRow = OpenTotals & { rowsRead: number };

/** `there`: the hours of the account that are rolled up. */
export type Asked = Window & { there: Span | null };

/** In the order of `windows`, in one round trip. */
export async function accountOverviews(
  database: D1Database,
  windows: readonly Asked[],
  bounds: OverviewBounds = BOUNDS,
): Promise<AccountOverview[]> {
  const queries = windows.map((window) => [openQuery(window, bounds), ...triedQueries(window, bounds)]);
  const statements = queries.flat().map((one) => prepare(database, one));
  const results = statements.length === 0 ? [] : await database.batch(statements);
  let at = 0;
  return windows.map((window, index) => {
    // Rows of the statements below, column by column.
    const [openResult, ...parts] = results.slice(at, (at += queries[index]?.length ?? 0));
    const open = (openResult?.results ?? []) as OpenRow[];
    const tried = parts.map((part) => part.results as TriedRow[]);
    const firsts = tried.flatMap((rows) => rows[0] ?? []);
    const openRead = open[0]?.rowsRead ?? 0;
    const isWhole = firsts.every(({ isCut }) => isCut === 0) && tried.every((rows) => rows.length <= bounds.groups);
    return {
      failures: failuresOf(tried.flat()),
      totals: totalsOf(tried.flat()),
      open: open.map(({ rowsRead: _, ...totals }) => totals),
      sinceMs: Math.max(window.fromMs, ...firsts.filter(({ isCut }) => isCut === 1).map(({ sinceMs }) => sinceMs)),
      isComplete: isWhole && openRead <= bounds.open,
      rowsRead: firsts.reduce((sum, { rowsRead }) => sum + rowsRead, openRead),
    };
  });
}

/** Whole hours as rolled up, the rest row by row. */
function triedQueries({ there, ...window }: Asked, bounds: OverviewBounds): SQL[] {
  const { rolled, rest } = partsOf(window, there);
  return [
    ...(rolled === null ? [] : [rolledQuery({ ...window, ...rolled }, window.fromMs, bounds)]),
    ...rest.map((part) => triedQuery({ ...window, ...part }, window.fromMs, bounds)),
  ];
}

/**
 * Accounts, in order after `after`, that have anything accepted or tried in the window, or anything
 * open. One seek of the key for each account that the log knows, so those without news cost some;
 * `next` is null once all were looked at.
 */
export async function activeAccounts(
  database: D1Database,
  { fromMs, toMs, after, most }: { fromMs: number; toMs: number; after: string; most: number },
): Promise<{ accounts: string[]; next: string | null }> {
  const next = (behind: SQL) =>
    sql`(SELECT account FROM deliveries WHERE account > ${behind} ORDER BY account LIMIT 1)`;
  const rows = await drizzle(database).all<{ account: string; isActive: number }>(sql`
    WITH RECURSIVE known(account, n) AS (SELECT ${next(sql`${after}`)}, 1
      UNION ALL SELECT ${next(sql`known.account`)}, n + 1 FROM known WHERE account IS NOT NULL AND n < ${most})
    SELECT account,
      EXISTS (SELECT 1 FROM deliveries WHERE account = known.account
        AND accepted_at_ms >= ${fromMs - LOG_EMBED_WITHIN_MS} AND accepted_at_ms < ${toMs})
      OR EXISTS (SELECT 1 FROM attempts WHERE account = known.account AND at_ms >= ${fromMs} AND at_ms < ${toMs})
      OR EXISTS (SELECT 1 FROM deliveries INDEXED BY deliveries_open WHERE account = known.account AND ${sql.raw(OPEN_STATUSES)})
      AS "isActive"
    FROM known WHERE account IS NOT NULL`);
  return {
    accounts: rows.filter(({ isActive }) => isActive === 1).map(({ account }) => account),
    next: rows.length < most ? null : (rows.at(-1)?.account ?? null),
  };
}

/**
 * Failures first, so that a cut at `groups` leaves out what succeeded. `sinceMs`: the beginning of
 * the whole window.
 */
export function triedQuery(window: Window, sinceMs: number, { groups }: OverviewBounds): SQL {
  return sql`WITH ${triedTables(window)},
    counted AS (SELECT endpoint, error_kind IS NULL AS is_success, CASE WHEN error_kind IS NULL THEN NULL ELSE status_code END AS code,
        error_kind, count(*) AS n, max(at_ms) AS last, sum(error_kind IS NULL AND accepted_at_ms < ${sinceMs}) AS drained
      FROM tried GROUP BY 1, 2, 3, 4)
    SELECT endpoint, is_success AS "isSuccess", code AS "statusCode", error_kind AS "errorKind", n AS "count", last AS "lastAtMs",
      drained AS "drained", edge.since AS "sinceMs", edge.is_cut AS "isCut", edge.rows_read AS "rowsRead"
    FROM edge LEFT JOIN counted ON true ORDER BY error_kind IS NULL, n DESC, endpoint LIMIT ${groups + 1}`;
}

/**
 * The same of whole hours. What was accepted in the hour in which the window begins counts as
 * accepted within it.
 */
export function rolledQuery({ account, fromMs, toMs }: Window, sinceMs: number, { groups }: OverviewBounds): SQL {
  return sql`SELECT endpoint, code IS NULL AND kind IS NULL AS "isSuccess", code AS "statusCode", kind AS "errorKind", sum(n) AS "count",
      max(last) AS "lastAtMs", sum(CASE WHEN kind IS NULL AND hour_ms - age * ${HOUR_MS} + ${HOUR_MS} <= ${sinceMs} THEN n ELSE 0 END) AS "drained",
      0 AS "sinceMs", 0 AS "isCut", count(*) AS "rowsRead" FROM (
      SELECT endpoint, hour_ms, CASE WHEN g.value->>1 IS NULL THEN NULL ELSE g.value->>0 END AS code, g.value->>1 AS kind,
        g.value->>3 AS age, g.value->>4 AS n, hour_ms + (g.value->>5) AS last
      FROM hours CROSS JOIN json_each(hours.counts) AS g WHERE account = ${account} AND hour_ms >= ${fromMs} AND hour_ms < ${toMs})
    GROUP BY endpoint, code, kind ORDER BY kind IS NULL, 5 DESC, endpoint LIMIT ${groups + 1}`;
}

/** The index alone answers: the acceptance is part of the key, which it carries. */
export function openQuery({ account, fromMs, toMs }: Window, { open }: OverviewBounds): SQL {
  return sql`SELECT endpoint, count(*) AS "waiting", sum(accepted_at_ms >= ${fromMs} AND accepted_at_ms < ${toMs}) AS "fresh",
      min(accepted_at_ms) AS "oldestAcceptedAtMs", sum(count(*)) OVER () AS "rowsRead" FROM (
      SELECT endpoint, accepted_at_ms FROM deliveries INDEXED BY deliveries_open
      WHERE account = ${account} AND ${sql.raw(OPEN_STATUSES)} LIMIT ${open + 1}) GROUP BY endpoint`;
}

function failuresOf(rows: readonly TriedRow[]): FailureGroup[] {
  const groups = new Map<string, FailureGroup>();
  for (const { endpoint, statusCode, errorKind, count, lastAtMs } of rows) {
    if (endpoint === null || errorKind === null) continue;
    const key = `${endpoint} ${statusCode} ${errorKind}`;
    const known = groups.get(key) ?? { endpoint, statusCode, errorKind, count: 0, lastAtMs: 0 };
    groups.set(key, { ...known, count: known.count + count, lastAtMs: Math.max(known.lastAtMs, lastAtMs) });
  }
  return [...groups.values()];
}

function totalsOf(rows: readonly TriedRow[]): EndpointTotals[] {
  const byEndpoint = new Map<string, EndpointTotals>();
  for (const { endpoint, isSuccess, errorKind, count, drained, lastAtMs } of rows) {
    if (endpoint === null) continue;
    const totals = byEndpoint.get(endpoint) ?? { endpoint, succeeded: 0, failed: 0, drained: 0, lastSuccessMs: null };
    byEndpoint.set(endpoint, totals);
    totals.drained += drained;
    // What was not sent is no failure of the endpoint; of what was lost nobody knows.
    if (isSuccess === 1) totals.succeeded += count;
    else if (errorKind !== 'not-sent') totals.failed += count;
    if (isSuccess === 1) totals.lastSuccessMs = Math.max(totals.lastSuccessMs ?? 0, lastAtMs);
  }
  return [...byEndpoint.values()];
}
