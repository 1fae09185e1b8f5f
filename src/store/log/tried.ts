/**
 * The attempts of one account in a window, from both places where they lie (log-schema.ts), for
 * figures rather than lists. Bounded: where either table has more rows in the window than `rows`,
 * the newest are read, and `edge` says since when they are all of them. Tests of endpoints are not
 * among them.
 */
import { sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import { LOG_EMBED_WITHIN_MS } from '../../core/limits.ts';

/** From `fromMs` to before `toMs`. */
export type Window = { account: string; fromMs: number; toMs: number; rows: number };

/**
 * Named tables for a WITH: `accepted` (deliveries accepted around the window), `edge` (one row:
 * `since`, `is_cut`, `rows_read`) and `tried`.
 *
 * Why `since` is what it is: a delivery that was not read was accepted at `min(accepted)` at the
 * latest, and an embedded attempt starts at most LOG_EMBED_WITHIN_MS after its acceptance.
 */
export function triedTables({ account, fromMs, toMs, rows }: Window): SQL {
  const w = LOG_EMBED_WITHIN_MS;
  return sql`own AS MATERIALIZED (SELECT at_ms, accepted_at_ms, endpoint, status_code, error_kind, latency_ms FROM attempts
      WHERE account = ${account} AND at_ms >= ${fromMs} AND at_ms < ${toMs} AND trigger <> 'test'
      ORDER BY at_ms DESC, id DESC LIMIT ${rows + 1}),
    accepted AS MATERIALIZED (SELECT accepted_at_ms, endpoint, status, first_at_ms AS at_ms,
        first_attempt->>'$.statusCode' AS status_code, first_attempt->>'$.error.kind' AS error_kind,
        first_attempt->>'$.latencyMs' AS latency_ms FROM deliveries
      WHERE account = ${account} AND accepted_at_ms >= ${fromMs - w} AND accepted_at_ms < ${toMs}
      ORDER BY accepted_at_ms DESC, id DESC LIMIT ${rows + 1}),
    edge AS MATERIALIZED (SELECT max(since) AS since, max(since) > ${fromMs} AS is_cut, sum(n) AS rows_read FROM (
      SELECT ${fromMs} AS since, 0 AS n
      UNION ALL SELECT CASE WHEN count(*) > ${rows} THEN min(at_ms) + 1 ELSE 0 END, count(*) FROM own
      UNION ALL SELECT CASE WHEN count(*) > ${rows} THEN min(accepted_at_ms) + ${w + 1} ELSE 0 END, count(*) FROM accepted)),
    tried AS (SELECT at_ms, accepted_at_ms, endpoint, status_code, error_kind, latency_ms FROM own WHERE at_ms >= (SELECT since FROM edge)
      UNION ALL SELECT at_ms, accepted_at_ms, endpoint, status_code, error_kind, latency_ms FROM accepted
      WHERE at_ms >= (SELECT since FROM edge) AND at_ms < ${toMs})`;
}

/**
 * The index of the first bound that a latency does not pass, as `bucketOf` of core/latency.ts finds
 * it.
 */
export function bucketColumn(boundsMs: readonly number[]): SQL {
  const cases = boundsMs.map((end, index) => `WHEN latency_ms <= ${end} THEN ${index}`);
  return sql.raw(`CASE ${cases.join(' ')} ELSE ${boundsMs.length} END`);
}

/**
 * A window too large for one query, slice by slice from its end, each by `read`, which says since
 * when it was complete. Ends early after `most` slices. A slice that gets nowhere, because too much
 * happened at once, is read again with more rows.
 */
export async function readSlices<T>(
  window: Window,
  most: number,
  read: (slice: Window) => Promise<{ sinceMs: number; found: T[] }>,
): Promise<{ found: T[]; sinceMs: number; slices: number }> {
  const found: T[] = [];
  let { toMs, rows } = window;
  let slices = 0;
  while (toMs > window.fromMs && slices < most) {
    const slice = await read({ ...window, toMs, rows });
    slices += 1;
    if (slice.sinceMs >= toMs) {
      rows *= 2;
      continue;
    }
    found.push(...slice.found);
    toMs = slice.sinceMs;
  }
  return { found, sinceMs: Math.max(toMs, window.fromMs), slices };
}
