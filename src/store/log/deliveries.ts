/**
 * Deliveries in the log: what happened, up to the last message that arrived. The truth of this
 * instant is the Shard's.
 */
import { LIST_WALK } from '../../core/limits.ts';
import { REPLAYS_NOTHING } from '../../core/log.ts';
import { ok } from '../../core/result.ts';
import type { FieldError, Result } from '../../core/result.ts';
import type { DeliveryView } from '../../core/view.ts';
import { behind, checkStatusCodes, isDelivery } from '../filter.ts';
import type { LogFilter } from '../filter.ts';
import { deliveries } from './schema.ts';
import type { DeliveryRow } from './schema.ts';
import { type LogPage, type LogPageRequest, mergePage, parseCursor, type Position } from '../page.ts';
import { isResolved } from './resolved.ts';
import { sourceOf } from './source.ts';
import { findNewest } from './walk.ts';

/**
 * Newest acceptance first; `from` and `to` are times of acceptance. Status codes are those of the
 * last attempt. Dead letters are `status: ['dead']`.
 */
export async function listDeliveries(
  database: D1Database,
  asked: LogFilter,
  page: LogPageRequest,
): Promise<Result<LogPage<DeliveryView>, FieldError>> {
  const after = parseCursor('deliveries', page.cursor);
  if (!after.ok) return after;
  const codes = checkStatusCodes(asked);
  if (!codes.ok) return codes;
  const filter = behind(asked, after.value);

  const search = {
    source: sourceOf(deliveries, filter),
    at: deliveries.acceptedAtMs,
    filter,
    isMatch: isDelivery(filter),
    after: after.value,
  };
  const found = await findNewest<ListedRow>(database, search, {
    most: page.limit + 1,
    walk: page.walk ?? LIST_WALK,
    positionOf: deliveryPosition,
  });
  const { data, ...rest } = mergePage('deliveries', [found], page.limit, deliveryPosition);
  return ok({ data: data.map(showDelivery), ...rest });
}

/** With what is asked when it is listed. */
export type ListedRow = DeliveryRow & { resolved: number | null };

export function deliveryPosition({ acceptedAtMs, id }: DeliveryRow): Position {
  return { atMs: acceptedAtMs, id };
}

export function showDelivery(row: ListedRow): DeliveryView {
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
    replayOf: row.replayOf === REPLAYS_NOTHING ? null : row.replayOf,
    replayedBy: row.replayedBy,
    replayResolved: isResolved(row.resolved),
    isOutOfOrder: Boolean(row.outOfOrder),
    reason: row.reason,
    acceptedAtMs: row.acceptedAtMs,
    endedAtMs: row.endedAtMs,
  };
}
