/** Deliveries and attempts. */
import { z } from '@hono/zod-openapi';
import { DELIVERY_STATUSES, TRIGGERS } from '../../core/delivery.ts';
import { RESPONSE_BODY_BYTES_MAX, RESPONSE_BODY_SUCCESS_BYTES_MAX } from '../../core/limits.ts';
import { ERROR_KINDS } from '../../core/outcome.ts';
import { anything, count, flag, logPageOf, openEnum, text, time } from './shared-shapes.ts';

export const deliveryStatus = z
  .enum(DELIVERY_STATUSES)
  .openapi('DeliveryStatus', { description: 'Where a delivery is on its way' });
/** Version of a record, as its publisher counts. */
export const version = (words: string) => z.int().min(0).openapi({ description: words });
export const errorKind = openEnum(
  ERROR_KINDS,
  'What went wrong. `lost`: we ended before the outcome was known; `not-sent`: a fault of ours kept it from leaving. Neither uses up a retry',
);

const error = z
  .strictObject({ kind: errorKind, message: text('What went wrong, in words') })
  .nullable()
  .openapi('AttemptError', { description: 'Why it failed; null: it did not' });
const statusCode = z.int().openapi({ description: 'HTTP status of the answer; null: there was none' }).nullable();
const latencyMs = count('From the request to the status line, in ms');

export const deliveryShape = z
  .strictObject({
    id: text('Id of the delivery (`dlv_…`)'),
    account: text('The account that it belongs to'),
    endpoint: text('Id of the endpoint that it goes to'),
    event: text('Id of the event that it carries'),
    eventType: text('Type of that event'),
    record: text('Key of the record that the event is about; null: none').nullable(),
    sequence: count('Place of the event in the order of its record, from 1; null without a record').nullable(),
    version: version('Version of the record, as its publisher gave it; null: none').nullable(),
    status: deliveryStatus,
    attempts: count('How many attempts were made'),
    lastAttempt: z
      .strictObject({ at: time('When it was made'), statusCode, error, latencyMs })
      .nullable()
      .openapi('LastAttempt', { description: 'The newest attempt; null before the first' }),
    nextAttemptAt: time('When it is tried next; null: not planned').nullable(),
    blockedBy: text('Id of the delivery that must end first; null: none').nullable(),
    supersededBy: text('Id of the delivery that took its place; null: none').nullable(),
    replayOf: text('Id of the delivery that it repeats; null also for a replay of what was missing').nullable(),
    replayedBy: text('Id of its newest replay; null: none').nullable(),
    replayResolved: flag(
      'Whether a replay of it has arrived; null: it was not replayed, or that has not ended',
    ).nullable(),
    outOfOrder: flag('A replay that was sent although something newer of its record was sent before it'),
    reason: text('Why it ended as it did, where a person or a rule ended it; null: nothing to say').nullable(),
    note: text('Where it is, in a plain sentence'),
    late: flag('Whether it waits longer than the account wants to be warned after'),
    acceptedAt: time('When its event was accepted'),
    endedAt: time('When it ended; null: it has not').nullable(),
  })
  .openapi('Delivery');

export const deliveriesShape = logPageOf('DeliveryPage', deliveryShape, 'Deliveries, newest first');

export const attemptShape = z
  .strictObject({
    id: text('Id of the attempt (`att_…`)'),
    delivery: text('Id of the delivery that it was made for'),
    endpoint: text('Id of the endpoint that was asked'),
    event: text('Id of the event that was sent'),
    number: count('Which attempt of its delivery, from 1'),
    trigger: z.enum(TRIGGERS).openapi({ description: 'What made the attempt' }),
    at: time('When the request was sent'),
    latencyMs,
    statusCode,
    error,
    request: z
      .strictObject({
        url: text('Where it was sent'),
        headers: z.record(z.string(), z.string()).openapi({
          description: "Headers of the request; of the endpoint's own ones `(hidden)` instead of the value",
        }),
      })
      .nullable()
      .openapi('SentRequest', {
        description: 'What was sent, beside the body (`body` of the delivery); null: nothing was, or it is not known',
      }),
    responseHeaders: z
      .record(z.string(), z.string())
      .openapi({ description: 'Headers of the answer to a failure, without `set-cookie`; else null' })
      .nullable(),
    responseBody: text(
      `The first ${RESPONSE_BODY_BYTES_MAX} bytes of the answer to a failure, ${RESPONSE_BODY_SUCCESS_BYTES_MAX} of a success; null: none`,
    ).nullable(),
    willRetry: flag('Whether the delivery is tried again'),
    nextAttemptAt: time('When it is tried again; null: not planned').nullable(),
  })
  .openapi('Attempt');

export const attemptsShape = logPageOf('AttemptPage', attemptShape, 'Attempts, newest first');
export const accountAttemptsShape = logPageOf(
  'AccountAttemptPage',
  z
    .strictObject({ ...attemptShape.shape, account: text('The account that it was made for') })
    .openapi('AccountAttempt'),
  'Attempts, newest first',
);

const replay = z
  .strictObject({
    by: text('With whose key'),
    reason: text('Why, as they gave it; null: they did not').nullable(),
    at: time('When it was asked for'),
    job: text('Id of the job that asked; null: it was replayed alone').nullable(),
    missing: flag('The endpoint had no delivery of the event before'),
  })
  .nullable()
  .openapi('ReplayFacts', { description: 'Who replayed it, when and why; null: it is no replay' });

export const deliveryDetailShape = z
  .strictObject({
    ...deliveryShape.shape,
    replay,
    attemptLog: z.array(attemptShape).openapi({ description: 'Every attempt, first to last' }),
    schemaVersion: text('Version of the schema that the data is in; null: none').nullable(),
    data: anything('The data of the event as this endpoint gets it; null where it was erased'),
    body: text('The bytes that every attempt sends; null: erased').nullable(),
    erasedAt: time('When the payload was erased; null: it was not').nullable(),
    payloadExpiredAt: time(
      'When the payload went because the retention of its account was over; null: it has not',
    ).nullable(),
  })
  .openapi('DeliveryDetail');

export const deadLetterSummaryShape = z
  .strictObject({
    data: z
      .array(
        z
          .strictObject({
            account: text('The account of the endpoint'),
            endpoint: text('Id of the endpoint'),
            count: count('Dead letters of the endpoint'),
            oldestAt: time('Acceptance of the oldest'),
            newestAt: time('Acceptance of the newest'),
          })
          .openapi('DeadLettersOfEndpoint'),
      )
      .openapi({ description: 'Endpoints with dead letters, most first' }),
    total: count('Dead letters in all'),
    isComplete: flag('Whether all were counted'),
  })
  .openapi('DeadLetterSummary');
