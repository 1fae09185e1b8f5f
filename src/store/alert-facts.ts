/**
 * What the rules of alerts count, for some accounts at once. Nothing here scans the log: each query goes by the key (account, time) within
 * the window, or by the index `deliveries_open`, whose entries exist only while a delivery is open; each reads a bounded number of rows.
 */
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import type { EndpointStatus } from '../core/endpoint.ts';
import {
  ALERT_ACCOUNTS_PER_RUN,
  ALERT_BACKLOG_ROWS_MAX,
  ALERT_BACKLOGS_PER_RUN,
  ALERT_ENDPOINTS_PER_RUN,
  ALERT_LOG_ROWS_MAX,
} from '../core/limits.ts';
import { OPEN_STATUSES } from './log-schema.ts';

/** `isWhole` false: there is more than was read. */
export type Counted<T> = { rows: T[]; isWhole: boolean };

export type AlertEndpoint = {
  account: string;
  endpoint: string;
  status: EndpointStatus;
  statusReason: string | null;
  secretSinceMs: number | null;
};
export type AttemptCount = { account: string; endpoint: string; attempts: number; failures: number; left: number };
export type DeadCount = { account: string; endpoint: string; dead: number; example: string };
export type RetryCount = { account: string; retries: number; retriesBefore: number };
export type Backlog = { account: string; endpoint: string; retrying: number; joined: number; oldestAtMs: number };

/** In the order of their ids, those behind `after`. */
export async function accountsBehind(config: D1Database, after: string): Promise<string[]> {
  const rows = await drizzle(config).all<{ account: string }>(sql`
    SELECT account FROM accounts WHERE account > ${after} ORDER BY account LIMIT ${ALERT_ACCOUNTS_PER_RUN}`);
  return rows.map(({ account }) => account);
}

export async function alertEndpoints(config: D1Database, accounts: readonly string[]): Promise<Counted<AlertEndpoint>> {
  const rows = await drizzle(config).all<AlertEndpoint>(sql`
    SELECT e.account, e.id AS endpoint, e.status, e.status_reason AS "statusReason", e.secret_since_ms AS "secretSinceMs"
    FROM ${named(accounts)} AS a CROSS JOIN endpoints AS e ON e.account = a.value
    WHERE e.removed = 0 LIMIT ${ALERT_ENDPOINTS_PER_RUN + 1}`);
  return { rows: rows.slice(0, ALERT_ENDPOINTS_PER_RUN), isWhole: rows.length <= ALERT_ENDPOINTS_PER_RUN };
}

/**
 * Attempts since then. An embedded first attempt failed exactly if its delivery is not delivered by it. Tests of endpoints count for
 * nothing.
 */
export async function countAttempts(
  log: D1Database,
  accounts: readonly string[],
  sinceMs: number,
): Promise<Counted<AttemptCount>> {
  const rows = await drizzle(log).all<AttemptCount & { read: number }>(sql`
    SELECT account, endpoint, count(*) AS attempts, sum(failed) AS failures, sum(ended) AS "left",
      sum(count(*)) OVER () AS read
    FROM (
      SELECT d.account, d.endpoint, (d.attempts > 1 OR d.status <> 'delivered') AS failed, 0 AS ended
      FROM ${named(accounts)} AS a CROSS JOIN deliveries AS d ON d.account = a.value AND d.accepted_at_ms >= ${sinceMs}
      WHERE d.first_at_ms IS NOT NULL
      UNION ALL
      SELECT t.account, t.endpoint, t.error_kind IS NOT NULL, t.number > 1 AND t.will_retry = 0
      FROM ${named(accounts)} AS a CROSS JOIN attempts AS t ON t.account = a.value AND t.at_ms >= ${sinceMs}
      WHERE t.trigger <> 'test'
      LIMIT ${ALERT_LOG_ROWS_MAX}
    ) GROUP BY account, endpoint`);
  return { rows: rows.map(({ read: _, ...row }) => row), isWhole: (rows[0]?.read ?? 0) < ALERT_LOG_ROWS_MAX };
}

