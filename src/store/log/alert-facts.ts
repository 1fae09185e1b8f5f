/**
 * What the rules of alerts count, for some accounts at once. Nothing here scans the log: each query
 * goes by the key (account, time) within the window, or by the index `deliveries_open`, whose
 * entries exist only while a delivery is open. Each reads a bounded number of rows of each account,
 * so that a large one takes nothing from the others.
 */
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { z } from 'zod';
import type { EndpointStatus } from '../../core/endpoint.ts';
import {
  ALERT_ACCOUNTS_PER_RUN,
  ALERT_BACKLOG_ROWS_MAX,
  ALERT_BACKLOGS_PER_ACCOUNT,
  ALERT_ENDPOINTS_PER_ACCOUNT,
  ALERT_LOG_ROWS_MAX,
} from '../../core/limits.ts';
import { OPEN_STATUSES } from './schema.ts';

/** `partial`: accounts of which there is more than was read. */
export type Counted<T> = { rows: T[]; partial: string[] };

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
export type Backlog = {
  account: string;
  endpoint: string;
  retrying: number;
  joined: number;
  oldestAtMs: number | null;
};

/** In the order of their ids, those behind `after`. */
export async function accountsBehind(config: D1Database, after: string): Promise<string[]> {
  const rows = await drizzle(config).all<{ account: string }>(sql`
    SELECT account FROM accounts WHERE account > ${after} ORDER BY account LIMIT ${ALERT_ACCOUNTS_PER_RUN}`);
  return rows.map(({ account }) => account);
}

/** Those that are disabled, whose secret was made before then, or that are named. */
export async function alertEndpoints(
  config: D1Database,
  accounts: readonly string[],
  { secretBeforeMs, named: ids }: { secretBeforeMs: number; named: readonly string[] },
): Promise<Counted<AlertEndpoint>> {
  const rows = await drizzle(config).all<AlertEndpoint & { turn: number }>(sql`
    SELECT * FROM (
      SELECT e.account, e.id AS endpoint, e.status, e.status_reason AS "statusReason",
        e.secret_since_ms AS "secretSinceMs", row_number() OVER (PARTITION BY e.account ORDER BY e.id) AS turn
      FROM ${named(accounts)} AS a CROSS JOIN endpoints AS e ON e.account = a.value
      WHERE e.removed = 0 AND (e.status = 'disabled' OR e.secret_since_ms <= ${secretBeforeMs}
        OR e.id IN (SELECT value FROM ${named(ids)}))
    ) WHERE turn <= ${ALERT_ENDPOINTS_PER_ACCOUNT + 1}`);
  const isOver = ({ turn }: { turn: number }) => turn > ALERT_ENDPOINTS_PER_ACCOUNT;
  return {
    rows: rows.filter((row) => !isOver(row)).map(({ turn: _, ...row }) => row),
    partial: rows.filter(isOver).map(({ account }) => account),
  };
}

/**
 * Attempts since then. An embedded first attempt failed exactly if its delivery is not delivered by
 * it. Tests of endpoints count for nothing, and so does what a fault of ours kept from leaving:
 * here and below.
 */
