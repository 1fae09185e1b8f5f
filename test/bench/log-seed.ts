/**
 * A log for bench:log, made by SQL: rows as the consumer of LOG writes them, in the order of time.
 */
import { hourOf } from '../../src/core/hours.ts';
import { DAY_MS } from '../../src/core/limits.ts';

/**
 * Attempts in ten deliveries: nine first tries that succeeded, and one first try that failed and
 * its retry.
 */
const OF_TEN = 11;
const CHUNK = 25_000;
/**
 * Recent enough for the retention of a service that runs on it, and so long ago that a million
 * attempts are past.
 */
export const LOG_START_MS = hourOf(Date.now() - 25 * DAY_MS);
export const STEP_MS = 2_000;
export const BIG = 'big';

export function deliveriesOf(attempts: number): number {
  return Math.round((attempts / OF_TEN) * 10);
}

const RARE = 50;

/** A valid id: the export reads what ids say. */
export function endpointName(account: string, n: number | 'rare'): string {
  const owner = account === BIG ? 99 : Number(account.slice('acc_'.length));
  return `ep_${String(owner * 100 + (n === 'rare' ? RARE : n)).padStart(26, '0')}`;
}

/**
 * From the deliveries of `from` attempts to those of `to`; the first of all is accepted at
 * `startMs`.
 */
export async function seedLog(db: D1Database, from: number, to: number, startMs = LOG_START_MS): Promise<void> {
  const last = deliveriesOf(to);
  for (let first = deliveriesOf(from); first < last; first += CHUNK) {
    const until = Math.min(last, first + CHUNK);
    await db.batch([DELIVERIES, ATTEMPTS].map((sql) => db.prepare(sql).bind(first, until, startMs)));
  }
}

/**
 * D1 binds numbers as REAL: without the cast, ids would end in `.0`. Delivery i: every tenth was
 * retried, every hundredth is dead, every thousandth still waits for its next retry.
 */
const FACTS = `
  WITH RECURSIVE n(i) AS (SELECT CAST(?1 AS INTEGER) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2),
  owned AS (SELECT i, CASE WHEN i % 2 = 0 THEN '${BIG}' ELSE 'acc_' || (i % 98) END AS account FROM n),
  facts AS (SELECT i, account, CAST(?3 AS INTEGER) + i * ${STEP_MS} AS at, i / 5000 + 1 AS sequence,
    'sub/' || (i % 5000) AS record, 'k' || replace(replace(replace(replace(printf('%032d', i % 5000), '0', 'a'), '1', 'b'), '8', 'c'), '9', 'd') AS address,
    'ep_' || printf('%026d', CASE WHEN i % 2 = 0 THEN 9900 ELSE i % 98 * 100 END
      + CASE WHEN i % 100000 = 6 THEN ${RARE} ELSE i / 2 % 10 END) AS endpoint,
    (i / 2) % 10 = 0 AS failed, (i / 2) % 100 = 0 AS dead, (i / 2) % 1000 = 10 AS waits FROM owned)`;

const DELIVERIES = `${FACTS}
  INSERT INTO deliveries (account, accepted_at_ms, id, endpoint, event_id, event_type, record, sequence, version, delivery_count,
    revision, status, attempts, last_at_ms, last_status_code, last_latency_ms, ended_at_ms, first_at_ms, first_attempt)
  SELECT account, at, 'dlv_' || address || '_' || sequence || '_' || substr(endpoint, 4), endpoint, 'evt_' || i, 'type.' || (i % 20), record, sequence, i,
    1, 3, CASE WHEN dead THEN 'dead' WHEN waits THEN 'retrying' ELSE 'delivered' END, 1 + failed,
    at + 20 + failed * 10000, CASE WHEN dead OR waits THEN 503 ELSE 200 END, 35, at + 60 + failed * 10000, at + 20,
    json_object('latencyMs', 35, 'statusCode', CASE WHEN failed THEN 503 ELSE 200 END, 'error', CASE WHEN failed THEN json_object('kind', 'http-5xx', 'message', 'answered 503') END,
      'responseHeaders', json_object('content-type', 'application/json', 'server', 'nginx', 'x-request-id', printf('%032d', i)),
      'responseBody', CASE WHEN failed THEN printf('%.300c', 'x') ELSE 'ok' END, 'trigger', 'first',
      'willRetry', json(CASE WHEN failed THEN 'true' ELSE 'false' END), 'nextAttemptAtMs', NULL)
  FROM facts`;

const ATTEMPTS = `${FACTS}
  INSERT INTO attempts (account, at_ms, id, delivery, accepted_at_ms, endpoint, event_id, event_type, record, number, "trigger", status_code,
    error_kind, error_message, latency_ms, response_headers, response_body, will_retry)
  SELECT account, at + 10020, 'att_' || address || '_' || sequence || '_' || substr(endpoint, 4) || '_a2',
    'dlv_' || address || '_' || sequence || '_' || substr(endpoint, 4), at, endpoint, 'evt_' || i, 'type.' || (i % 20), record, 2, 'retry',
    CASE WHEN dead OR waits THEN 503 ELSE 200 END, CASE WHEN dead OR waits THEN 'http-5xx' END,
    CASE WHEN dead OR waits THEN 'answered 503' END, 35, json_object('content-type', 'application/json', 'server', 'nginx'),
    CASE WHEN dead OR waits THEN printf('%.300c', 'x') ELSE 'ok' END, waits
  FROM facts WHERE failed`;
