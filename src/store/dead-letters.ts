/** How many dead letters there are, by endpoint (V6), counted from the index that holds nothing else. */
import { and, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { DEAD_LETTERS_COUNTED_MAX, DEAD_LETTERS_ENDPOINTS_MAX } from '../core/limits.ts';
import { ok } from '../core/result.ts';
import type { FieldError, Result } from '../core/result.ts';
import { checkStatusCodes, isDelivery, isFrom } from './filter.ts';
import type { LogFilter } from './filter.ts';
import { deliveries } from './log-schema.ts';
import { isInAccount, sourceOf } from './source.ts';

export type DeadLetters = {
  /** Most first. Times are of acceptance. */
  endpoints: { account: string; endpoint: string; count: number; oldestAtMs: number; newestAtMs: number }[];
  total: number;
  /** False where there are more dead letters than are counted, or more endpoints than are listed. */
  isComplete: boolean;
};

type Row = DeadLetters['endpoints'][number] & { total: number };
type Most = { deliveries: number; endpoints: number };

export async function countDeadLetters(
  database: D1Database,
  filter: LogFilter,
  most: Most = { deliveries: DEAD_LETTERS_COUNTED_MAX, endpoints: DEAD_LETTERS_ENDPOINTS_MAX },
): Promise<Result<DeadLetters, FieldError>> {
  const codes = checkStatusCodes(filter);
  if (!codes.ok) return codes;
  const dead = { ...filter, status: ['dead' as const] };
  const source = sourceOf(deliveries, dead);
  const { account, endpoint, acceptedAtMs } = deliveries;
  // A span without an end is written as one, so that it stays a range of the key.
  const matches = and(
    isInAccount(source, filter.account),
    source.where,
    sql`${acceptedAtMs} < ${filter.toMs ?? Number.MAX_SAFE_INTEGER}`,
    isFrom(acceptedAtMs, filter.fromMs),
    isDelivery(dead),
  );
  const rows = await drizzle(database).all<Row>(sql`
    WITH dead AS (SELECT ${account} AS account, ${endpoint} AS endpoint, ${acceptedAtMs} AS at
      FROM ${source.from} WHERE ${matches} LIMIT ${most.deliveries + 1})
    SELECT account AS "account", endpoint AS "endpoint", count(*) AS "count", min(at) AS "oldestAtMs", max(at) AS "newestAtMs",
      sum(count(*)) OVER () AS "total"
    FROM dead GROUP BY account, endpoint ORDER BY count(*) DESC, account, endpoint LIMIT ${most.endpoints + 1}`);
  const total = rows[0]?.total ?? 0;
  return ok({
    endpoints: rows.slice(0, most.endpoints).map(({ total: _, ...depth }) => depth),
    total: Math.min(total, most.deliveries),
    isComplete: total <= most.deliveries && rows.length <= most.endpoints,
  });
}
