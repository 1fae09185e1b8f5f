/** Deliveries in the log: what happened, up to the last message that arrived. The truth of this instant is the Record's. */
import { and } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { ok } from '../core/result.ts';
import type { FieldError, Result } from '../core/result.ts';
import type { DeliveryView } from '../core/view.ts';
import { checkStatusCodes, isDelivery, isFrom, upperBound } from './filter.ts';
import type { LogFilter } from './filter.ts';
import { deliveries } from './log-schema.ts';
import type { DeliveryRow } from './log-schema.ts';
import { cutPage, parseCursor } from './page.ts';
import type { Page, PageRequest } from './page.ts';
import { lookBack, newestRows, sourceOf } from './source.ts';

/**
 * Newest acceptance first; `from` and `to` are times of acceptance. Status codes are those of the last attempt. Dead letters are
 * `status: ['dead']`. A rare endpoint, type or record among successes reads the account's rows back to `from`: an index for it would
 * be paid with each delivery.
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

  const source = sourceOf(deliveries, filter);
  const before = upperBound(filter, after.value);
  let rows: DeliveryRow[] = [];
  for (const fromMs of lookBack(source, filter, before.atMs, page.limit)) {
    const matching = and(isFrom(deliveries.acceptedAtMs, fromMs), isDelivery(filter));
    const order = { at: deliveries.acceptedAtMs, matching };
    rows = await drizzle(database).all<DeliveryRow>(newestRows(source, filter.account, order, before, page.limit + 1));
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