export async function countAttempts(
  log: D1Database,
  accounts: readonly string[],
  sinceMs: number,
): Promise<Counted<AttemptCount>> {
  const rows = await drizzle(log).all<PerAccount>(sql`
    SELECT a.value AS account, (
      SELECT json_group_array(json_array(endpoint, attempts, failures, "left")) FROM (
        SELECT endpoint, count(*) AS attempts, sum(failed) AS failures, sum(ended) AS "left" FROM (
          SELECT * FROM (
            SELECT d.endpoint, (d.attempts > 1 OR d.status <> 'delivered') AS failed, 0 AS ended
            FROM deliveries AS d WHERE d.account = a.value AND d.accepted_at_ms >= ${sinceMs}
              AND d.first_at_ms IS NOT NULL
              AND NOT ((d.attempts > 1 OR d.status <> 'delivered')
                AND coalesce(d.first_attempt ->> '$.error.kind', '') = 'not-sent') LIMIT ${ALERT_LOG_ROWS_MAX})
          UNION ALL
          SELECT * FROM (
            SELECT t.endpoint, t.error_kind IS NOT NULL, t.number > 1 AND t.will_retry = 0
            FROM attempts AS t WHERE t.account = a.value AND t.at_ms >= ${sinceMs}
              AND t.trigger <> 'test' AND t.error_kind IS NOT 'not-sent' LIMIT ${ALERT_LOG_ROWS_MAX})
        ) GROUP BY endpoint)) AS counted
    FROM ${named(accounts)} AS a`);
  return counted(rows, attemptCounts, ([endpoint, attempts, failures, left]) => ({
    row: { endpoint, attempts, failures, left },
    read: attempts,
  }));
}

/**
 * Dead letters whose event was accepted, or whose last attempt was made, since then. A discarded
 * one is none any more.
 */
export async function countDead(
  log: D1Database,
  accounts: readonly string[],
  sinceMs: number,
): Promise<Counted<DeadCount>> {
  const rows = await drizzle(log).all<PerAccount>(sql`
    SELECT a.value AS account, (
      SELECT json_group_array(json_array(endpoint, dead, example)) FROM (
        SELECT endpoint, count(*) AS dead, max(id) AS example FROM (
          SELECT * FROM (
            SELECT d.endpoint, d.id FROM deliveries AS d
            WHERE d.account = a.value AND d.accepted_at_ms >= ${sinceMs} AND d.status = 'dead'
            LIMIT ${ALERT_LOG_ROWS_MAX})
          UNION
          SELECT * FROM (
            SELECT d.endpoint, d.id
            FROM attempts AS t CROSS JOIN deliveries AS d
              ON d.account = t.account AND d.accepted_at_ms = t.accepted_at_ms AND d.id = t.delivery
            WHERE t.account = a.value AND t.at_ms >= ${sinceMs} AND t.error_kind IS NOT NULL AND t.will_retry = 0
              AND t.trigger <> 'test' AND d.status = 'dead' LIMIT ${ALERT_LOG_ROWS_MAX})
        ) GROUP BY endpoint)) AS counted
    FROM ${named(accounts)} AS a`);
  return counted(rows, deadCounts, ([endpoint, dead, example]) => ({ row: { endpoint, dead, example }, read: dead }));
}

/** Retries since `sinceMs`, and in the time of the same length before. */
export async function countRetries(
  log: D1Database,
  accounts: readonly string[],
  sinceMs: number,
  lengthMs: number,
): Promise<Counted<RetryCount>> {
  const rows = await drizzle(log).all<PerAccount>(sql`
    SELECT a.value AS account, (
      SELECT json_array(json_array(total(at_ms >= ${sinceMs}), total(at_ms < ${sinceMs}))) FROM (
        SELECT t.at_ms FROM attempts AS t
        WHERE t.account = a.value AND t.at_ms >= ${sinceMs - lengthMs} AND t.trigger = 'retry'
          AND t.error_kind IS NOT 'not-sent'
        LIMIT ${ALERT_LOG_ROWS_MAX})) AS counted
    FROM ${named(accounts)} AS a`);
  return counted(rows, retryCounts, ([retries, retriesBefore]) => ({
    row: { retries, retriesBefore },
    read: retries + retriesBefore,
  }));
}

/**
 * Endpoints with open deliveries in accounts behind `after` and up to `upTo`: a few seeks for each,
 * and ALERT_BACKLOG_ROWS_MAX rows. Beyond these rows an endpoint's oldest delivery may be older
 * than said: the index is in the order of records.
 */
