/** What a publish holds (P1, P5), checked by core/event-rules.ts. */
import { z } from '@hono/zod-openapi';
import {
  checkDataDepth,
  checkDataSize,
  checkEventId,
  checkEventType,
  checkOccurredAt,
  checkRecordKey,
  checkVersion,
} from '../core/event-rules.ts';
import { BATCH_EVENTS_MAX } from '../core/limits.ts';
import { fieldErrors, ruled } from './fields.ts';
import { plainNumber } from '../core/json.ts';
import { invalid, Problem } from './problem.ts';

/** Absent and null are the same. */
const eventShape = z.strictObject({
  id: ruled(z.string(), checkEventId).nullish(),
  type: ruled(z.string(), checkEventType),
  record: ruled(z.string(), checkRecordKey).nullish(),
  version: ruled(z.number(), checkVersion).nullish(),
  occurredAt: ruled(z.string(), checkOccurredAt).nullish(),
  data: ruled(z.unknown(), checkDataDepth).refine((data) => data !== undefined, 'is required'),
});

export const eventBody = z.preprocess(plainFields, eventShape);
/** Events are checked one by one: a bad one fails alone. */
export const batchBody = z.strictObject({
  events: ruled(z.array(z.unknown()), (events) =>
    events.length >= 1 && events.length <= BATCH_EVENTS_MAX
      ? null
      : `must have 1 to ${BATCH_EVENTS_MAX} events; it has ${events.length}`,
  ),
});

export type EventBody = z.output<typeof eventBody>;

/** JSON of `data`, exactly as receivers will get it. Throws the problem of data that is too large. */
export function dataJsonOf(body: EventBody): string {
  const dataJson = JSON.stringify(body.data);
  const fault = checkDataSize(dataJson);
  if (fault === null) return dataJson;
  throw new Problem('too-large', `data ${fault}`, { errors: [{ field: 'data', message: `data ${fault}` }] });
}

export function checkEvent(input: unknown): EventBody {
  const parsed = eventBody.safeParse(input);
  if (!parsed.success) throw invalid(fieldErrors(parsed.error, plainFields(input)));
  return parsed.data;
}

/** Only `data` keeps the digits of its numbers. */
function plainFields(input: unknown): unknown {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input;
  const entries = Object.entries(input).map(([name, value]) => [name, name === 'data' ? value : plainNumber(value)]);
  return Object.fromEntries(entries);
}
