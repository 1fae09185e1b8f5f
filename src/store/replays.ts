/**
 * The deliveries that a replay or discard of a range concerns, as far as the log knows: originals, oldest first, without those that
 * a replay is bringing or has brought. A range of the account's key, read page by page.
 */
import { type SQL, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import type { BulkRange } from '../core/job.ts';
import { DRY_RUN_TYPES_MAX } from '../core/limits.ts';
import { hasStatusCode, isOneOf } from './filter.ts';
import { deliveries, OPEN_STATUSES } from './log-schema.ts';

export type BulkPosition = { acceptedAtMs: number; sequence: number; id: string };
export type BulkCount = {
  count: number;
  records: number;
  oldestAtMs: number | null;
  newestAtMs: number | null;
  byStatus: { [status: string]: number };
  byEventType: { [type: string]: number };
};

export async function countRange(database: D1Database, account: string, range: BulkRange): Promise<BulkCount> {
  const d = drizzle(database);
  const [totals] = await d.all<{ n: number; records: number; oldest: number | null; newest: number | null }>(
    sql`SELECT count(*) AS n, count(DISTINCT substr(id, 1, ${RECORD_PART})) AS records,
      min(accepted_at_ms) AS oldest, max(accepted_at_ms) AS newest ${inRange(account, range)}`,
  );
  const byStatus = await d.all<Counted>(
    sql`SELECT status AS name, count(*) AS n ${inRange(account, range)} GROUP BY status`,
  );
  const byEventType = await d.all<Counted>(
    sql`SELECT event_type AS name, count(*) AS n ${inRange(account, range)} GROUP BY event_type
      ORDER BY n DESC LIMIT ${DRY_RUN_TYPES_MAX}`,
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
export function pageOfRange(
  database: D1Database,
  account: string,
  range: BulkRange,
  after: BulkPosition | null,
  limit: number,
): Promise<BulkPosition[]> {
  const from = after ?? { acceptedAtMs: range.fromMs, sequence: -1, id: '' };
  return drizzle(database).all<BulkPosition>(sql`
    SELECT accepted_at_ms AS "acceptedAtMs", sequence, id
    ${inRange(account, { ...range, fromMs: from.acceptedAtMs })}
    AND (accepted_at_ms, sequence, id) > (${from.acceptedAtMs}, ${from.sequence}, ${from.id})
    ORDER BY accepted_at_ms, sequence, id LIMIT ${limit}`);
}

type Counted = { name: string; n: number };
/** `dlv_`, the kind and 32 characters of hash: what the ids of a record's deliveries start with. */
const RECORD_PART = 37;

function named(rows: Counted[]): { [name: string]: number } {
  return Object.fromEntries(rows.map(({ name, n }) => [name, n]));
}

function inRange(account: string, range: BulkRange): SQL {
  const { endpoint, statuses, missing, eventTypes, records, statusCodes, fromMs, toMs } = range;
  const conditions = [
    isOneOf(deliveries.status, statuses),
    isOneOf(deliveries.eventType, eventTypes),
    isOneOf(deliveries.record, records),
    hasStatusCode(deliveries.lastStatusCode, statusCodes),
    missing ? sql`reason LIKE 'endpoint-disabled%'` : undefined,
  ].filter((one) => one !== undefined);
  return sql`FROM deliveries WHERE account = ${account} AND accepted_at_ms >= ${fromMs} AND accepted_at_ms < ${toMs}
    AND endpoint = ${endpoint} AND replay_of IS NULL AND ${sql.join(conditions, sql` AND `)}
    AND NOT EXISTS (SELECT 1 FROM deliveries AS later WHERE later.account = deliveries.account
      AND later.accepted_at_ms = deliveries.accepted_at_ms AND later.id = deliveries.replayed_by
      AND (later.${sql.raw(OPEN_STATUSES)} OR (later.status = 'delivered' AND deliveries.status <> 'delivered')))`;
}
