/**
 * The body of a replay or discard of a range: its filter, and its limits in sentences that name
 * them.
 */
import { z } from '@hono/zod-openapi';
import { checkDescription } from '../core/endpoint-rules.ts';
import type { BulkRange } from '../core/job.ts';
import {
  BULK_DELIVERIES_DEFAULT,
  BULK_DELIVERIES_MAX,
  BULK_SPAN_MS_MAX,
  DAY_MS,
  FILTER_VALUES_MAX,
  REPLAY_PACE_DEFAULT,
  REPLAY_PACE_MAX,
} from '../core/limits.ts';
import { checkStatusCodes, STATUS_CODE } from '../store/filter.ts';
import { ruled, whole } from './fields.ts';
import { endpointIdGiven, eventTypePattern, instant, recordKey } from './params.ts';
import { invalid } from './problem.ts';

const few = <T extends z.ZodType>(value: T) =>
  ruled(
    z.array(value),
    ({ length }) =>
      length >= 1 && length <= FILTER_VALUES_MAX
        ? null
        : `must have 1 to ${FILTER_VALUES_MAX} values; it has ${length}`,
    { minItems: 1, maxItems: FILTER_VALUES_MAX },
  ).optional();
const shared = {
  endpoint: endpointIdGiven,
  eventTypes: few(eventTypePattern),
  statusCodes: few(z.string().openapi({ pattern: STATUS_CODE.source })),
  records: few(recordKey),
  from: instant.optional(),
  to: instant.optional(),
  limit: whole(1, BULK_DELIVERIES_MAX).optional(),
  dryRun: z.boolean().optional(),
  reason: ruled(z.string(), checkDescription).nullish(),
};

export const discardBody = z.strictObject(shared);
export const replayBody = z.strictObject({
  ...shared,
  statuses: few(z.enum(['dead', 'delivered', 'cancelled', 'superseded'])),
  missing: z.boolean().optional(),
  force: z.boolean().optional(),
  pacePerSecond: whole(1, REPLAY_PACE_MAX).optional(),
});

/** Of both bodies, for the reference. */
export const BULK_WORDS = {
  endpoint: 'Id of the endpoint (`ep_…`)',
  eventTypes: 'Only events of these types',
  statusCodes: 'Only where the newest attempt was answered so: HTTP statuses such as `503`, or classes such as `5xx`',
  records: 'Only events of these records, by key',
  from: `Accepted then or later; ${BULK_SPAN_MS_MAX / DAY_MS} days before \`to\` at most`,
  to: 'Accepted before; now where not given',
  limit: `Refused where more deliveries match; ${BULK_DELIVERIES_DEFAULT} where not given`,
  dryRun: 'Only count, and change nothing',
  reason: 'Why, for the history',
  statuses: 'Only deliveries of these statuses; `dead` where not given',
  missing: 'What the endpoint had no delivery of, instead of deliveries',
  force: 'Send even what is older than a version that was sent',
  pacePerSecond: `How many a second at most; ${REPLAY_PACE_DEFAULT} where not given`,
};

type Body = z.output<typeof discardBody> & Pick<z.output<typeof replayBody>, 'statuses' | 'missing'>;

export function rangeOf(body: Body, nowMs: number): BulkRange {
  const { endpoint, eventTypes, statusCodes, records, statuses, missing = false } = body;
  const toMs = body.to ?? nowMs;
  const fromMs = body.from ?? toMs - BULK_SPAN_MS_MAX;
  if (fromMs >= toMs) throw invalid([{ field: 'from', message: 'from must be before to' }]);
  if (toMs - fromMs > BULK_SPAN_MS_MAX) {
    const days = BULK_SPAN_MS_MAX / DAY_MS;
    throw invalid([{ field: 'from', message: `from must be at most ${days} days before to` }]);
  }
  for (const [field, given] of Object.entries({ statuses, statusCodes })) {
    if (!missing || given === undefined) continue;
    const message = `${field} must be left out with missing: it means what the endpoint did not get`;
    throw invalid([{ field, message }]);
  }
  const codes = checkStatusCodes({ statusCode: statusCodes });
  if (!codes.ok) {
    throw invalid([{ field: 'statusCodes', message: codes.error.message.replace('statusCode', 'statusCodes') }]);
  }
  const wanted = missing ? (['cancelled'] as const) : (statuses ?? (['dead'] as const));
  return { endpoint, statuses: [...wanted], missing, eventTypes, statusCodes, records, fromMs, toMs };
}

export function requireFew(count: number, limit = BULK_DELIVERIES_DEFAULT): void {
  if (count <= limit) return;
  const message = `limit must be at least the ${count} deliveries that match (it is ${limit}, and may be raised to ${BULK_DELIVERIES_MAX}); or narrow the filter`;
  throw invalid([{ field: 'limit', message }]);
}
