/**
 * Events in the log. An event has no row of its own where it has deliveries: it is the run of
 * neighbouring delivery rows whose ids start alike (`dlv_{kind}{hash}{place}_{sequence}_`, its key
 * here). Only events that no endpoint wanted have a row in `events`.
 */
import { and, eq, getTableColumns, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { parseRecordPrefix, RECORD_PREFIX_CHARS, type RecordLocator } from '../../core/ids.ts';
import { EVENT_DELIVERIES_LISTED_MAX, EVENT_RECORDS_FOUND_MAX, LIST_WALK, type Walk } from '../../core/limits.ts';
import { ok } from '../../core/result.ts';
import type { FieldError, Result } from '../../core/result.ts';
import type { EventView } from '../../core/view.ts';
import { type ListedRow, showDelivery } from './deliveries.ts';
import { behind, checkStatusCodes, hasValues, isDelivery, isOfEvent, upperBound } from '../filter.ts';
import type { EventFilter, LogFilter } from '../filter.ts';
import { deliveries, events } from './schema.ts';
import type { DeliveryRow, EventRow } from './schema.ts';
import { mergePage, parseCursor } from '../page.ts';
import type { Found, LogPage, LogPageRequest, Position } from '../page.ts';
import { RESOLVED } from './resolved.ts';
import { columnsOf, isInAccount, sourceOf } from './source.ts';
import { endOf, findNewest, foundIn, inRange, matching, type Search, stop } from './walk.ts';

/**
 * `deliveries` holds the first EVENT_DELIVERIES_LISTED_MAX, by endpoint. The body is the Shard's.
 */
export type ListedEvent = Omit<EventView, 'body'>;

/** Where one event with this id lives. */
export type FoundEvent = {
  /** In the account, whose settings know the rest of the address. */
  at: RecordLocator;
  record: string | null;
  sequence: number;
  acceptedAtMs: number;
};

/** The key of an event is its record's prefix and the sequence between two `_`. */
const KEY_CHARS = sql.raw(String(RECORD_PREFIX_CHARS + 2));

/** Newest acceptance first. With a filter on deliveries, events of which at least one matches. */
export async function listEvents(
  database: D1Database,
  account: string,
  asked: Omit<LogFilter, 'account'>,
  page: LogPageRequest,
): Promise<Result<LogPage<ListedEvent>, FieldError>> {
  const after = parseCursor('events', page.cursor);
  if (!after.ok) return after;
  const codes = checkStatusCodes(asked);
  if (!codes.ok) return codes;
  const filter = behind({ ...asked, account }, after.value);

  const most = page.limit + 1;
  const walk = page.walk ?? LIST_WALK;
  const [delivered, unwanted] = await Promise.all([
    findKeys(database, filter, after.value, most, walk),
    hasDeliveryFilter(filter) ? { rows: [], reached: null } : findUnwanted(database, filter, after.value, most, walk),
  ]);
  const unwantedByKey = new Map(unwanted.rows.map((row) => [keyText(position(row)), row]));
  // An event may be in both.
  const keys = new Map([...delivered.rows, ...unwanted.rows.map(position)].map((key) => [keyText(key), key]));
  const parts = [
    { rows: [...keys.values()], reached: delivered.reached },
    { rows: [], reached: unwanted.reached },
  ];
  const cut = mergePage('events', parts, page.limit, (key) => key);

  const rows = Map.groupBy(await selectDeliveries(database, account, cut.data), (row) =>
    keyText({ atMs: row.acceptedAtMs, id: eventKey(row) }),
  );
  const data = cut.data.flatMap((key) => {
    const ofEvent = rows.get(keyText(key)) ?? [];
    const first = ofEvent[0] ?? unwantedByKey.get(keyText(key));
    // Rows that retention took between the two queries.
    return first === undefined ? [] : [showEvent(first, ofEvent)];
  });
  return ok({ ...cut, data });
}

/**
 * The records of an account that hold an event with this id, at most EVENT_RECORDS_FOUND_MAX: none,
 * one, or several because publishers' ids are unique only within a record. Seconds behind the
 * Shards.
 */
export async function findEvent(database: D1Database, account: string, eventId: string): Promise<FoundEvent[]> {
  const found = await drizzle(database).all<{ key: string; record: string | null; sequence: number; at: number }>(sql`
    SELECT substr(id, 1, ${KEY_CHARS} + length(sequence)) AS key, record, sequence, accepted_at_ms AS at
    FROM deliveries INDEXED BY deliveries_by_event WHERE account = ${account} AND event_id = ${eventId}
    UNION
    SELECT id, record, sequence, accepted_at_ms
    FROM events INDEXED BY events_by_event WHERE account = ${account} AND event_id = ${eventId}
    ORDER BY at DESC, key DESC LIMIT ${EVENT_RECORDS_FOUND_MAX}`);
  return found.flatMap(({ key, record, sequence, at: acceptedAtMs }) => {
    const at = parseRecordPrefix(key);
    return at === null ? [] : [{ at, record, sequence, acceptedAtMs }];
  });
}

/** Events with this id in any account. One seek for each account that the log knows. */
export function eventsWithId(
  database: D1Database,
  eventId: string,
  limit: number,
): Promise<{ account: string; eventType: string; record: string | null }[]> {
  const isOfId = (table: typeof deliveries | typeof events) => {
    const source = sourceOf(table, { event: [eventId] });
    return sql`FROM ${source.from} WHERE ${isInAccount(source, null)} AND ${table.eventId} = ${eventId}`;
  };
  return drizzle(database).all(sql`
    SELECT account, event_type AS "eventType", record ${isOfId(deliveries)}
    UNION SELECT account, event_type, record ${isOfId(events)}
    ORDER BY account, record LIMIT ${limit}`);
}

/** The keys of the next events in order. */
async function findKeys(
  database: D1Database,
  filter: LogFilter,
  after: Position,
  most: number,
  walk: Walk,
): Promise<Found<Position>> {
  const source = sourceOf(deliveries, filter);
  const isMatch = isDelivery(filter);
  const search = { source, at: deliveries.acceptedAtMs, filter, isMatch, after };
  if (isMatch === undefined) return seekKeys(database, search, most);
  const key = sql`"acceptedAtMs" AS at, substr("id", 1, ${KEY_CHARS} + length("sequence")) AS key`;
  if (!source.isOrdered) {
    const rows = await drizzle(database).all<{ at: number; key: string }>(sql`
      SELECT DISTINCT ${key} FROM (SELECT ${columnsOf(deliveries)} ${inRange(search)}) ORDER BY at DESC, key DESC LIMIT ${most}`);
    return foundIn(rows.map(keyPosition), most, (row) => row, endOf(filter));
  }
  const found = await drizzle(database).all<{ at: number; key: string; stop: string | null }>(sql`
    SELECT *, NULL AS stop FROM (SELECT DISTINCT ${key} FROM (${matching(search, walk)}) LIMIT ${most})
    UNION ALL SELECT ${key}, "id" FROM (${stop(search, walk)}) LIMIT ${most}`);
  const rows = found.filter((row) => row.stop === null).map(keyPosition);
  const stopped = found.find((row) => row.stop !== null);
  if (stopped === undefined) return foundIn(rows, most, (row) => row, null);
  // It may stop amid the deliveries of an event. What is left of one that was found is not looked
  // at again.
  const isFound = rows.some(({ atMs, id }) => atMs === stopped.at && id === stopped.key);
  return { rows, reached: { atMs: stopped.at, id: isFound ? stopped.key : (stopped.stop ?? '') } };
}

/**
 * Without a filter: one seek past all deliveries of the event before, so that a wide event costs no
 * more than a narrow one.
 */
async function seekKeys(database: D1Database, { filter, after }: Search, most: number): Promise<Found<Position>> {
  const before = upperBound(filter, after);
  const found = await drizzle(database).all<{ at: number; key: string }>(sql`
    WITH RECURSIVE page(at, key, n) AS (
      VALUES (${before.atMs}, ${before.id}, 0)
      UNION ALL
      SELECT d.accepted_at_ms, substr(d.id, 1, ${KEY_CHARS} + length(d.sequence)), page.n + 1
      FROM page CROSS JOIN deliveries AS d ON d.account = ${filter.account} AND (d.accepted_at_ms, d.id) = (
        SELECT accepted_at_ms, id FROM deliveries WHERE account = ${filter.account} AND (accepted_at_ms, id) < (page.at, page.key)
          AND accepted_at_ms >= ${filter.fromMs ?? 0} ORDER BY accepted_at_ms DESC, id DESC LIMIT 1)
      WHERE page.n < ${most}
    ) SELECT at, key FROM page WHERE n > 0`);
  return foundIn(found.map(keyPosition), most, (row) => row, null);
}

function keyPosition({ at, key }: { at: number; key: string }): Position {
  return { atMs: at, id: key };
}

function findUnwanted(
  database: D1Database,
  filter: LogFilter,
  after: Position,
  most: number,
  walk: Walk,
): Promise<Found<EventRow>> {
  const isMatch = isOfEvent(events, filter);
  const search = { source: sourceOf(events, filter), at: events.acceptedAtMs, filter, isMatch, after };
  return findNewest<EventRow>(database, search, { most, walk, positionOf: position });
}

async function selectDeliveries(database: D1Database, account: string, keys: Position[]): Promise<ListedRow[]> {
  if (keys.length === 0) return [];
  const wanted = JSON.stringify(keys.map(({ atMs, id }) => [atMs, id]));
  return drizzle(database)
    .select({ ...getTableColumns(deliveries), resolved: sql<number | null>`${RESOLVED}`.as('resolved') })
    .from(deliveries)
    .where(
      and(
        eq(deliveries.account, account),
        sql`(${deliveries.acceptedAtMs}, ${deliveries.id}) IN (
          SELECT d.accepted_at_ms, d.id FROM json_each(${wanted}) AS e CROSS JOIN deliveries AS d
          ON d.account = ${account} AND d.accepted_at_ms = e.value->>0 AND d.id IN (
            SELECT x.id FROM deliveries AS x WHERE x.account = ${account} AND x.accepted_at_ms = e.value->>0
            AND x.id > e.value->>1 AND x.id < (e.value->>1) || '~' ORDER BY x.id LIMIT ${EVENT_DELIVERIES_LISTED_MAX}))`,
      ),
    )
    .orderBy(deliveries.acceptedAtMs, deliveries.id);
}

function hasDeliveryFilter(filter: EventFilter): boolean {
  return [filter.endpoint, filter.status, filter.statusCode, filter.trigger].some(hasValues);
}

function showEvent(row: DeliveryRow | EventRow, ofEvent: ListedRow[]): ListedEvent {
  return {
    id: row.eventId,
    type: row.eventType,
    record: row.record,
    sequence: row.record === null ? null : row.sequence,
    version: row.version,
    occurredAt: row.occurredAt,
    acceptedAtMs: row.acceptedAtMs,
    deliveryCount: 'deliveryCount' in row ? row.deliveryCount : 0,
    deliveries: ofEvent.map(showDelivery),
  };
}

/** `dlv_` + kind + hash + `_` are 38 characters; then the sequence and another `_`. */
function eventKey(row: DeliveryRow): string {
  return row.id.slice(0, RECORD_PREFIX_CHARS + 2 + String(row.sequence).length);
}

function position(row: EventRow): Position {
  return { atMs: row.acceptedAtMs, id: row.id };
}

function keyText(key: Position): string {
  return `${key.atMs} ${key.id}`;
}