export async function backlogs(
  log: D1Database,
  after: string,
  upTo: string,
  sinceMs: number,
): Promise<Counted<Backlog>> {
  const open = sql.raw(OPEN_STATUSES);
  // Column by column: by a row value of columns, SQLite would go through all that is open in the
  // account.
  const nextEndpoint = sql`(SELECT endpoint FROM deliveries INDEXED BY deliveries_open
    WHERE ${open} AND account = seen.in_account AND endpoint > seen.at_endpoint ORDER BY endpoint LIMIT 1)`;
  const nextAccount = sql`(SELECT account FROM deliveries INDEXED BY deliveries_open
    WHERE ${open} AND account > seen.in_account AND account <= ${upTo} ORDER BY account LIMIT 1)`;
  const isNext = sql`(n >= ${ALERT_BACKLOGS_PER_ACCOUNT} OR ${nextEndpoint} IS NULL)`;
  // "~" is above every endpoint's id, and an empty one stands before an account's first: neither is
  // an endpoint.
  const rows = await drizzle(log).all<Backlog & { n: number }>(sql`
    WITH RECURSIVE seen(in_account, at_endpoint, n) AS (
      SELECT ${after}, '~', 0
      UNION ALL
      SELECT CASE WHEN ${isNext} THEN ${nextAccount} ELSE in_account END,
        CASE WHEN ${isNext} THEN '' ELSE ${nextEndpoint} END,
        CASE WHEN ${isNext} THEN 0 ELSE n + 1 END
      FROM seen WHERE in_account IS NOT NULL
    ), facts(account, endpoint, n, fact) AS MATERIALIZED (
      SELECT in_account, at_endpoint, n, (
        SELECT json_array(sum(is_retrying), sum(is_retrying AND accepted_at_ms >= ${sinceMs}),
          CASE WHEN max(is_ours) THEN NULL ELSE min(accepted_at_ms) END)
        FROM (SELECT status = 'retrying' AND last_error_kind IS NOT 'not-sent' AS is_retrying,
            last_error_kind IS 'not-sent' AS is_ours, accepted_at_ms FROM deliveries INDEXED BY deliveries_open
          WHERE ${open} AND account = seen.in_account AND endpoint = seen.at_endpoint LIMIT ${ALERT_BACKLOG_ROWS_MAX}))
      FROM seen WHERE in_account IS NOT NULL AND at_endpoint NOT IN ('', '~')
    )
    SELECT account, endpoint, n, json_extract(fact, '$[0]') AS retrying, json_extract(fact, '$[1]') AS joined,
      json_extract(fact, '$[2]') AS "oldestAtMs"
    FROM facts`);
  return {
    rows: rows.map(({ n: _, ...row }) => row),
    partial: rows.filter(({ n }) => n >= ALERT_BACKLOGS_PER_ACCOUNT).map(({ account }) => account),
  };
}

/** `counted`: a JSON array with one entry for each group. */
type PerAccount = { account: string; counted: string };

const attemptCounts = z.array(z.tuple([z.string(), z.number(), z.number(), z.number()]));
const deadCounts = z.array(z.tuple([z.string(), z.number(), z.string()]));
const retryCounts = z.array(z.tuple([z.number(), z.number()]));

function counted<G, T>(
  rows: readonly PerAccount[],
  schema: z.ZodType<G[]>,
  look: (group: G) => { row: T; read: number },
): Counted<T & { account: string }> {
  const partial: string[] = [];
  const all = rows.flatMap(({ account, counted: json }) => {
    const groups = schema.parse(JSON.parse(json)).map(look);
    if (groups.reduce((sum, { read }) => sum + read, 0) >= ALERT_LOG_ROWS_MAX) partial.push(account);
    return groups.map(({ row }) => ({ account, ...row }));
  });
  return { rows: all, partial };
}

/**
 * The outer table of a join that is made by key: its accounts are looked up one after the other.
 */
function named(values: readonly string[]) {
  return sql`json_each(${JSON.stringify(values)})`;
}