/** Dead letters whose event was accepted, or whose last attempt was made, since then. A discarded one is none any more. */
export async function countDead(
  log: D1Database,
  accounts: readonly string[],
  sinceMs: number,
): Promise<Counted<DeadCount>> {
  const rows = await drizzle(log).all<DeadCount & { read: number }>(sql`
    SELECT account, endpoint, count(*) AS dead, max(id) AS example, sum(count(*)) OVER () AS read
    FROM (
      SELECT d.account, d.endpoint, d.id
      FROM ${named(accounts)} AS a CROSS JOIN deliveries AS d ON d.account = a.value AND d.accepted_at_ms >= ${sinceMs}
      WHERE d.status = 'dead'
      UNION
      SELECT d.account, d.endpoint, d.id
      FROM ${named(accounts)} AS a CROSS JOIN attempts AS t ON t.account = a.value AND t.at_ms >= ${sinceMs}
        CROSS JOIN deliveries AS d ON d.account = t.account AND d.accepted_at_ms = t.accepted_at_ms AND d.id = t.delivery
      WHERE t.error_kind IS NOT NULL AND t.will_retry = 0 AND t.trigger <> 'test' AND d.status = 'dead'
      LIMIT ${ALERT_LOG_ROWS_MAX}
    ) GROUP BY account, endpoint`);
  return { rows: rows.map(({ read: _, ...row }) => row), isWhole: (rows[0]?.read ?? 0) < ALERT_LOG_ROWS_MAX };
}

/** Retries since `sinceMs`, and in the time of the same length before. */
export async function countRetries(
  log: D1Database,
  accounts: readonly string[],
  sinceMs: number,
  lengthMs: number,
): Promise<Counted<RetryCount>> {
  const rows = await drizzle(log).all<RetryCount>(sql`
    SELECT account, sum(at_ms >= ${sinceMs}) AS retries, sum(at_ms < ${sinceMs}) AS "retriesBefore"
    FROM (
      SELECT t.account, t.at_ms
      FROM ${named(accounts)} AS a CROSS JOIN attempts AS t ON t.account = a.value AND t.at_ms >= ${sinceMs - lengthMs}
      WHERE t.trigger = 'retry' LIMIT ${ALERT_LOG_ROWS_MAX}
    ) GROUP BY account`);
  const read = rows.reduce((sum, row) => sum + row.retries + row.retriesBefore, 0);
  return { rows, isWhole: read < ALERT_LOG_ROWS_MAX };
}

/**
 * Endpoints with open deliveries in accounts behind `after` and up to `upTo`: a few seeks for each, and ALERT_BACKLOG_ROWS_MAX rows.
 * Beyond these rows an endpoint's oldest delivery may be older than said: the index is in the order of records.
 */
export async function backlogs(
  log: D1Database,
  after: string,
  upTo: string,
  sinceMs: number,
): Promise<Counted<Backlog>> {
  const open = sql.raw(OPEN_STATUSES);
  // Column by column: by a row value of columns, SQLite would go through all that is open in the account.
  const nextEndpoint = sql`(SELECT endpoint FROM deliveries INDEXED BY deliveries_open
    WHERE ${open} AND account = seen.in_account AND endpoint > seen.at_endpoint ORDER BY endpoint LIMIT 1)`;
  const nextAccount = sql`(SELECT account FROM deliveries INDEXED BY deliveries_open
    WHERE ${open} AND account > seen.in_account AND account <= ${upTo} ORDER BY account LIMIT 1)`;
  // "~" is above every endpoint's id, and an empty one stands before an account's first: neither is an endpoint.
  const rows = await drizzle(log).all<Backlog>(sql`
    WITH RECURSIVE seen(in_account, at_endpoint, n) AS (
      SELECT ${after}, '~', 0
      UNION ALL
      SELECT CASE WHEN ${nextEndpoint} IS NULL THEN ${nextAccount} ELSE in_account END,
        coalesce(${nextEndpoint}, ''), n + 1
      FROM seen WHERE in_account IS NOT NULL AND n < ${2 * (ALERT_BACKLOGS_PER_RUN + 1)}
    ), facts(account, endpoint, fact) AS MATERIALIZED (
      SELECT in_account, at_endpoint, (
        SELECT json_array(
          sum(status = 'retrying'), sum(status = 'retrying' AND accepted_at_ms >= ${sinceMs}), min(accepted_at_ms))
        FROM (SELECT status, accepted_at_ms FROM deliveries INDEXED BY deliveries_open
          WHERE ${open} AND account = seen.in_account AND endpoint = seen.at_endpoint LIMIT ${ALERT_BACKLOG_ROWS_MAX}))
      FROM seen WHERE in_account IS NOT NULL AND at_endpoint NOT IN ('', '~')
    )
    SELECT account, endpoint, json_extract(fact, '$[0]') AS retrying, json_extract(fact, '$[1]') AS joined,
      json_extract(fact, '$[2]') AS "oldestAtMs"
    FROM facts`);
  return { rows: rows.slice(0, ALERT_BACKLOGS_PER_RUN), isWhole: rows.length <= ALERT_BACKLOGS_PER_RUN };
}

/** The outer table of a join that is made by key: its accounts are looked up one after the other. */
function named(accounts: readonly string[]) {
  return sql`json_each(${JSON.stringify(accounts)})`;
}
