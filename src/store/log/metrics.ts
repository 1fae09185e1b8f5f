/**
 * What `/metrics` counts (V7), over all accounts, from the projections: bounded as overviews are
 * (overview.ts), without a label for accounts or endpoints, of which there may be any number.
 */
import { sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import type { DeliveryStatus } from '../../core/delivery.ts';
import {
  METRICS_LATENCY_MS,
  OPEN_ROWS_MAX,
  OVERVIEW_ACCOUNTS_BATCH,
  OVERVIEW_ACCOUNTS_MAX,
} from '../../core/limits.ts';
import { OVERVIEW_ROWS_MAX, WINDOW_ROWS_MAX } from '../../core/limits.ts';
import type { EndpointStatus } from '../../core/endpoint.ts';
import type { JobStatus } from '../../core/job.ts';
import { OPEN_STATUSES } from './schema.ts';
import { activeAccounts } from './overview.ts';
import { prepare } from '../prepare.ts';
import { bucketColumn, triedTables, type Window } from './tried.ts';

export type LogCounts = {
  /** Deliveries accepted in the window, by their status now. */
  deliveries: Map<DeliveryStatus, number>;
  /** By `outcome` (delivered, or the kind of error) and class of code (2xx, …, none). */
  attempts: Map<string, { outcome: string; codeClass: string; count: number }>;
  /** Of attempts whose outcome is known; one more than METRICS_LATENCY_MS. */
  latency: { counts: number[]; sumMs: number };
  open: number;
  oldestOpenMs: number | null;
  accountsRead: number;
  /** False: some account, or some rows of one, were left out. */
  isComplete: boolean;
};

type TriedRow = {
  kind: 'status' | 'attempt' | 'edge';
  /** The status, or the kind of error; null for success. */
  name: string | null;
  codeClass: number | null;
  bucket: number | null;
  count: number;
  sumMs: number | null;
  isCut: number;
  rowsRead: number;
};
type OpenRow = { count: number; oldestMs: number | null };

export async function logCounts(database: D1Database, span: { fromMs: number; toMs: number }): Promise<LogCounts> {
  const { accounts, next } = await activeAccounts(database, { ...span, after: '', most: OVERVIEW_ACCOUNTS_MAX });
  const counts: LogCounts = {
    deliveries: new Map(),
    attempts: new Map(),
    latency: { counts: METRICS_LATENCY_MS.map(() => 0).concat(0), sumMs: 0 },
    open: 0,
    oldestOpenMs: null,
    accountsRead: 0,
    isComplete: next === null,
  };
  let rows = 0;
  for (let from = 0; from < accounts.length; from += OVERVIEW_ACCOUNTS_BATCH) {
    if (rows > OVERVIEW_ROWS_MAX) {
      counts.isComplete = false;
      break;
    }
    const some = accounts.slice(from, from + OVERVIEW_ACCOUNTS_BATCH);
    const windows = some.map((account) => ({ account, ...span, rows: WINDOW_ROWS_MAX }));
    const statements = windows.flatMap((window) => [metricsQuery(window), openCountQuery(window)]);
    const results = await database.batch(statements.map((one) => prepare(database, one)));
    results.forEach(({ results: found }, index) => {
      // Of each account first the one query, then the other.
      if (index % 2 === 0) rows += addTried(counts, found as TriedRow[]);
      else rows += addOpen(counts, found as OpenRow[]);
    });
    counts.accountsRead += some.length;
  }
  return counts;
}

export function metricsQuery(window: Window): SQL {
  return sql`WITH ${triedTables(window)}
    SELECT 'attempt' AS "kind", error_kind AS "name", status_code / 100 AS "codeClass", ${bucketColumn(METRICS_LATENCY_MS)} AS "bucket",
      count(*) AS "count", sum(latency_ms) AS "sumMs", 0 AS "isCut", 0 AS "rowsRead" FROM tried GROUP BY 2, 3, 4
    UNION ALL SELECT 'status', status, NULL, NULL, count(*), NULL, 0, 0 FROM accepted
      WHERE accepted_at_ms >= (SELECT since FROM edge) GROUP BY status
    UNION ALL SELECT 'edge', NULL, NULL, NULL, 0, NULL, is_cut, rows_read FROM edge`;
}

/** By the index alone. */
export function openCountQuery({ account }: Window): SQL {
  return sql`SELECT count(*) AS "count", min(accepted_at_ms) AS "oldestMs" FROM (
    SELECT accepted_at_ms FROM deliveries INDEXED BY deliveries_open
    WHERE account = ${account} AND ${sql.raw(OPEN_STATUSES)} LIMIT ${OPEN_ROWS_MAX + 1})`;
}

function addTried(counts: LogCounts, rows: readonly TriedRow[]): number {
  let read = 0;
  for (const { kind, name, codeClass, bucket, count, sumMs, isCut, rowsRead } of rows) {
    if (kind === 'edge') {
      read += rowsRead;
      if (isCut === 1) counts.isComplete = false;
    } else if (kind === 'status') {
      const status = name as DeliveryStatus;
      counts.deliveries.set(status, (counts.deliveries.get(status) ?? 0) + count);
    } else {
      const one = { outcome: name ?? 'delivered', codeClass: codeClass === null ? 'none' : `${codeClass}xx` };
      const key = `${one.outcome} ${one.codeClass}`;
      counts.attempts.set(key, { ...one, count: (counts.attempts.get(key)?.count ?? 0) + count });
      if (name === 'lost' || name === 'not-sent' || bucket === null) continue;
      counts.latency.counts[bucket] = (counts.latency.counts[bucket] ?? 0) + count;
      counts.latency.sumMs += sumMs ?? 0;
    }
  }
  return read;
}

function addOpen(counts: LogCounts, [row]: readonly OpenRow[]): number {
  if (row === undefined) return 0;
  if (row.count > OPEN_ROWS_MAX) counts.isComplete = false;
  counts.open += row.count;
  if (row.oldestMs !== null) counts.oldestOpenMs = Math.min(counts.oldestOpenMs ?? row.oldestMs, row.oldestMs);
  return row.count;
}

export type ConfigCounts = {
  accounts: number;
  endpoints: Map<EndpointStatus, number>;
  jobs: Map<JobStatus, number>;
  /** Since the installation began. */
  spansDropped: number;
};

/** Small tables, read whole: accounts and endpoints, and the jobs there ever were. */
export async function configCounts(database: D1Database): Promise<ConfigCounts> {
  const rows = await drizzle(database).all<{ kind: string; name: string; count: number }>(sql`
    SELECT 'accounts' AS "kind", '' AS "name", count(*) AS "count" FROM accounts
    UNION ALL SELECT 'endpoints', status, count(*) FROM endpoints WHERE removed = 0 GROUP BY status
    UNION ALL SELECT 'jobs', status, count(*) FROM jobs WHERE ended_at_ms IS NULL GROUP BY status
    UNION ALL SELECT 'counters', name, value FROM counters`);
  const of = (kind: string) => rows.filter((row) => row.kind === kind);
  return {
    accounts: of('accounts')[0]?.count ?? 0,
    endpoints: new Map(of('endpoints').map(({ name, count }) => [name as EndpointStatus, count])),
    jobs: new Map(of('jobs').map(({ name, count }) => [name as JobStatus, count])),
    spansDropped: of('counters').find(({ name }) => name === 'spans-dropped')?.count ?? 0,
  };
}
