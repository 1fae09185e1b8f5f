/** Deliveries in the log: what happened, up to the last message that arrived. The truth of this instant is the Record's. */
import { and, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { ok } from '../core/result.ts';
import type { FieldError, Result } from '../core/result.ts';
import type { DeliveryView } from '../core/view.ts';
import { checkStatusCodes, isDelivery, isInAccount, isWithin, lookBack, selectFrom } from './filter.ts';
import type { LogFilter } from './filter.ts';
import { deliveries } from './log-schema.ts';
import type { DeliveryRow } from './log-schema.ts';
import { cutPage, parseCursor } from './page.ts';
import type { Page, PageRequest } from './page.ts';

/**
 * Newest acceptance first; `from` and `to` are times of acceptance. Status codes are those of the last attempt. Dead letters are
 * `status: ['dead']`. A rare match reads the account's rows back to `from`: there is no index by status, because it would be
 * paid with each delivery.
 */
export async function listDeliveries(
  database: D1Database,
  filter: LogFilter,
  page: PageRequest,
): Promise<Result<Page<DeliveryView>, FieldError>> {
  const after = parseCursor('deliveries', page.cursor);
  if (!after.ok) return after;
  const codes = checkStatusCodes(filter);
  if (!codes.ok) return codes;

  let rows: DeliveryRow[] = [];
  for (const fromMs of lookBack(filter, after.value.atMs)) {
    const matches = and(
      isInAccount(deliveries, filter.account),
      isWithin(deliveries.acceptedAtMs, deliveries.id, { ...filter, fromMs }, after.value),
      isDelivery(filter),
    );
    rows = await drizzle(database).all<DeliveryRow>(sql`${selectFrom(deliveries, filter)} WHERE ${matches}
      ORDER BY ${deliveries.acceptedAtMs} DESC, ${deliveries.id} DESC LIMIT ${page.limit + 1}`);
    if (rows.length > page.limit) break;
  }
  const cut = cutPage('deliveries', rows, page.limit, (row) => ({ atMs: row.acceptedAtMs, id: row.id }));
  return ok({ data: cut.data.map(showDelivery), next: cut.next });
}

export function showDelivery(row: DeliveryRow): DeliveryView {
  const { lastAtMs, lastStatusCode, lastErrorKind, lastErrorMessage, lastLatencyMs } = row;
  return {
    id: row.id,
    account: row.account,
    endpoint: row.endpoint,
    event: row.eventId,
    eventType: row.eventType,
    record: row.record,
    sequence: row.record === null ? null : row.sequence,
    version: row.version,
    status: row.status,
    attempts: row.attempts,
    last:
      lastAtMs === null
        ? null
        : {
            atMs: lastAtMs,
            statusCode: lastStatusCode,
            error: lastErrorKind === null ? null : { kind: lastErrorKind, message: lastErrorMessage ?? '' },
            latencyMs: lastLatencyMs ?? 0,
          },
    nextAttemptAtMs: row.nextAttemptAtMs,
    blockedBy: row.blockedBy,
    supersededBy: row.supersededBy,
    replayOf: row.replayOf,
    replayedBy: row.replayedBy,
    reason: row.reason,
    acceptedAtMs: row.acceptedAtMs,
    endedAtMs: row.endedAtMs,
  };
}
