/**
 * What a replay or discard of a range concerns, as far as the log knows, oldest first: originals,
 * without those that a replay is bringing or has brought; with `missing` also events that the
 * endpoint has no delivery of (missing.ts). A range of the account's key, read page by page.
 */
import { type SQL, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { RECORD_PREFIX_CHARS } from '../../core/ids.ts';
import type { BulkRange } from '../../core/job.ts';
import { DRY_RUN_TYPES_MAX } from '../../core/limits.ts';
import { REPLAYS_NOTHING } from '../../core/log.ts';
import { hasStatusCode, isOfTypes, isOneOf } from '../filter.ts';
import { deliveries, OPEN_STATUSES } from './schema.ts';
import { type From, missingFrom } from './missing.ts';

/** `isMissing`: `id` is of the delivery that was never made. */
export type BulkPosition = From & { isMissing: boolean };
export type BulkCount = {
  count: number;
  records: number;
  oldestAtMs: number | null;
  newestAtMs: number | null;
  /** `missing`: no delivery was made. */
  byStatus: { [status: string]: number };
  byEventType: { [type: string]: number };
};

export async function countRange(database: D1Database, account: string, range: BulkRange): Promise<BulkCount> {
  const d = drizzle(database);
  const from = startOf(range);
  const parts = [
    sql`SELECT accepted_at_ms AS "acceptedAtMs", status, event_type AS type, substr(id, 1, ${RECORD_PREFIX_CHARS}) AS record
      ${inRange(account, range, from)}`,
    ...missingOf(account, range, from).map(
      (select) => sql`SELECT "acceptedAtMs", 'missing' AS status, type, record FROM (${select})`,
    ),
  ];
  const found = sql`(${sql.join(parts, sql` UNION ALL `)})`;
  const [totals] = await d.all<{ n: number; records: number; oldest: number | null; newest: number | null }>(
    sql`SELECT count(*) AS n, count(DISTINCT record) AS records, min("acceptedAtMs") AS oldest, max("acceptedAtMs") AS newest
      FROM ${found}`,
  );
  const byStatus = await d.all<Counted>(sql`SELECT status AS name, count(*) AS n FROM ${found} GROUP BY status`);
  const byEventType = await d.all<Counted>(
    sql`SELECT type AS name, count(*) AS n FROM ${found} GROUP BY type ORDER BY n DESC LIMIT ${DRY_RUN_TYPES_MAX}`,
  );
  return {
    count: totals?.n ?? 0,
    records: totals?.records ?? 0,
    oldestAtMs: totals?.oldest ?? null,
    newestAtMs: totals?.newest ?? null,
    byStatus: named(byStatus),
    byEventType: named(byEventType),
  };
}

/** In the order of acceptance, those of one record in the order of their sequence. */
export async function pageOfRange(
  database: D1Database,
  account: string,
  range: BulkRange,
  after: BulkPosition | null,
  limit: number,
): Promise<BulkPosition[]> {
  const from = after ?? startOf(range);
  const d = drizzle(database);
  const inOrder = sql`ORDER BY 1, 2, 3 LIMIT ${limit}`;
  const [made, ...missing] = await Promise.all([
    d.all<From>(sql`SELECT accepted_at_ms AS "acceptedAtMs", sequence, id ${inRange(account, range, from)} ${inOrder}`),
    ...missingOf(account, range, from).map((select) => d.all<From>(sql`${select} ${inOrder}`)),
  ]);
  return [
    ...made.map((position) => ({ ...position, isMissing: false })),
    ...missing.flat().map(({ acceptedAtMs, sequence, id }) => ({ acceptedAtMs, sequence, id, isMissing: true })),
  ]
    .sort(byPosition)
    .slice(0, limit);
}

function byPosition(a: From, b: From): number {
  return a.acceptedAtMs - b.acceptedAtMs || a.sequence - b.sequence || (a.id < b.id ? -1 : 1);
}

function startOf({ fromMs }: BulkRange): From {
  return { acceptedAtMs: fromMs, sequence: -1, id: '' };
}

/**
 * A job of a release that did not store what the endpoint is subscribed to looks for cancelled ones
 * only, as it began.
 */
function missingOf(account: string, range: BulkRange, from: From): SQL[] {
  return range.missing && range.subscribed !== undefined ? missingFrom(account, range, from) : [];
}

type Counted = { name: string; n: number };

function named(rows: Counted[]): { [name: string]: number } {
  return Object.fromEntries(rows.map(({ name, n }) => [name, n]));
}

function inRange(account: string, range: BulkRange, from: From): SQL {
  const { endpoint, statuses, missing, eventTypes, records, statusCodes, toMs } = range;
  const conditions = [
    isOneOf(deliveries.status, statuses),
    isOfTypes(deliveries.eventType, eventTypes),
    isOneOf(deliveries.record, records),
    hasStatusCode(deliveries.lastStatusCode, statusCodes),
    missing ? sql`reason LIKE 'endpoint-disabled%'` : undefined,
  ].filter((one) => one !== undefined);
  return sql`FROM deliveries WHERE account = ${account} AND accepted_at_ms >= ${from.acceptedAtMs} AND accepted_at_ms < ${toMs}
    AND (accepted_at_ms, sequence, id) > (${from.acceptedAtMs}, ${from.sequence}, ${from.id})
    AND endpoint = ${endpoint} AND ifnull(replay_of, '') = ${REPLAYS_NOTHING} AND ${sql.join(conditions, sql` AND `)}
    AND NOT EXISTS (SELECT 1 FROM deliveries AS later WHERE later.account = deliveries.account
      AND later.accepted_at_ms = deliveries.accepted_at_ms AND later.id = deliveries.replayed_by
      AND (later.${sql.raw(OPEN_STATUSES)} OR (later.status = 'delivered' AND deliveries.status <> 'delivered')))`;
}
