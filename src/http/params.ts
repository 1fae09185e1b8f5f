/** Path and query parameters that several resources share. */
import { z } from '@hono/zod-openapi';
import { rfc3339 } from '../core/body.ts';
import { DELIVERY_STATUSES, TRIGGERS } from '../core/delivery.ts';
import { checkEventTypePattern } from '../core/endpoint-rules.ts';
import { checkAccountId, checkEndpointId, checkEventId, checkRecordKey } from '../core/event-rules.ts';
import { LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX, SEARCH_CHARS_MAX } from '../core/limits.ts';
import type { FieldError, Result } from '../core/result.ts';
import { shown } from '../core/text.ts';
import { type EventFilter, STATUS_CODE } from '../store/filter.ts';
import type { Page } from '../store/page.ts';
import { line, many, ruled, wholeText } from './fields.ts';
import { invalid } from './problem.ts';

export const accountId = ruled(z.string(), checkAccountId);
export const eventId = ruled(z.string(), checkEventId);
export const recordKey = ruled(z.string(), checkRecordKey);

/**
 * Where one is looked for that may not be there: its shape at least must be right, or a slip would
 * find nothing.
 */
export const endpointIdGiven = ruled(z.string(), checkEndpointId);
export const eventTypePattern = ruled(z.string(), checkEventTypePattern);

export const accountParams = z.strictObject({ account: accountId });

export const pageQuery = {
  limit: wholeText(1, LIST_LIMIT_MAX).default(LIST_LIMIT_DEFAULT),
  /** Checked where it is read: a cursor belongs to its list. */
  cursor: z.string().nullable().default(null),
};

/** Part of a name, an id or a URL. */
export const searchText = line(1, SEARCH_CHARS_MAX);

export const instant = ruled(z.string(), checkInstant, { format: 'date-time' }).transform((text) => Date.parse(text));

/** V3: the filters of every log list. */
export const logFilters = {
  endpoint: many(endpointIdGiven),
  eventType: many(eventTypePattern),
  record: many(recordKey),
  event: many(eventId),
  status: many(z.enum(DELIVERY_STATUSES)),
  statusCode: many(z.string().openapi({ pattern: STATUS_CODE.source })),
  trigger: many(z.enum(TRIGGERS)),
  from: instant.optional(),
  to: instant.optional(),
};
/** V7: a list of the log is a page, or all of it as a file. */
export const logQuery = {
  ...logFilters,
  limit: wholeText(1, LIST_LIMIT_MAX).optional(),
  cursor: pageQuery.cursor,
  format: z.enum(['json', 'ndjson', 'csv']).default('json'),
};
const logQueryObject = z.strictObject(logQuery);
const logFiltersObject = z.strictObject(logFilters);
export type LogQuery = z.output<typeof logQueryObject>;

/** Throws for a span that ends before it begins: it would find nothing, and say nothing. */
export function filterOf(given: z.output<typeof logFiltersObject>): EventFilter {
  const { endpoint, eventType, record, event, status, statusCode, trigger, from, to } = given;
  if (from !== undefined && to !== undefined && from > to) {
    const message = `from must not be later than to; got ${rfc3339(from)} and ${rfc3339(to)}`;
    throw invalid([{ field: 'from', message }]);
  }
  return { endpoint, eventType, record, event, status, statusCode, trigger, fromMs: from, toMs: to };
}

/**
 * A page as it stands on the wire; what the store refuses (cursor, status code) is the caller's
 * fault.
 */
export function showPage<T, U>(page: Result<Page<T>, FieldError>, show: (item: T) => U): Page<U> {
  if (!page.ok) throw invalid([page.error]);
  return { data: page.value.data.map(show), next: page.value.next };
}

function checkInstant(text: string): string | null {
  const isTime =
    /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i.test(text) && !Number.isNaN(Date.parse(text));
  return isTime ? null : `must be an RFC 3339 time like 2026-11-21T18:00:00.000Z; got ${shown(text)}`;
}
