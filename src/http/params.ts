/** Path and query parameters that several resources share. */
import { z } from '@hono/zod-openapi';
import { DELIVERY_STATUSES, TRIGGERS } from '../core/delivery.ts';
import { checkAccountId, checkEventId, checkRecordKey } from '../core/event-rules.ts';
import { LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX } from '../core/limits.ts';
import type { FieldError, Result } from '../core/result.ts';
import { shown } from '../core/text.ts';
import type { Page } from '../store/page.ts';
import { many, ruled } from './fields.ts';
import { invalid } from './problem.ts';

export const accountId = ruled(z.string(), checkAccountId);
export const eventId = ruled(z.string(), checkEventId);
export const recordKey = ruled(z.string(), checkRecordKey);

export const accountParams = z.strictObject({ account: accountId });

export const pageQuery = {
  limit: ruled(z.string(), checkLimit).transform(Number).default(LIST_LIMIT_DEFAULT),
  /** Checked where it is read: a cursor belongs to its list. */
  cursor: z.string().nullable().default(null),
};

const instant = ruled(z.string(), checkInstant).transform((text) => Date.parse(text));

/** V3: the filters of every log list. */
export const logQuery = {
  ...pageQuery,
  endpoint: many(z.string()),
  eventType: many(z.string()),
  record: many(z.string()),
  event: many(z.string()),
  status: many(z.enum(DELIVERY_STATUSES)),
  statusCode: many(z.string()),
  trigger: many(z.enum(TRIGGERS)),
  from: instant.optional(),
  to: instant.optional(),
};
const logQueryObject = z.strictObject(logQuery);

export function filterOf({ from, to, limit: _, cursor: __, ...filter }: z.output<typeof logQueryObject>) {
  return { ...filter, fromMs: from, toMs: to };
}

/** A page as it stands on the wire; what the store refuses (cursor, status code) is the caller's fault. */
export function showPage<T, U>(page: Result<Page<T>, FieldError>, show: (item: T) => U): Page<U> {
  if (!page.ok) throw invalid([page.error]);
  return { data: page.value.data.map(show), next: page.value.next };
}

function checkLimit(text: string): string | null {
  const limit = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0;
  return limit >= 1 && limit <= LIST_LIMIT_MAX
    ? null
    : `must be a whole number from 1 to ${LIST_LIMIT_MAX}; got ${shown(text)}`;
}

function checkInstant(text: string): string | null {
  const isTime =
    /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i.test(text) && !Number.isNaN(Date.parse(text));
  return isTime ? null : `must be an RFC 3339 time like 2026-11-21T18:00:00.000Z; got ${shown(text)}`;
}
