/** What the log says of one endpoint's health (V4): its attempts of a day, and what waits for it. */
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import type { AttemptGroup } from '../core/health.ts';
import { LATENCY_BOUNDS_MS } from '../core/latency.ts';
import { OPEN_ROWS_MAX } from '../core/limits.ts';
import type { ErrorKind } from '../core/outcome.ts';
import { OPEN_STATUSES } from './log-schema.ts';
import { bucketColumn, triedTables, type Window } from './tried.ts';

export type EndpointAttempts = {
  recent: AttemptGroup[];
  all: AttemptGroup[];
  /** Since when they are all of them: later than asked for where the account has more than one answer reads. */
  sinceMs: number;
};

type Row = {
  isRecent: number;
  statusCode: number | null;
  errorKind: ErrorKind | null;
  bucket: number;
  count: number;
  lastAtMs: number | null;
  sinceMs: number;
};

/** There is no index by endpoint, so the rows of the whole account are read; `recentMs` splits them. */
export async function endpointAttempts(
  database: D1Database,
  window: Window,
  endpoint: string,
  recentMs: number,
): Promise<EndpointAttempts> {
  // From `edge`, so that an endpoint without attempts has a row too.
  const rows = await drizzle(database).all<Row>(sql`WITH ${triedTables(window)}
    SELECT at_ms >= ${recentMs} AS "isRecent", status_code AS "statusCode", error_kind AS "errorKind",
      ${bucketColumn(LATENCY_BOUNDS_MS)} AS "bucket", count(at_ms) AS "count", max(at_ms) AS "lastAtMs", edge.since AS "sinceMs"
    FROM edge LEFT JOIN tried ON endpoint = ${endpoint} GROUP BY 1, 2, 3, 4`);
  const groups = rows.filter(({ count }) => count > 0).map((row) => ({ ...row, lastAtMs: row.lastAtMs ?? 0 }));
  return {
    recent: groups.filter(({ isRecent }) => isRecent === 1),
    all: groups,
    sinceMs: rows[0]?.sinceMs ?? window.fromMs,
  };
}

export type Waiting = {
  count: number;
  oldestAcceptedAtMs: number | null;
  nextRetryAtMs: number | null;
  /** False: more wait than were read, so all three are of some of them only. */
  isComplete: boolean;
};

/** `cutoffMs`: what was accepted until then was ended by a disabling, whether or not the log knows yet; replays of it were not. */
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
