/** Events, what publishing them answers, and records. */
import { z } from '@hono/zod-openapi';
import { deliveryShape, deliveryStatus } from './delivery-shapes.ts';
import { count, logPageOf, orNull, problemShape, text, time } from './shared-shapes.ts';

const listedEventShape = z
  .strictObject({
    id: text(),
    type: text(),
    record: text().nullable(),
    sequence: count().nullable(),
    version: z.number().nullable(),
    occurredAt: text().nullable(),
    acceptedAt: time(),
    deliveryCount: count(),
    deliveries: z.array(deliveryShape),
  })
  .openapi('ListedEvent', { description: 'Without its data' });
export const listedEventsShape = logPageOf('ListedEventPage', listedEventShape);

export const eventShape = z
  .strictObject({
    ...listedEventShape.shape,
    schemaVersion: text().nullable(),
    data: z.unknown(),
    forms: z.record(z.string(), z.unknown()).optional(),
    erasedAt: time().nullable(),
    payloadExpiredAt: time().nullable(),
  })
  .openapi('Event');
export const recordEventsShape = z
  .strictObject({
    data: z.array(eventShape),
    next: text().nullable(),
    completeFrom: count().openapi({
      description: 'From this sequence on nothing is missing; before it, events may be past their retention',
    }),
  })
  .openapi('RecordEventPage');

const accepted = {
  id: text(),
  sequence: count().nullable(),
  duplicate: z.boolean(),
  deliveryCount: count(),
  deliveries: z.array(z.strictObject({ id: text(), endpoint: text(), status: deliveryStatus })),
};
export const acceptedShape = z.strictObject(accepted).openapi('AcceptedEvent');
export const batchShape = z
  .strictObject({
    results: z.array(
      z.union([z.strictObject({ status: z.literal(202), ...accepted }).openapi('BatchAccepted'), problemShape]),
    ),
  })
  .openapi('BatchResults');

export const recordShape = z
  .strictObject({
    record: text(),
    account: text(),
    sequence: count(),
    status: orNull(deliveryStatus),
    late: z.boolean(),
    note: text(),
    endpoints: z.array(z.strictObject({ endpoint: text(), delivery: deliveryShape, waiting: count() })),
  })
  .openapi('Record');
