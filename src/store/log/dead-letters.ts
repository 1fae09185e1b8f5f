/**
 * How many dead letters there are, by endpoint (V6), counted from the index that holds nothing
 * else. With filters too it looks at DEAD_LETTERS_COUNTED_MAX of its entries, and says whether
 * these were all.
 */
import { and, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { DEAD_LETTERS_COUNTED_MAX, DEAD_LETTERS_ENDPOINTS_MAX } from '../../core/limits.ts';
import { ok } from '../../core/result.ts';
import type { FieldError, Result } from '../../core/result.ts';
import { checkStatusCodes, isDelivery, isFrom } from '../filter.ts';
import type { LogFilter } from '../filter.ts';
import { deliveries } from './schema.ts';
import { isInAccount, sourceOf } from './source.ts';

export type DeadLetters = {
  /** Most first. Times are of acceptance. */
  endpoints: { account: string; endpoint: string; count: number; oldestAtMs: number; newestAtMs: number }[];
  total: number;
  /**
   * False where there are more dead letters than are counted, or more endpoints than are listed.
   */
  isComplete: boolean;
};

type Row = DeadLetters['endpoints'][number] & { total: number; leftOut: number };
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
  const isMatch = isDelivery({ ...dead, status: undefined });
  const range = and(
    isInAccount(source, filter.account),
    // By event it reads a few rows and no others.
    source.isOrdered ? undefined : isMatch,
    source.where,
    sql`${acceptedAtMs} < ${filter.toMs ?? Number.MAX_SAFE_INTEGER}`,
    isFrom(acceptedAtMs, filter.fromMs),
  );
  // The index alone has what is counted; only other filters need the rows.
  const columns = isMatch === undefined ? sql`${account}, ${endpoint}, ${acceptedAtMs}` : sql`*`;
  const rows = await drizzle(database).all<Row>(sql`
    WITH dead AS (SELECT ${account} AS account, ${endpoint} AS endpoint, ${acceptedAtMs} AS at
      FROM (SELECT ${columns} FROM ${source.from} WHERE ${range} LIMIT ${most.deliveries}) AS ${deliveries} WHERE ${isMatch ?? sql`true`}),
    left_out AS (SELECT count(*) AS n FROM (SELECT 1 FROM ${source.from} WHERE ${range} LIMIT 1 OFFSET ${most.deliveries}))
    SELECT account AS "account", endpoint AS "endpoint", count(at) AS "count", min(at) AS "oldestAtMs", max(at) AS "newestAtMs",
      sum(count(at)) OVER () AS "total", left_out.n AS "leftOut"
    FROM left_out LEFT JOIN dead GROUP BY account, endpoint ORDER BY count(at) DESC, account, endpoint LIMIT ${most.endpoints + 1}`);
  const [first] = rows;
  return ok({
    // Where none matches there is still one row, which says whether some were left out.
    endpoints: rows
      .filter(({ count }) => count > 0)
      .slice(0, most.endpoints)
      .map(({ total: _, leftOut: __, ...depth }) => depth),
    total: first?.total ?? 0,
    isComplete: first?.leftOut !== 1 && rows.length <= most.endpoints,
  });
}
