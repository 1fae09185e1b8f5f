/** Deliveries and attempts. */
import { z } from '@hono/zod-openapi';
import { DELIVERY_STATUSES, TRIGGERS } from '../core/delivery.ts';
import { ERROR_KINDS } from '../core/outcome.ts';
import { count, logPageOf, orNull, text, time } from './shared-shapes.ts';

export const deliveryStatus = z.enum(DELIVERY_STATUSES).openapi('DeliveryStatus');

const error = z.strictObject({ kind: z.enum(ERROR_KINDS), message: text() }).openapi('AttemptError');

export const deliveryShape = z
  .strictObject({
    id: text(),
    account: text(),
    endpoint: text(),
    event: text(),
    eventType: text(),
    record: text().nullable(),
    sequence: count().nullable(),
    version: z.number().nullable(),
    status: deliveryStatus,
    attempts: count(),
    lastAttempt: z
      .strictObject({ at: time(), statusCode: z.int().nullable(), error: orNull(error), latencyMs: count() })
      .nullable(),
    nextAttemptAt: time().nullable(),
    blockedBy: text().nullable(),
    supersededBy: text().nullable(),
    replayOf: text().nullable(),
    replayedBy: text().nullable(),
    replayResolved: z.boolean().nullable(),
    outOfOrder: z.boolean(),
    reason: text().nullable(),
    note: text(),
    late: z.boolean(),
    acceptedAt: time(),
    endedAt: time().nullable(),
  })
  .openapi('Delivery');

export const deliveriesShape = logPageOf('DeliveryPage', deliveryShape);

export const attemptShape = z
  .strictObject({
    id: text(),
    delivery: text(),
    endpoint: text(),
    event: text(),
    number: count(),
    trigger: z.enum(TRIGGERS),
    at: time(),
    latencyMs: count(),
    statusCode: z.int().nullable(),
    error: orNull(error),
    responseHeaders: z.record(z.string(), text()).nullable(),
    responseBody: text().nullable(),
    willRetry: z.boolean(),
    nextAttemptAt: time().nullable(),
  })
  .openapi('Attempt');

export const attemptsShape = logPageOf('AttemptPage', attemptShape);
export const accountAttemptsShape = logPageOf(
  'AccountAttemptPage',
  z.strictObject({ ...attemptShape.shape, account: text() }).openapi('AccountAttempt'),
);

export const deliveryDetailShape = z
  .strictObject({
    ...deliveryShape.shape,
    replay: z
      .strictObject({ by: text(), reason: text().nullable(), at: time(), job: text().nullable(), missing: z.boolean() })
      .nullable(),
    attemptLog: z.array(attemptShape),
    schemaVersion: text().nullable(),
    data: z.unknown(),
    body: text().nullable(),
    erasedAt: time().nullable(),
    payloadExpiredAt: time().nullable(),
  })
  .openapi('DeliveryDetail');

export const deadLetterSummaryShape = z
  .strictObject({
    data: z.array(
      z.strictObject({ account: text(), endpoint: text(), count: count(), oldestAt: time(), newestAt: time() }),
    ),
    total: count(),
    isComplete: z.boolean(),
  })
  .openapi('DeadLetterSummary');
