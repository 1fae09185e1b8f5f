/**
 * What fails and what piles up (V5), an account at a time: every read is bounded by the account's key and a window, or by the index
 * of what is open. All accounts are one after the other, found by `activeAccounts`: never a scan of the log.
 */
import { sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { LOG_EMBED_WITHIN_MS, OPEN_ROWS_MAX, OVERVIEW_GROUPS_MAX } from '../core/limits.ts';
import type { ErrorKind } from '../core/outcome.ts';
import type { EndpointTotals, FailureGroup, OpenTotals } from '../core/overview.ts';
import { OPEN_STATUSES } from './log-schema.ts';
import { prepare } from './prepare.ts';
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
  /** Null: a row of deliveries that were accepted in the window and have arrived. */
  isSuccess: number | null;
  statusCode: number | null;
  errorKind: ErrorKind | null;
  count: number;
  lastAtMs: number | null;
  sinceMs: number;
  isCut: number;
  rowsRead: number;
};
type OpenRow = OpenTotals & { rowsRead: number };

/** In the order of `windows`, in one round trip. */
export async function accountOverviews(
  database: D1Database,
  windows: readonly Window[],
  bounds: OverviewBounds = BOUNDS,
): Promise<AccountOverview[]> {
  const statements = windows.flatMap((window) => [triedQuery(window, bounds), openQuery(window, bounds)]);
  const results = statements.length === 0 ? [] : await database.batch(statements.map((one) => prepare(database, one)));
  return windows.map((window, index) => {
    // Rows of the statements below, column by column.
    const tried = (results[index * 2]?.results ?? []) as TriedRow[];
    const open = (results[index * 2 + 1]?.results ?? []) as OpenRow[];
    const [first] = tried;
    const openRead = open[0]?.rowsRead ?? 0;
    return {
      failures: tried.flatMap(failureOf),
      totals: totalsOf(tried),
      open: open.map(({ rowsRead: _, ...totals }) => totals),
      sinceMs: first?.sinceMs ?? window.fromMs,
      isComplete: first?.isCut !== 1 && tried.length <= bounds.groups && openRead <= bounds.open,
      rowsRead: (first?.rowsRead ?? 0) + openRead,
    };
  });
}

/**
 * Accounts, in order after `after`, that have anything accepted or tried in the window, or anything open. One seek of the key for each
 * account that the log knows, so those without news cost some; `next` is null once all were looked at.
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

/** Failures first, so that a cut at `groups` leaves out what succeeded. */
export function triedQuery(window: Window, { groups }: OverviewBounds): SQL {
  return sql`WITH ${triedTables(window)},
    counted AS (SELECT endpoint, error_kind IS NULL AS is_success, CASE WHEN error_kind IS NULL THEN NULL ELSE status_code END AS code,
        error_kind, count(*) AS n, max(at_ms) AS last FROM tried GROUP BY 1, 2, 3, 4
      UNION ALL SELECT endpoint, NULL, NULL, NULL, count(*), NULL FROM accepted
        WHERE accepted_at_ms >= (SELECT since FROM edge) AND status = 'delivered' GROUP BY endpoint)
    SELECT endpoint, is_success AS "isSuccess", code AS "statusCode", error_kind AS "errorKind", n AS "count", last AS "lastAtMs",
      edge.since AS "sinceMs", edge.is_cut AS "isCut", edge.rows_read AS "rowsRead"
    FROM edge LEFT JOIN counted ON true ORDER BY error_kind IS NULL, n DESC, endpoint LIMIT ${groups + 1}`;
}

/** The index alone answers: the acceptance is part of the key, which it carries. */
export function openQuery({ account, fromMs, toMs }: Window, { open }: OverviewBounds): SQL {
  return sql`SELECT endpoint, count(*) AS "waiting", sum(accepted_at_ms >= ${fromMs} AND accepted_at_ms < ${toMs}) AS "fresh",
      min(accepted_at_ms) AS "oldestAcceptedAtMs", sum(count(*)) OVER () AS "rowsRead" FROM (
      SELECT endpoint, accepted_at_ms FROM deliveries INDEXED BY deliveries_open
      WHERE account = ${account} AND ${sql.raw(OPEN_STATUSES)} LIMIT ${open + 1}) GROUP BY endpoint`;
}

function failureOf({ endpoint, statusCode, errorKind, count, lastAtMs }: TriedRow): FailureGroup[] {
  if (endpoint === null || errorKind === null) return [];
  return [{ endpoint, statusCode, errorKind, count, lastAtMs: lastAtMs ?? 0 }];
}

function totalsOf(rows: readonly TriedRow[]): EndpointTotals[] {
  const byEndpoint = new Map<string, EndpointTotals>();
  for (const { endpoint, isSuccess, count, lastAtMs } of rows) {
    if (endpoint === null) continue;
    const totals = byEndpoint.get(endpoint) ?? { endpoint, succeeded: 0, failed: 0, delivered: 0, lastSuccessMs: null };
    byEndpoint.set(endpoint, totals);
    if (isSuccess === null) totals.delivered += count;
    else if (isSuccess === 0) totals.failed += count;
    else Object.assign(totals, { succeeded: totals.succeeded + count, lastSuccessMs: lastAtMs });
  }
  return [...byEndpoint.values()];
}
