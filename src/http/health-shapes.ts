/** Health of an endpoint, overviews, and the statuses of many records. */
import { z } from '@hono/zod-openapi';
import { ERROR_KINDS } from '../core/outcome.ts';
import { circuitShape, endpointStatus } from './endpoint-shapes.ts';
import { recordShape } from './event-shapes.ts';
import { count, orNull, text, time } from './shared-shapes.ts';

const ms = () => z.number().min(0).nullable();
const tried = { attempts: count(), succeeded: count(), failed: count(), lost: count() };
const latencyMs = z.strictObject({ p50: ms(), p95: ms(), p99: ms() }).openapi('Latency');

const healthWindow = z
  .strictObject({
    since: time(),
    isComplete: z.boolean(),
    ...tried,
    successRate: z.number().min(0).max(1).nullable(),
    latencyMs,
    statusCodes: z.record(z.string(), count()),
    errors: z.record(z.string(), count()),
  })
  .openapi('HealthWindow');

export const endpointHealthShape = z
  .strictObject({
    endpoint: text(),
    account: text(),
    status: endpointStatus,
    statusReason: text().nullable(),
    at: time(),
    lastSuccessAt: time().nullable(),
    lastFailureAt: time().nullable(),
    nextRetryAt: time().nullable(),
    waiting: z
      .strictObject({ count: count(), oldestAcceptedAt: time().nullable(), isComplete: z.boolean() })
      .openapi('Waiting'),
    windows: z.strictObject({ last15Minutes: healthWindow, last24Hours: healthWindow }),
    circuit: orNull(circuitShape),
  })
  .openapi('EndpointHealth');

export const endpointHistoryShape = z
  .strictObject({
    endpoint: text(),
    account: text(),
    data: z.array(z.strictObject({ hour: time(), ...tried, latencyMs }).openapi('HourOfEndpoint')),
    since: time(),
    isComplete: z.boolean(),
  })
  .openapi('EndpointHistory');

const ofEndpoint = { account: text(), endpoint: text() };
const overview = {
  from: time(),
  to: time(),
  since: time(),
  isComplete: z.boolean(),
  failures: z.array(
    z
      .strictObject({
        ...ofEndpoint,
        statusCode: z.int().nullable(),
        error: z.enum(ERROR_KINDS),
        count: count(),
        lastAt: time(),
      })
      .openapi('FailureGroup'),
  ),
  backlogs: z.array(
    z
      .strictObject({
        ...ofEndpoint,
        waiting: count(),
        oldestAcceptedAt: time(),
        growth: z.int(),
        isGrowing: z.boolean(),
      })
      .openapi('Backlog'),
  ),
  noRecentSuccess: z.array(
    z.strictObject({ ...ofEndpoint, failed: count(), waiting: count() }).openapi('EndpointWithoutSuccess'),
  ),
};
export const overviewShape = z.strictObject({ account: text(), ...overview }).openapi('Overview');
export const overviewOfAllShape = z
  .strictObject({ ...overview, accountsRead: count(), next: text().nullable() })
  .openapi('OverviewOfAll');

export const recordStatusesShape = z
  .strictObject({
    data: z.array(
      z.union([
        z.strictObject({ record: text(), found: z.literal(true), status: recordShape }).openapi('RecordFound'),
        z.strictObject({ record: text(), found: z.literal(false) }).openapi('RecordWithoutEvents'),
        z
          .strictObject({ record: text(), found: z.null(), error: z.strictObject({ code: text(), message: text() }) })
          .openapi('RecordNotAnswering'),
      ]),
    ),
  })
  .openapi('RecordStatuses');
