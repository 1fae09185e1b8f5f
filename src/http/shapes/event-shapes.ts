/** Events, what publishing them answers, and records. */
import { z } from '@hono/zod-openapi';
import { DELIVERY_STATUSES } from '../../core/delivery.ts';
import { EVENT_DELIVERIES_SHOWN_MAX, NOT_SENT_SHOWN_MAX, PUBLISH_DELIVERIES_SHOWN_MAX } from '../../core/limits.ts';
import { NOT_SENT_REASONS } from '../../core/not-sent.ts';
import { deliveryShape, deliveryStatus, version } from './delivery-shapes.ts';
import { anything, count, flag, logPageOf, openEnum, refusedShape, text, time } from './shared-shapes.ts';

const listedEventShape = z
  .strictObject({
    id: text('Id of the event'),
    type: text('Its event type'),
    record: text('Key of the record that it is about; null: none').nullable(),
    sequence: count('Its place in the order of its record, from 1; null without a record').nullable(),
    version: version('Version of the record, as the publisher gave it; null: none').nullable(),
    // No date-time: it is what the publisher wrote, such as a lower-case "t", which some languages
    // do not read as one.
    occurredAt: text('When it happened, as the publisher wrote it (RFC 3339); null: they did not say').nullable(),
    acceptedAt: time('When it was accepted'),
    deliveryCount: count('How many deliveries it has; those shown may be fewer'),
    deliveries: z
      .array(deliveryShape)
      .openapi({ description: `Its deliveries, the first ${EVENT_DELIVERIES_SHOWN_MAX}` }),
  })
  .openapi('ListedEvent', { description: 'An event without its data' });
export const listedEventsShape = logPageOf('ListedEventPage', listedEventShape, 'Events, newest first');

export const eventShape = z
  .strictObject({
    ...listedEventShape.shape,
    schemaVersion: text('Version of the schema that `data` is in; null: none').nullable(),
    data: anything('Its data, with the digits of the publisher; the newest form; null where it was erased'),
    forms: z
      .record(z.string(), z.unknown())
      .openapi({ description: 'Its data by schema version, where it has several' })
      .optional(),
    traceparent: text('`traceparent` of its publish; null: it had none').nullable(),
    erasedAt: time('When the payload was erased; null: it was not').nullable(),
    payloadExpiredAt: time(
      'When the payload went because the retention of its account was over; null: it has not',
    ).nullable(),
  })
  .openapi('PublishedEvent');
const notSentShape = z
  .strictObject({
    endpoint: text('Id of the endpoint'),
    reason: openEnum(NOT_SENT_REASONS, 'Why it has no delivery of the event'),
    note: text('The same as a plain sentence'),
  })
  .openapi('NotSent', { description: 'An endpoint that an event was not sent to' });
const notSent = (of: string) =>
  z.array(notSentShape).openapi({
    description: `Endpoints without a delivery of ${of}, unless disabled; the first ${NOT_SENT_SHOWN_MAX}`,
  });

export const eventDetailShape = z
  .strictObject({
    ...eventShape.shape,
    notSent: notSent('it'),
    note: text('Why it went to no endpoint at all; null: it went to some').nullable(),
  })
  .openapi('EventDetail');
export const recordEventsShape = z
  .strictObject({
    data: z.array(eventShape).openapi({ description: 'Events of the record in their order' }),
    next: text('`after` of the next page; null: this is the last').nullable(),
    completeFrom: count('From this sequence on nothing is missing; before it, events may be past their retention'),
  })
  .openapi('RecordEventPage');

const accepted = {
  id: text('Id of the event: that of the request, or made'),
  sequence: count('Its place in the order of its record, from 1; null without a record').nullable(),
  duplicate: flag('It was accepted before, under the same id'),
  deliveryCount: count('How many deliveries it has; those shown may be fewer'),
  deliveries: z
    .array(
      z
        .strictObject({
          id: text('Id of the delivery (`dlv_…`)'),
          endpoint: text('Id of the endpoint that it goes to'),
          status: deliveryStatus,
        })
        .openapi('AcceptedDelivery'),
    )
    .openapi({ description: `Its deliveries, the first ${PUBLISH_DELIVERIES_SHOWN_MAX}` }),
};
export const acceptedShape = z.strictObject(accepted).openapi('AcceptedEvent');

const acceptedResultShape = z
  .strictObject({
    outcome: z.literal('accepted').openapi({ description: 'It is stored' }),
    status: z.int().min(202).max(202).openapi({ description: 'What a single publish would have answered: 202' }),
    ...accepted,
  })
  .openapi('AcceptedResult');
export const batchShape = z
  .strictObject({
    results: z
      .array(z.discriminatedUnion('outcome', [acceptedResultShape, refusedShape]).openapi('PublishResult'))
      .openapi({ description: 'A result for each event, in their order' }),
  })
  .openapi('PublishResults');

export const recordsShape = logPageOf(
  'ListedRecordPage',
  z
    .strictObject({
      record: text('The key of the record'),
      lastEventType: text('Type of the newest event that this page saw of it'),
      lastAcceptedAt: time('When that event was accepted'),
    })
    .openapi('ListedRecord'),
  'Records, the one with the newest event first; one with older events too may come again on the next page',
);

export const recordShape = z
  .strictObject({
    record: text('Key of the record'),
    account: text('The account that it belongs to'),
    sequence: count('Sequence of its newest event'),
    status: openEnum(DELIVERY_STATUSES, 'The worst of its endpoints; null: no endpoint wants its events').nullable(),
    late: flag('Whether something waits longer than the account wants to be warned after'),
    note: text('Where it is, in a plain sentence'),
    endpoints: z
      .array(
        z
          .strictObject({
            endpoint: text('Id of the endpoint'),
            name: text('Its description, or its host without one'),
            delivery: deliveryShape,
            waiting: count('Deliveries of the record that wait for this endpoint'),
          })
          .openapi('RecordAtEndpoint', {
            description: '`delivery` is the one in force: the newest, or what superseded it',
          }),
      )
      .openapi({ description: 'One entry for each endpoint that was sent something of the record' }),
    notSent: notSent('its newest event'),
  })
  .openapi('RecordStatus');
