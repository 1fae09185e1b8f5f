/**
 * Counts an account's test sends (E4, S4): whoever may send tests could otherwise make Tubepost
 * call any public address as often as they like. Counted in a table and not in memory, which is
 * gone after ten quiet seconds. The table is made by the first test, beside the migrations: few
 * accounts ever need it, and each table made in a new object is billed.
 */
import type { AccountSettings, EndpointSettings } from '../core/endpoint.ts';
import { TEST_SENDS_MAX, TEST_SENDS_WINDOW_MS } from '../core/limits.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { TestRefusal } from '../core/rpc.ts';
import type { Sql } from '../core/sql.ts';
import { audit } from './audit.ts';

export function beginTest(
  sql: Sql,
  settings: AccountSettings | null,
  id: string,
  by: string,
  nowMs: number,
): Result<{ endpoint: EndpointSettings; number: number }, TestRefusal> {
  if (settings === null) return fail({ reason: 'no-account' });
  const endpoint = settings.endpoints.find((one) => one.id === id);
  if (endpoint === undefined) return fail({ reason: 'not-found' });
  if (endpoint.status === 'disabled') return fail({ reason: 'disabled', statusReason: endpoint.statusReason });
  const counted = count(sql, id, by, nowMs);
  return counted.ok ? ok({ endpoint, number: counted.value }) : fail({ reason: 'too-many', ...counted.error });
}

/**
 * The test's number, never given twice while it matters; or, where there were too many, how long to
 * wait.
 */
function count(sql: Sql, endpoint: string, by: string, nowMs: number): Result<number, { retryAfterMs: number }> {
  return sql.transaction(() => {
    sql.exec('CREATE TABLE IF NOT EXISTS test_send (at_ms INTEGER PRIMARY KEY)');
    // Also those from the future, after a clock was set back: they would lock the account for as
    // long.
    sql.exec(
      'DELETE FROM test_send WHERE at_ms NOT BETWEEN ? AND ?',
      nowMs - TEST_SENDS_WINDOW_MS + 1,
      nowMs + TEST_SENDS_MAX,
    );
    const row = sql
      .exec('SELECT count(*) AS sent, min(at_ms) AS oldest, max(at_ms) AS newest FROM test_send')
      .toArray()[0];
    if (Number(row?.['sent']) >= TEST_SENDS_MAX) {
      return fail({ retryAfterMs: Number(row?.['oldest']) + TEST_SENDS_WINDOW_MS - nowMs });
    }
    // Two within one millisecond: the later one takes the next.
    const number = Math.max(nowMs, Number(row?.['newest'] ?? 0) + 1);
    sql.exec('INSERT INTO test_send (at_ms) VALUES (?)', number);
    audit(sql, { action: 'endpoint.tested', endpoint }, by, nowMs);
    return ok(number);
  });
}
