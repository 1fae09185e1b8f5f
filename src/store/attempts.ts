/** Attempts in the log, merged from the two places where they lie (log-schema.ts). */
import { and, isNotNull, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { LOG_EMBED_WITHIN_MS } from '../core/limits.ts';
import type { LoggedAttempt } from '../core/log.ts';
import { ok } from '../core/result.ts';
import type { FieldError, Result } from '../core/result.ts';
import { checkStatusCodes, hasStatusCode, isFrom, isOfEvent, isOneOf, isWithin, upperBound } from './filter.ts';
import type { LogFilter } from './filter.ts';
import { attempts, deliveries } from './log-schema.ts';
import type { AttemptRow, DeliveryRow } from './log-schema.ts';
import { cutPage, KEY_END, newestFirst, parseCursor } from './page.ts';
import type { Page, PageRequest, Position } from './page.ts';
import { isInAccount, lookBack, newestAcross, newestRows, selectFrom, sourceOf } from './source.ts';
import { unpackAttempt, unpackHeaders } from './stored-attempt.ts';

export type AttemptView = LoggedAttempt & {
  id: string;
  account: string;
  delivery: string;
  endpoint: string;
  event: string;
  eventType: string;
  record: string | null;
};

/** Newest first; `from` and `to` are times of the attempt. `status` is the status that the attempt's delivery has now. */
export async function listAttempts(
  database: D1Database,
  filter: LogFilter,
  page: PageRequest,
): Promise<Result<Page<AttemptView>, FieldError>> {
  const after = parseCursor('attempts', page.cursor);
  if (!after.ok) return after;
  const codes = checkStatusCodes(filter);
  if (!codes.ok) return codes;

  let found: AttemptView[] = [];
  for (const fromMs of lookBack(sourceOf(attempts, filter), filter, after.value.atMs, page.limit)) {
    const span = { ...filter, fromMs };
    const [own, embedded] = await Promise.all([
      selectOwn(database, span, after.value, page.limit + 1),
      selectEmbedded(database, span, after.value, page.limit + 1),
    ]);
    found = [...own.map(showOwn), ...embedded.map(showEmbedded)].sort((a, b) => newestFirst(a, b));
    if (found.length > page.limit) break;
  }
  return ok(cutPage('attempts', found, page.limit, ({ atMs, id }) => ({ atMs, id })));
}

function selectOwn(database: D1Database, filter: LogFilter, after: Position, most: number): Promise<AttemptRow[]> {
  const statuses = isOneOf(deliveries.status, filter.status);
  const matching = and(
    isFrom(attempts.atMs, filter.fromMs),
    isOfEvent(attempts, filter),
    isOneOf(attempts.endpoint, filter.endpoint),
    hasStatusCode(attempts.statusCode, filter.statusCode),
    isOneOf(attempts.trigger, filter.trigger),
    statuses === undefined
      ? undefined
      : sql`EXISTS (SELECT 1 FROM ${deliveries} WHERE ${deliveries.account} = ${attempts.account}
          AND ${deliveries.acceptedAtMs} = ${attempts.acceptedAtMs} AND ${deliveries.id} = ${attempts.delivery} AND ${statuses})`,
  );
  const order = { at: attempts.atMs, matching };
  const rows = newestRows(sourceOf(attempts, filter), filter.account, order, upperBound(filter, after), most);
  return drizzle(database).all<AttemptRow>(rows);
}

/**
 * Embedded attempts come in the order of their deliveries' acceptance, not of their own time, but the two are never further apart
 * than W = LOG_EMBED_WITHIN_MS: accepted <= at <= accepted + W. So take the first `most` matches in key order, and let L be the
 * earliest acceptance among them. Each of them has at >= L; hence so has each of the true newest `most`, which therefore were accepted
 * at L - W or later. Reading that span in full and sorting it is exact, and reads W of traffic more than it shows. At the other end,
 * what is after the cursor (at < c) was accepted before c. With fewer matches than `most` the span holds all of them.
 */
async function selectEmbedded(
  database: D1Database,
  filter: LogFilter,
  after: Position,
  most: number,
): Promise<DeliveryRow[]> {
  // Only first attempts are embedded, none of them a retry, and tests have no delivery.
  const { trigger = [] } = filter;
  if (trigger.length > 0 && !trigger.includes('first') && !trigger.includes('replay')) return [];
  const source = sourceOf(deliveries, filter);
  const { acceptedAtMs, firstAtMs, firstAttempt, id } = deliveries;
  // The bounds of the attempt, and the same for the key, so that only this part of it is read.
  const latestMs = Math.min(after.atMs, filter.toMs ?? after.atMs);
  const matching = and(
    isNotNull(firstAttempt),
    isWithin(firstAtMs, sql`'att_' || substr(${id}, 5) || '_a1'`, filter, after),
    isFrom(acceptedAtMs, filter.fromMs === undefined ? undefined : filter.fromMs - LOG_EMBED_WITHIN_MS),
    isOfEvent(deliveries, filter),
    isOneOf(deliveries.endpoint, filter.endpoint),
    hasStatusCode(sql`(${firstAttempt}->>'$.statusCode')`, filter.statusCode),
    isOneOf(sql`${firstAttempt}->>'$.trigger'`, filter.trigger),
    isOneOf(deliveries.status, filter.status),
  );
  const matches = and(isInAccount(source, filter.account), source.where, sql`${acceptedAtMs} <= ${latestMs}`, matching);
  const newest =
    filter.account === null && source.isOrdered
      ? newestAcross(source, { at: acceptedAtMs, matching }, { atMs: latestMs, id: KEY_END }, most)
      : sql`SELECT ${acceptedAtMs} AS at FROM ${source.from} WHERE ${matches} ORDER BY ${acceptedAtMs} DESC, ${id} DESC LIMIT ${most}`;
  return drizzle(database).all<DeliveryRow>(sql`${selectFrom(source)} WHERE ${matches}
    AND ${acceptedAtMs} >= (SELECT min(at) FROM (${newest})) - ${LOG_EMBED_WITHIN_MS}
    ORDER BY ${firstAtMs} DESC, ${id} DESC LIMIT ${most}`);
}

export function showOwn(row: AttemptRow): AttemptView {
  return {
    id: row.id,
    account: row.account,
    delivery: row.delivery,
    endpoint: row.endpoint,
    event: row.eventId,
    eventType: row.eventType,
    record: row.record,
    number: row.number,
    trigger: row.trigger,
    atMs: row.atMs,
    latencyMs: row.latencyMs,
    statusCode: row.statusCode,
    error: row.errorKind === null ? null : { kind: row.errorKind, message: row.errorMessage ?? '' },
    responseHeaders: unpackHeaders(row.responseHeaders),
    responseBody: row.responseBody,
    // A number where the row comes by SQL of our own.
    willRetry: Boolean(row.willRetry),
    nextAttemptAtMs: row.nextAttemptAtMs,
  };
}

function showEmbedded(row: DeliveryRow): AttemptView {
  return {
    id: `att_${row.id.slice('dlv_'.length)}_a1`,
    account: row.account,
    delivery: row.id,
    endpoint: row.endpoint,
    event: row.eventId,
    eventType: row.eventType,
    record: row.record,
    ...unpackAttempt(row.firstAtMs ?? row.acceptedAtMs, row.firstAttempt ?? ''),
  };
}
