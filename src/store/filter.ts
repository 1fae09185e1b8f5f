/**
 * The filters of V3 as SQL conditions. Values within one field are alternatives, fields combine.
 * Each list is one bound parameter (a JSON array), because D1 allows 100 of them.
 */
import { and, gte, or, sql } from 'drizzle-orm';
import type { Column, SQL } from 'drizzle-orm';
import type { DeliveryStatus, Trigger } from '../core/delivery.ts';
import { fail, ok } from '../core/result.ts';
import type { FieldError, Result } from '../core/result.ts';
import { SHOWN_VALUE_CHARS_MAX } from '../core/limits.ts';
import { WILDCARD_SUFFIX } from '../core/match.ts';
import { attempts, deliveries, events } from './log/schema.ts';
import type { Position } from './page.ts';

/** Absent or empty: any. */
export type EventFilter = {
  /** Exact names, or `order.*`. */
  eventType?: readonly string[] | undefined;
  record?: readonly string[] | undefined;
  event?: readonly string[] | undefined;
  endpoint?: readonly string[] | undefined;
  status?: readonly DeliveryStatus[] | undefined;
  /** `503` or `5xx`. */
  statusCode?: readonly string[] | undefined;
  trigger?: readonly Trigger[] | undefined;
  /** What this replay job sent. */
  replayJob?: string | undefined;
  /** From this millisecond on … */
  fromMs?: number | undefined;
  /** … to before this one. */
  toMs?: number | undefined;
};

type Span = Pick<EventFilter, 'fromMs' | 'toMs'>;

/**
 * What an account's endpoints are at this instant, which rows of what waits learn of only later
 * (E5).
 */
export type PresentEndpoints = { paused: readonly string[]; /** Enabled or paused. */ live: readonly string[] };

/**
 * The events of the one record in the filter, where its Shard has named them: the log has an index
 * by event and none by record. `sinceMs`: from then on they are all of them; null: they are all
 * there ever were.
 */
export type OfRecord = { ofRecord?: { events: readonly string[]; sinceMs: number | null } | undefined };

/** The same list behind `after`: where the named events end, it is looked for row by row. */
export function behind<F extends EventFilter & OfRecord>(filter: F, after: Position): F {
  const sinceMs = filter.ofRecord?.sinceMs ?? null;
  return sinceMs !== null && upperBound(filter, after).atMs <= sinceMs ? { ...filter, ofRecord: undefined } : filter;
}

/**
 * `account` null: across all accounts, for operators. With `present`, a status means what reads
 * show, not what is stored.
 */
export type LogFilter = EventFilter & OfRecord & { account: string | null; present?: PresentEndpoints | undefined };

export type LogTable = typeof deliveries | typeof attempts | typeof events;

export function isOneOf(value: Column | SQL, values: readonly (string | number)[] | undefined): SQL | undefined {
  return values === undefined || values.length === 0 ? undefined : isAmong(value, values);
}

/** As core/match.ts: an exact name, or everything below one. */
export function isOfTypes(eventType: Column | SQL, patterns: readonly string[] | undefined): SQL | undefined {
  if (patterns === undefined || patterns.length === 0) return undefined;
  const exact = patterns.filter((pattern) => !pattern.endsWith(WILDCARD_SUFFIX));
  const below = patterns.filter((pattern) => pattern.endsWith(WILDCARD_SUFFIX)).map((pattern) => pattern.slice(0, -1));
  if (below.length === 0) return isAmong(eventType, exact);
  return sql`(${isAmong(eventType, exact)}
    OR EXISTS (SELECT 1 FROM json_each(${JSON.stringify(below)}) WHERE substr(${eventType}, 1, length(value)) = value))`;
}

function isAmong(value: Column | SQL, values: readonly (string | number)[]): SQL {
  return sql`${value} IN (SELECT value FROM json_each(${JSON.stringify(values)}))`;
}

/** The part of a list after a cursor, within the filter's span. */
export function isWithin(at: Column, id: Column | SQL, filter: Span, after: Position): SQL | undefined {
  const before = upperBound(filter, after);
  return and(sql`(${at}, ${id}) < (${before.atMs}, ${before.id})`, isFrom(at, filter.fromMs));
}

