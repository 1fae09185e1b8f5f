/** Health of an endpoint, overviews, and the statuses of many records. */
import { z } from '@hono/zod-openapi';
import { errorKind } from './delivery-shapes.ts';
import { circuitShape, endpointStatus, statusReason } from './endpoint-shapes.ts';
import { recordShape } from './event-shapes.ts';
import { count, counts, flag, text, time } from './shared-shapes.ts';

const ms = (share: string) =>
  z
    .number()
    .min(0)
    .openapi({ description: `${share} of the answers came within so many ms; null: there are none` })
    .nullable();
const tried = {
  attempts: count('Attempts that were made'),
  succeeded: count('Attempts that were answered with a success'),
  failed: count('Attempts that failed'),
  lost: count('Attempts whose outcome nobody knows; no failures'),
  notSent: count('Attempts that a fault of ours kept from leaving; no failures of the endpoint'),
};
const latencyMs = z
  .strictObject({ p50: ms('Half'), p95: ms('95 %'), p99: ms('99 %') })
  .openapi('LatencyMs', { description: 'From the request to the status line, in ms' });

const healthWindow = z
  .strictObject({
    since: time('Where the window begins'),
    isComplete: flag('Whether all attempts of the window were counted'),
    ...tried,
    successRate: z
      .number()
      .min(0)
      .max(1)
      .openapi({ description: 'Successes among the attempts whose outcome is known; null: there are none' })
      .nullable(),
    latencyMs,
    statusCodes: counts('How many by HTTP status'),
    errors: counts('How many failures by kind of error'),
  })
  .openapi('HealthWindow');

export const endpointHealthShape = z
  .strictObject({
    endpoint: text('Id of the endpoint'),
    account: text('The account that it belongs to'),
    status: endpointStatus,
    statusReason,
    at: time('When this was read'),
    lastSuccessAt: time('When an attempt last succeeded; null: none in the windows').nullable(),
    lastFailureAt: time('When an attempt last failed; null: none in the windows').nullable(),
    nextRetryAt: time('When the next delivery is tried again; null: nothing waits for a retry').nullable(),
    waiting: z
      .strictObject({
        count: count('Deliveries that wait'),
        oldestAcceptedAt: time('Acceptance of the oldest that waits; null: none does').nullable(),
        isComplete: flag('Whether all that wait were counted'),
      })
      .openapi('WaitingDeliveries', { description: 'What waits for the endpoint' }),
    windows: z
      .strictObject({ last15Minutes: healthWindow, last24Hours: healthWindow })
      .openapi('HealthWindows', { description: 'Figures of the time just past' }),
    circuit: circuitShape,
  })
  .openapi('EndpointHealth');

export const endpointHistoryShape = z
  .strictObject({
    endpoint: text('Id of the endpoint'),
    account: text('The account that it belongs to'),
    data: z
      .array(
        z.strictObject({ hour: time('When the hour begins, in UTC'), ...tried, latencyMs }).openapi('HourOfEndpoint'),
      )
      .openapi({ description: 'Hours, oldest first' }),
    since: time('Where the hours begin'),
    isComplete: flag('Whether all attempts of these hours were counted'),
  })
  .openapi('EndpointHistory');

const traffic = {
  data: z
    .array(z.strictObject({ minute: time('When the minute begins'), ...tried, latencyMs }).openapi('MinuteOfTraffic'))
    .openapi({ description: 'Minutes, oldest first' }),
  since: time('From where on attempts were counted; later than the first minute where there were too many'),
  isComplete: flag('Whether all attempts of these minutes were counted'),
};
export const trafficShape = z.strictObject({ account: text('The account'), ...traffic }).openapi('Traffic');
export const trafficOfAllShape = z.strictObject(traffic).openapi('TrafficOfAll');

const ofEndpoint = { account: text('The account of the endpoint'), endpoint: text('Id of the endpoint') };
const overview = {
  from: time('Where the window begins'),
  to: time('Where the window ends'),
  since: time('From where on attempts were counted; later than `from` where there were too many'),
  isComplete: flag('Whether all of the window was counted'),
  failures: z
    .array(
      z
        .strictObject({
          ...ofEndpoint,
          statusCode: z.int().openapi({ description: 'HTTP status of the answers; null: there were none' }).nullable(),
          error: errorKind,
          count: count('Attempts that failed so'),
          lastAt: time('When the newest of them was made'),
        })
        .openapi('FailureGroup'),
    )
    .openapi({ description: 'Failures by endpoint and answer, most first' }),
  backlogs: z
    .array(
      z
        .strictObject({
          ...ofEndpoint,
          waiting: count('Deliveries that wait'),
          oldestAcceptedAt: time('Acceptance of the oldest that waits'),
          growth: z.int().openapi({ description: 'How many more wait than at the beginning of the window' }),
          isGrowing: flag('Whether more wait than at the beginning of the window'),
        })
        .openapi('Backlog'),
    )
    .openapi({ description: 'Endpoints with deliveries that wait, growing ones first' }),
  noRecentSuccess: z
    .array(
      z
        .strictObject({
          ...ofEndpoint,
          failed: count('Attempts of the window that failed'),
          waiting: count('Deliveries that wait'),
        })
        .openapi('EndpointWithoutSuccess'),
    )
    .openapi({ description: 'Endpoints that were tried, without one success' }),
};
export const overviewShape = z.strictObject({ account: text('The account'), ...overview }).openapi('Overview');
export const overviewOfAllShape = z
  .strictObject({
    ...overview,
    accountsRead: count('How many accounts were looked at'),
    next: text('`after` of the next call; null: all accounts were looked at').nullable(),
  })
  .openapi('OverviewOfAll');

const record = text('The key that was asked for');
const read = z.discriminatedUnion('outcome', [
  z
    .strictObject({
      outcome: z.literal('found').openapi({ description: 'The record has events' }),
      record,
      status: recordShape,
    })
    .openapi('RecordFound'),
  z
    .strictObject({ outcome: z.literal('not-found').openapi({ description: 'The record has no events' }), record })
    .openapi('RecordNotFound'),
  z
    .strictObject({
      outcome: z.literal('unavailable').openapi({ description: 'The record did not answer: ask again' }),
      record,
      error: z
        .strictObject({ code: text('Code of the problem'), message: text('What went wrong, in words') })
        .openapi('RecordError', { description: 'Why there is no status' }),
    })
    .openapi('RecordUnavailable'),
]);
export const recordStatusesShape = z
  .strictObject({
    data: z
      .array(read.openapi('RecordStatusResult'))
      .openapi({ description: 'One entry for each key, in their order' }),
  })
  .openapi('RecordStatusResults');
