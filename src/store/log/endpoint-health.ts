/**
 * What the log says of one endpoint's health (V4): its attempts of a day, and what waits for it.
 */
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { partsOf, type Span } from '../../core/hours.ts';
import { LATENCY_BOUNDS_MS } from '../../core/latency.ts';
import { HOUR_MS, OPEN_ROWS_MAX, WINDOW_ROWS_MAX, WINDOW_SLICES_MAX } from '../../core/limits.ts';
import type { ErrorKind } from '../../core/outcome.ts';
import { type HourGroup, rolledAttempts } from './hours.ts';
import { OPEN_STATUSES } from './schema.ts';
import { bucketColumn, readSlices, triedTables, type Window } from './tried.ts';

/** `isRecent`: since `recentMs`. */
export type TriedGroup = HourGroup & { isRecent: boolean };

type Row = {
  /** Null: no attempts. */
  hour: number | null;
  isRecent: number;
  statusCode: number | null;
  errorKind: ErrorKind | null;
  bucket: number;
  count: number;
  lastAtMs: number | null;
  sinceMs: number;
};

/**
 * By the hour. There is no index by endpoint, so the rows of the whole account are read, up to
 * those of the window; `sinceMs`: since when they are all of them.
 */
export async function endpointAttempts(
  database: D1Database,
  window: Window,
  endpoint: string,
  recentMs: number,
): Promise<{ found: TriedGroup[]; sinceMs: number }> {
  // From `edge`, so that an endpoint without attempts has a row too. D1 binds numbers as REAL,
  // hence the cast.
  const rows = await drizzle(database).all<Row>(sql`WITH ${triedTables(window)}
    SELECT CAST(at_ms / ${HOUR_MS} AS INTEGER) AS "hour", at_ms >= ${recentMs} AS "isRecent", status_code AS "statusCode", error_kind AS "errorKind",
      ${bucketColumn(LATENCY_BOUNDS_MS)} AS "bucket", count(at_ms) AS "count", max(at_ms) AS "lastAtMs", edge.since AS "sinceMs"
    FROM edge LEFT JOIN tried ON endpoint = ${endpoint} GROUP BY 1, 2, 3, 4, 5`);
  const found = rows
    .filter(({ count }) => count > 0)
    .map(({ hour, isRecent, lastAtMs, ...row }) => ({
      ...row,
      hourMs: (hour ?? 0) * HOUR_MS,
      isRecent: isRecent === 1,
      lastAtMs: lastAtMs ?? 0,
    }));
  return { found, sinceMs: rows[0]?.sinceMs ?? window.fromMs };
}

/**
 * A span as the roll-up has it, and row by row what it does not have: the newest part, in as many
 * slices as it takes. `recentMs` lies in that part. `isComplete` false: it has more rows than are
 * read, so of it only those since `sinceMs` are in.
 */
export async function endpointFigures(
  database: D1Database,
  { account, endpoint, span, recentMs, there }: Figures,
): Promise<{ groups: TriedGroup[]; sinceMs: number; isComplete: boolean }> {
  const { rolled, rest } = partsOf(span, there);
  const [hours, ...parts] = await Promise.all([
    rolled === null ? [] : rolledAttempts(database, account, endpoint, rolled),
    ...rest.map((part) =>
      readSlices({ account, ...part, rows: WINDOW_ROWS_MAX }, WINDOW_SLICES_MAX, (slice) =>
        endpointAttempts(database, slice, endpoint, recentMs),
      ),
    ),
  ]);
  const groups = [...hours.map((group) => ({ ...group, isRecent: false })), ...parts.flatMap(({ found }) => found)];
  const cut = parts.filter(({ sinceMs }, i) => sinceMs > (rest[i]?.fromMs ?? 0));
  const sinceMs = Math.max(span.fromMs, ...cut.map((part) => part.sinceMs));
  return { groups, sinceMs, isComplete: cut.length === 0 };
}

export type Figures = {
  account: string;
  endpoint: string;
  span: Span;
  recentMs: number;
  /** The hours that are rolled up. */
  there: Span | null;
};

export type Waiting = {
  count: number;
  oldestAcceptedAtMs: number | null;
  nextRetryAtMs: number | null;
  /** False: more wait than were read, so all three are of some of them only. */
  isComplete: boolean;
};

/**
 * `cutoffMs`: what was accepted until then was ended by a disabling, whether or not the log knows
 * yet; replays of it were not.
 */
export async function waitingFor(
  database: D1Database,
  account: string,
  endpoint: string,
  cutoffMs: number | null,
  most = OPEN_ROWS_MAX,
): Promise<Waiting> {
  const [row] = await drizzle(database).all<Omit<Waiting, 'isComplete'>>(sql`
    SELECT count(*) AS "count", min(accepted_at_ms) AS "oldestAcceptedAtMs", min(next_attempt_at_ms) AS "nextRetryAtMs" FROM (
      SELECT accepted_at_ms, next_attempt_at_ms FROM deliveries INDEXED BY deliveries_open
      WHERE account = ${account} AND endpoint = ${endpoint} AND ${sql.raw(OPEN_STATUSES)}
        AND (accepted_at_ms > ${cutoffMs ?? -1} OR replay_of IS NOT NULL) LIMIT ${most + 1})`);
  const { count = 0, oldestAcceptedAtMs = null, nextRetryAtMs = null } = row ?? {};
  return { count: Math.min(count, most), oldestAcceptedAtMs, nextRetryAtMs, isComplete: count <= most };
}