/** The cursor or the end of the span, whichever cuts more: SQLite seeks by one upper bound only. */
export function upperBound(filter: Span, after: Position): Position {
  return filter.toMs !== undefined && filter.toMs <= after.atMs ? { atMs: filter.toMs, id: '' } : after;
}

export function isFrom(at: Column, fromMs: number | undefined): SQL | undefined {
  return fromMs === undefined ? undefined : gte(at, fromMs);
}

export function hasValues(values: readonly unknown[] | undefined): boolean {
  return values !== undefined && values.length > 0;
}

/** Event facts are columns of the same name in all three tables. */
export function isOfEvent(table: LogTable, filter: EventFilter & OfRecord): SQL | undefined {
  return and(
    isOfTypes(table.eventType, filter.eventType),
    isOneOf(table.record, filter.record),
    isOneOf(table.eventId, filter.event),
    filter.ofRecord === undefined ? undefined : isAmong(table.eventId, filter.ofRecord.events),
  );
}

/** Of a delivery's last attempt: the code and trigger that its row shows. */
export function isDelivery(filter: Omit<LogFilter, 'account'>): SQL | undefined {
  return and(
    isOfEvent(deliveries, filter),
    isOneOf(deliveries.endpoint, filter.endpoint),
    isOneOf(filter.present === undefined ? deliveries.status : statusShown(filter.present), filter.status),
    hasStatusCode(deliveries.lastStatusCode, filter.statusCode),
    filter.replayJob === undefined ? undefined : sql`${deliveries.replayJob} = ${filter.replayJob}`,
    filter.trigger === undefined || filter.trigger.length === 0
      ? undefined
      : or(...filter.trigger.map(deliveryTrigger)),
  );
}

/**
 * The status that a read shows (http/overlay.ts): what waits for a paused endpoint is held, for one
 * that is gone cancelled.
 */
function statusShown({ paused, live }: PresentEndpoints): SQL {
  const { status, endpoint, attempts: tried } = deliveries;
  const isIn = (ids: readonly string[]) => sql`${endpoint} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;
  return sql`CASE WHEN ${status} NOT IN ('queued', 'retrying', 'held') THEN ${status}
    WHEN ${isIn(paused)} THEN 'held'
    WHEN NOT ${isIn(live)} THEN 'cancelled'
    WHEN ${status} <> 'held' THEN ${status}
    WHEN ${tried} = 0 THEN 'queued' ELSE 'retrying' END`;
}

function deliveryTrigger(trigger: Trigger): SQL {
  switch (trigger) {
    case 'first':
      return sql`(${deliveries.replayOf} IS NULL AND ${deliveries.attempts} <= 1)`;
    case 'retry':
      return sql`${deliveries.attempts} > 1`;
    case 'replay':
      return sql`${deliveries.replayOf} IS NOT NULL`;
    case 'test':
      return sql`${deliveries.firstAttempt}->>'$.trigger' = 'test'`;
  }
}

/** `values` are already checked by `checkStatusCodes`. */
export function hasStatusCode(code: Column | SQL, values: readonly string[] | undefined): SQL | undefined {
  if (values === undefined || values.length === 0) return undefined;
  const exact = values.filter((value) => !value.endsWith('xx')).map(Number);
  const classes = values.filter((value) => value.endsWith('xx')).map((value) => Number(value[0]));
  return or(isOneOf(code, exact), isOneOf(sql`${code} / 100`, classes));
}

/** A code or a class. */
export const STATUS_CODE = /^[1-5](?:xx|[0-9]{2})$/;

export function checkStatusCodes(filter: EventFilter): Result<null, FieldError> {
  const bad = filter.statusCode?.find((value) => !STATUS_CODE.test(value));
  if (bad === undefined) return ok(null);
  const shown = bad.slice(0, SHOWN_VALUE_CHARS_MAX);
  return fail({
    field: 'statusCode',
    message: `statusCode must be a code like 503 or a class like 5xx, not "${shown}"`,
  });
}
