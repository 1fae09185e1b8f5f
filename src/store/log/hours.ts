/**
 * The roll-up of attempts by hour (log-schema.ts, `hours`): made from the rows of an hour, and read
 * instead of them. Rows written are few: one for each endpoint and hour with attempts, none where a
 * repetition finds nothing new.
 */
import { type SQL, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { z } from 'zod';
import type { AttemptGroup } from '../../core/health.ts';
import type { Span } from '../../core/hours.ts';
import { LATENCY_BOUNDS_MS } from '../../core/latency.ts';
import {
  HOUR_MS,
  LOG_PARAMETER_BYTES_MAX,
  ROLL_UP_AGE_HOURS_MAX,
  ROLL_UP_SLICES_MAX,
  WINDOW_ROWS_MAX,
} from '../../core/limits.ts';
import { ERROR_KINDS, type ErrorKind } from '../../core/outcome.ts';
import { readCursor, writeCursor } from './retention.ts';
import { bucketColumn, readSlices, triedTables, type Window } from './tried.ts';

const countsSchema = z.array(
  z.tuple([z.number().nullable(), z.enum(ERROR_KINDS).nullable(), z.number(), z.number(), z.number(), z.number()]),
);
type Counts = z.output<typeof countsSchema>;

type Row = {
  endpoint: string | null;
  statusCode: number | null;
  errorKind: ErrorKind | null;
  bucket: number;
  age: number;
  count: number;
  lastAtMs: number;
  sinceMs: number;
};

/**
 * Counts an hour of one account and replaces what was rolled up of it. Returns how many queries
 * that took.
 */
export async function rollUpHour(
  database: D1Database,
  account: string,
  hourMs: number,
  rows = WINDOW_ROWS_MAX,
): Promise<number> {
  const window = { account, fromMs: hourMs, toMs: hourMs + HOUR_MS, rows };
  const { found, sinceMs, slices } = await readSlices(window, ROLL_UP_SLICES_MAX, async (slice) => {
    const some = await drizzle(database).all<Row>(hourQuery(slice));
    return { found: some, sinceMs: some[0]?.sinceMs ?? slice.fromMs };
  });
  if (sinceMs > hourMs) throw new Error(`an hour of ${account} has more rows than a roll-up reads`);
  const texts = [...countsByEndpoint(found, hourMs)].map(([endpoint, counts]) =>
    JSON.stringify([endpoint, JSON.stringify(counts)]),
  );
  const chunks = chunked(texts, LOG_PARAMETER_BYTES_MAX);
  for (const chunk of chunks) {
    await database
      .prepare(REPLACE)
      .bind(account, hourMs, `[${chunk.join(',')}]`)
      .run();
  }
  return slices + chunks.length;
}

const REPLACE = `INSERT INTO hours (account, hour_ms, endpoint, counts)
  SELECT ?1, CAST(?2 AS INTEGER), value->>0, value->>1 FROM json_each(?3) WHERE true
  ON CONFLICT DO UPDATE SET counts = excluded.counts WHERE counts <> excluded.counts`;

export function hourQuery(window: Window): SQL {
  const hourMs = Math.floor(window.fromMs / HOUR_MS) * HOUR_MS;
  const age = sql`CASE WHEN error_kind IS NULL AND accepted_at_ms < ${hourMs}
    THEN min(${ROLL_UP_AGE_HOURS_MAX}, (${hourMs + HOUR_MS - 1} - accepted_at_ms) / ${HOUR_MS}) ELSE 0 END`;
  return sql`WITH ${triedTables(window)}
    SELECT endpoint, status_code AS "statusCode", error_kind AS "errorKind", ${bucketColumn(LATENCY_BOUNDS_MS)} AS "bucket",
      CAST(${age} AS INTEGER) AS "age", count(at_ms) AS "count", max(at_ms) AS "lastAtMs", edge.since AS "sinceMs"
    FROM edge LEFT JOIN tried GROUP BY 1, 2, 3, 4, 5`;
}

/**
 * In an order that depends on nothing but what was counted, so that the same counts are the same
 * text.
 */
function countsByEndpoint(rows: readonly Row[], hourMs: number): Map<string, Counts> {
  const groups = new Map<string, Row>();
  for (const row of rows) {
    if (row.count === 0) continue;
    const key = JSON.stringify([row.endpoint, row.statusCode, row.errorKind, row.bucket, row.age]);
    const { count = 0, lastAtMs = 0 } = groups.get(key) ?? {};
    groups.set(key, { ...row, count: row.count + count, lastAtMs: Math.max(row.lastAtMs, lastAtMs) });
  }
  const byEndpoint = new Map<string, Counts>();
  for (const [, row] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const endpoint = row.endpoint ?? '';
    const counts = byEndpoint.get(endpoint) ?? [];
    byEndpoint.set(endpoint, counts);
    counts.push([row.statusCode, row.errorKind, row.bucket, row.age, row.count, row.lastAtMs - hourMs]);
  }
  return byEndpoint;
}

function chunked(texts: readonly string[], charsMax: number): string[][] {
  const chunks: string[][] = [];
  let room = 0;
  for (const text of texts) {
    room -= text.length + 1;
    if (room < 0) {
      chunks.push([]);
      room = charsMax - text.length;
    }
    chunks.at(-1)?.push(text);
  }
  return chunks;
}

export type HourGroup = AttemptGroup & { hourMs: number };

/** The rolled-up attempts of one endpoint in whole hours: one seek for each. */
export async function rolledAttempts(
  database: D1Database,
  account: string,
  endpoint: string,
  { fromMs, toMs }: Span,
): Promise<HourGroup[]> {
  const wanted = Array.from({ length: (toMs - fromMs) / HOUR_MS }, (_, i) => fromMs + i * HOUR_MS);
  const rows = await drizzle(database).all<{ hourMs: number; counts: string }>(sql`
    SELECT hour_ms AS "hourMs", counts FROM hours WHERE account = ${account}
      AND hour_ms IN (SELECT value FROM json_each(${JSON.stringify(wanted)})) AND endpoint = ${endpoint}`);
  return rows.flatMap(({ hourMs, counts }) =>
    countsSchema.parse(JSON.parse(counts)).map(([statusCode, errorKind, bucket, , count, last]) => ({
      hourMs,
      statusCode,
      errorKind,
      bucket,
      count,
      lastAtMs: hourMs + last,
    })),
  );
}

/**
 * Where the roll-up has come to: hours from `sinceMs` to before `hourMs` are there of all accounts,
 * this one of those up to `after`, in their own order.
 */
const progressSchema = z.object({ sinceMs: z.number(), hourMs: z.number(), after: z.string() });
export type Progress = z.output<typeof progressSchema>;

/** The pass whose hours are read: those of the other are looked at once more. */
export const ROLL_UP = 'roll-up';

export async function readProgress(config: D1Database, pass: string): Promise<Progress | null> {
  const text = await readCursor(config, pass);
  return text === '' ? null : progressSchema.parse(JSON.parse(text));
}

export async function writeProgress(config: D1Database, pass: string, progress: Progress): Promise<void> {
  await writeCursor(config, pass, JSON.stringify(progress));
}

/** Which hours of an account can be read; null: none. */
export function hoursOf(progress: Progress | null, account: string): Span | null {
  if (progress === null) return null;
  const { sinceMs, hourMs, after } = progress;
  return { fromMs: sinceMs, toMs: account <= after ? hourMs + HOUR_MS : hourMs };
}
