/**
 * Attempts by the minute, of one account after the other: for charts of the last hour. Read row by
 * row, because the roll-up (hours.ts) is coarser; bounded as every window is, so that the log's
 * size does not matter.
 */
import { MINUTE_MS } from '../../core/limits.ts';
import { type SQL, sql } from 'drizzle-orm';
import type { AttemptGroup } from '../../core/health.ts';
import { LATENCY_BOUNDS_MS } from '../../core/latency.ts';
import type { ErrorKind } from '../../core/outcome.ts';
import { prepare } from '../prepare.ts';
import { bucketColumn, triedTables, type Window } from './tried.ts';

export type MinuteGroup = AttemptGroup & { minuteMs: number };
/** `sinceMs`: from where on all attempts were counted. */
export type Traffic = { groups: MinuteGroup[]; sinceMs: number; rowsRead: number };

type Row = {
  minute: number | null;
  errorKind: ErrorKind | null;
  bucket: number;
  count: number;
  lastAtMs: number | null;
  sinceMs: number;
  rowsRead: number;
};

/** In the order of `windows`, in one round trip. Each begins with a minute. */
export async function trafficOf(database: D1Database, windows: readonly Window[]): Promise<Traffic[]> {
  if (windows.length === 0) return [];
  const results = await database.batch(windows.map((window) => prepare(database, trafficQuery(window))));
  return windows.map(({ fromMs }, at) => {
    // Rows of the statement below, column by column.
    const rows = (results[at]?.results ?? []) as Row[];
    const groups = rows.flatMap(({ minute, errorKind, bucket, count, lastAtMs }) => {
      if (minute === null) return [];
      const minuteMs = fromMs + minute * MINUTE_MS;
      return [{ minuteMs, statusCode: null, errorKind, bucket, count, lastAtMs: lastAtMs ?? minuteMs }];
    });
    return { groups, sinceMs: rows[0]?.sinceMs ?? fromMs, rowsRead: rows[0]?.rowsRead ?? 0 };
  });
}

export function trafficQuery(window: Window): SQL {
  return sql`WITH ${triedTables(window)}
    SELECT CAST((at_ms - ${window.fromMs}) / ${MINUTE_MS} AS INTEGER) AS "minute", error_kind AS "errorKind",
      ${bucketColumn(LATENCY_BOUNDS_MS)} AS "bucket", count(at_ms) AS "count", max(at_ms) AS "lastAtMs",
      edge.since AS "sinceMs", edge.rows_read AS "rowsRead"
    FROM edge LEFT JOIN tried GROUP BY 1, 2, 3`;
}
