/** Attempts in the log, merged from the two places where they lie (log-schema.ts). */
import { and, isNotNull, type SQL, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { LIST_WALK, LOG_EMBED_WITHIN_MS, type Walk, WALK_GROWTH, WALK_GROWTHS_MAX } from '../../core/limits.ts';
import type { LoggedAttempt } from '../../core/log.ts';
import { ok } from '../../core/result.ts';
import type { FieldError, Result } from '../../core/result.ts';
import { behind, checkStatusCodes, hasStatusCode, isOfEvent, isOneOf, isWithin, upperBound } from '../filter.ts';
import type { LogFilter } from '../filter.ts';
import { attempts, deliveries } from './schema.ts';
import type { AttemptRow, DeliveryRow } from './schema.ts';
import {
  type Found,
  KEY_END,
  type LogPage,
  type LogPageRequest,
  mergePage,
  newestFirst,
  parseCursor,
} from '../page.ts';
import type { Position } from '../page.ts';
import { columnsOf, sourceOf } from './source.ts';
import { readSent, unpackAttempt, unpackHeaders } from './stored-attempt.ts';
import { endOf, findNewest, foundIn, inRange, matching, type Search, stop } from './walk.ts';

export type AttemptView = LoggedAttempt & {
  id: string;
  account: string;
  delivery: string;
  endpoint: string;
  event: string;
  eventType: string;
  record: string | null;
};

/**
 * Newest first; `from` and `to` are times of the attempt. `status` is the status that the attempt's
 * delivery has now.
 */
export async function listAttempts(
  database: D1Database,
  asked: LogFilter,
  page: LogPageRequest,
): Promise<Result<LogPage<AttemptView>, FieldError>> {
  const after = parseCursor('attempts', page.cursor);
  if (!after.ok) return after;
  const codes = checkStatusCodes(asked);
  if (!codes.ok) return codes;
  const filter = behind(asked, after.value);

  const most = page.limit + 1;
  const before = upperBound(filter, after.value);
  let walk = page.walk ?? LIST_WALK;
  for (let growths = 0; growths <= WALK_GROWTHS_MAX; growths += 1) {
    const [own, embedded] = await Promise.all([
      findOwn(database, filter, after.value, most, walk),
      findEmbedded(database, filter, after.value, most, walk),
    ]);
    // Where all that was looked at was accepted within a moment, nothing is certain about any time
    // before the cursor.
    if (embedded.reached === null || newestFirst(before, embedded.reached) < 0) {
      return ok(mergePage('attempts', [own, embedded], page.limit, ({ atMs, id }) => ({ atMs, id })));
    }
    walk = { byKey: walk.byKey * WALK_GROWTH, bySeek: walk.bySeek * WALK_GROWTH };
  }
  throw new Error(`more than ${walk.bySeek} deliveries were accepted within ${LOG_EMBED_WITHIN_MS} ms`);
}

async function findOwn(
  database: D1Database,
  filter: LogFilter,
  after: Position,
  most: number,
  walk: Walk,
): Promise<Found<AttemptView>> {
  const statuses = isOneOf(deliveries.status, filter.status);
  const isMatch = and(
    isOfEvent(attempts, filter),
    isOneOf(attempts.endpoint, filter.endpoint),
    hasStatusCode(attempts.statusCode, filter.statusCode),
    isOneOf(attempts.trigger, filter.trigger),
    statuses === undefined
      ? undefined
      : sql`EXISTS (SELECT 1 FROM ${deliveries} WHERE ${deliveries.account} = ${attempts.account}
          AND ${deliveries.acceptedAtMs} = ${attempts.acceptedAtMs} AND ${deliveries.id} = ${attempts.delivery} AND ${statuses})`,
  );
  const search = { source: sourceOf(attempts, filter), at: attempts.atMs, filter, isMatch, after };
  const positionOf = ({ atMs, id }: AttemptRow) => ({ atMs, id });
  const { rows, reached } = await findNewest<AttemptRow>(database, search, { most, walk, positionOf });
  return { rows: rows.map(showOwn), reached };
}

/**
 * Embedded attempts lie in the order of their deliveries' acceptance, not of their own time, but
 * the two are never further apart than W = LOG_EMBED_WITHIN_MS: accepted <= at <= accepted + W. So
 * `first`, the first `most` matches in key order, are followed by the matches of a further W: let L
 * be the earliest acceptance in `first`; an attempt at L or later was accepted at L - W or later,
 * so from L on all are there. Where the walk ended before it had `most`, at a delivery accepted at
 * A, those are certain that are later than A + W. At the other end, what is after the cursor (at <
 * c) was accepted before c.
 */
async function findEmbedded(
  database: D1Database,
  filter: LogFilter,
  after: Position,
  most: number,
  walk: Walk,
): Promise<Found<AttemptView>> {
  // Only first attempts are embedded, none of them a retry, and tests have no delivery.
  const { trigger = [] } = filter;
  if (trigger.length > 0 && !trigger.includes('first') && !trigger.includes('replay'))
    return { rows: [], reached: null };
  const { firstAtMs, firstAttempt, acceptedAtMs, id } = deliveries;
  const isMatch = and(
    isNotNull(firstAttempt),
    isWithin(firstAtMs, sql`'att_' || substr(${id}, 5) || '_a1'`, filter, after),
    isOfEvent(deliveries, filter),
    isOneOf(deliveries.endpoint, filter.endpoint),
    hasStatusCode(sql`(${firstAttempt}->>'$.statusCode')`, filter.statusCode),
    isOneOf(sql`${firstAttempt}->>'$.trigger'`, filter.trigger),
    isOneOf(deliveries.status, filter.status),
  );
  // The bounds of the attempt as bounds of the acceptance, so that only this part is read.
  const search: Search = {
    source: sourceOf(deliveries, filter),
    at: acceptedAtMs,
    filter: {
      ...filter,
      fromMs: filter.fromMs === undefined ? undefined : filter.fromMs - LOG_EMBED_WITHIN_MS,
      toMs: undefined,
    },
    isMatch,
    after: { atMs: Math.min(after.atMs, filter.toMs ?? after.atMs), id: KEY_END },
  };
  if (!search.source.isOrdered) {
    const rows = await drizzle(database).all<DeliveryRow>(sql`SELECT ${columnsOf(deliveries)} ${inRange(search)}
      ORDER BY ${firstAtMs} DESC, ${id} DESC LIMIT ${most}`);
    return foundIn(rows.map(showEmbedded), most, ({ atMs, id: attempt }) => ({ atMs, id: attempt }), endOf(filter));
  }
  const found = await drizzle(database).all<DeliveryRow & { from: 'first' | 'stop' | 'window' }>(
    embeddedQuery(search, walk, most),
  );
  const rows = found.filter(({ from }) => from !== 'stop').map(showEmbedded);
  const stopped = found.find(({ from }) => from === 'stop');
  if (stopped !== undefined)
    return { rows, reached: { atMs: stopped.acceptedAtMs + LOG_EMBED_WITHIN_MS, id: KEY_END } };
  const first = found.filter(({ from }) => from === 'first');
  const last = first.at(-1);
  return { rows, reached: first.length === most && last !== undefined ? { atMs: last.acceptedAtMs, id: '' } : null };
}

function embeddedQuery(search: Search, walk: Walk, most: number): SQL {
  const { acceptedAtMs, firstAtMs, id } = deliveries;
  const isFull = sql`(SELECT count(*) FROM first) = ${most}`;
  const last = sql`SELECT "acceptedAtMs", "id" FROM first ORDER BY 1, 2 LIMIT 1`;
  return sql`WITH first AS MATERIALIZED (${matching(search, walk, most)})
    SELECT *, 'first' AS "from" FROM first
    UNION ALL SELECT *, 'stop' FROM (${stop(search, walk)}) WHERE NOT ${isFull}
    UNION ALL SELECT *, 'window' FROM (SELECT ${columnsOf(deliveries)} ${inRange(search)}
      AND (${acceptedAtMs}, ${id}) < (${last}) AND ${acceptedAtMs} >= (SELECT min("acceptedAtMs") FROM first) - ${LOG_EMBED_WITHIN_MS}
      ORDER BY ${firstAtMs} DESC, ${id} DESC LIMIT ${most}) WHERE ${isFull}`;
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
    sent: readSent(row.sent),
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
