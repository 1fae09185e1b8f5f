/**
 * What waits for an endpoint, as far as the log knows: everything that has waited for ten seconds. By the index `deliveries_open`,
 * whose entries exist only while a delivery is open. In its order the deliveries of one record are neighbours.
 */
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import type { RecordAddress } from '../core/ids.ts';
import { OPEN_STATUSES } from './log-schema.ts';

/** `address`: within its account. */
export type WaitingRecord = { address: Pick<RecordAddress, 'kind' | 'hash'>; deliveries: number };
export type WaitingPage = { records: WaitingRecord[]; next: string | null };

/** `dlv_`, the kind and 32 characters of hash: what the ids of a record's deliveries start with. */
const RECORD_PART = 37;

export async function countWaiting(database: D1Database, account: string, endpoint: string): Promise<number> {
  const [row] = await drizzle(database).all<{ n: number }>(sql`SELECT count(*) AS n ${waiting(account, endpoint)}`);
  return row?.n ?? 0;
}

/** Each record once, in the order of their hashes; `after` is a `next`. One seek for each, however much waits in it. */
export async function waitingRecords(
  database: D1Database,
  account: string,
  endpoint: string,
  after: string | null,
  limit: number,
): Promise<WaitingPage> {
  const first = (behind: ReturnType<typeof sql>) =>
    sql`(SELECT substr(id, 1, ${RECORD_PART}) ${waiting(account, endpoint)} AND id > ${behind} ORDER BY id LIMIT 1)`;
  // "`" comes right after "_", which ends every record's part.
  const rows = await drizzle(database).all<{ part: string; n: number }>(sql`
    WITH RECURSIVE page(part, n) AS (
      SELECT ${first(sql`${after === null ? '' : `${after}\``}`)}, 1
      UNION ALL
      SELECT ${first(sql`page.part || '\`'`)}, n + 1 FROM page WHERE part IS NOT NULL AND n < ${limit}
    )
    SELECT part, (SELECT count(*) ${waiting(account, endpoint)} AND id > part AND id < part || '\`') AS n
    FROM page WHERE part IS NOT NULL`);
  const records = rows.map(({ part, n }) => ({
    address: { kind: part[4] === 'u' ? ('u' as const) : ('k' as const), hash: part.slice(5) },
    deliveries: n,
  }));
  return { records, next: rows.length < limit ? null : (rows.at(-1)?.part ?? null) };
}

/** The condition stands as in the index, word for word: else SQLite would not use it. */
function waiting(account: string, endpoint: string) {
  return sql`FROM deliveries INDEXED BY deliveries_open
    WHERE account = ${account} AND endpoint = ${endpoint} AND ${sql.raw(OPEN_STATUSES)}`;
}
