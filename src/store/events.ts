/**
 * Events in the log. An event has no row of its own where it has deliveries: it is the run of neighbouring delivery rows whose ids
 * start alike (`dlv_{kind}{hash}_{sequence}_`, its key here). Only events that no endpoint wanted have a row in `events`.
 */
import { and, eq, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import type { RecordAddress } from '../core/ids.ts';
import { EVENT_DELIVERIES_LISTED_MAX, EVENT_RECORDS_FOUND_MAX } from '../core/limits.ts';
import { ok } from '../core/result.ts';
import type { FieldError, Result } from '../core/result.ts';
import type { EventView } from '../core/view.ts';
import { showDelivery } from './deliveries.ts';
import { checkStatusCodes, hasValues, isDelivery, isFrom, isOfEvent, upperBound } from './filter.ts';
import type { EventFilter } from './filter.ts';
import { deliveries, events } from './log-schema.ts';
import type { DeliveryRow, EventRow } from './log-schema.ts';
import { cutPage, newestFirst, parseCursor } from './page.ts';
import type { Page, PageRequest, Position } from './page.ts';
import { newestRows, sourceOf } from './source.ts';

/** `deliveries` holds the first EVENT_DELIVERIES_LISTED_MAX, by endpoint. The body is the Record's. */
export type ListedEvent = Omit<EventView, 'body'>;

/** Where one event with this id lives. */
export type FoundEvent = {
  /** In the account, whose settings know its jurisdiction. */
  at: Pick<RecordAddress, 'kind' | 'hash'>;
  record: string | null;
  sequence: number;
  acceptedAtMs: number;
};

/** Newest acceptance first. With a filter on deliveries, events of which at least one matches. */
export async function listEvents(
  database: D1Database,
  account: string,
  filter: EventFilter,
  page: PageRequest,
): Promise<Result<Page<ListedEvent>, FieldError>> {
  const after = parseCursor('events', page.cursor);
  if (!after.ok) return after;
  const codes = checkStatusCodes(filter);
  if (!codes.ok) return codes;

  const [delivered, unwanted] = await Promise.all([
    findKeys(database, account, filter, after.value, page.limit + 1),
    hasDeliveryFilter(filter) ? [] : selectUnwanted(database, account, filter, after.value, page.limit + 1),
  ]);
  const unwantedByKey = new Map(unwanted.map((row) => [keyText(position(row)), row]));
  const keys = new Map([...delivered, ...unwanted.map(position)].map((key) => [keyText(key), key]));
  const cut = cutPage('events', [...keys.values()].sort(newestFirst), page.limit, (key) => key);

  const rows = Map.groupBy(await selectDeliveries(database, account, cut.data), (row) =>
    keyText({ atMs: row.acceptedAtMs, id: eventKey(row) }),
  );
  const data = cut.data.flatMap((key) => {
    const ofEvent = rows.get(keyText(key)) ?? [];
    const first = ofEvent[0] ?? unwantedByKey.get(keyText(key));
    // Rows that retention took between the two queries.
    return first === undefined ? [] : [showEvent(first, ofEvent)];
  });
  return ok({ data, next: cut.next });
}

/**
 * The records of an account that hold an event with this id, at most EVENT_RECORDS_FOUND_MAX: none, one, or several because
 * publishers' ids are unique only within a record. Seconds behind the Records.
 */
export async function findEvent(database: D1Database, account: string, eventId: string): Promise<FoundEvent[]> {
  const found = await drizzle(database).all<{ key: string; record: string | null; sequence: number; at: number }>(sql`
    SELECT substr(id, 1, 39 + length(sequence)) AS key, record, sequence, accepted_at_ms AS at
    FROM deliveries INDEXED BY deliveries_by_event WHERE account = ${account} AND event_id = ${eventId}
    UNION
    SELECT id, record, sequence, accepted_at_ms
    FROM events INDEXED BY events_by_event WHERE account = ${account} AND event_id = ${eventId}
    ORDER BY at DESC, key DESC LIMIT ${EVENT_RECORDS_FOUND_MAX}`);
  return found.map(({ key, record, sequence, at }) => ({
    at: { kind: key[4] === 'u' ? 'u' : 'k', hash: key.slice(5, 37) },
    record,
    sequence,
    acceptedAtMs: at,
  }));
}

/** The keys of the next events in order: one seek past all deliveries of the event before, so that a wide event costs no more than a narrow one. */
async function findKeys(
  database: D1Database,
  account: string,
  filter: EventFilter,
  after: Position,
  most: number,
): Promise<Position[]> {
  const before = upperBound(filter, after);
  const source = sourceOf(deliveries, filter);
  const matches = and(
    sql`${deliveries.account} = ${account}`,
    source.where,
    sql`(${deliveries.acceptedAtMs}, ${deliveries.id}) < (page.at, page.key)`,
    isFrom(deliveries.acceptedAtMs, filter.fromMs),
    isDelivery(filter),
  );
  const found = await drizzle(database).all<{ at: number; key: string }>(sql`
    WITH RECURSIVE page(at, key, n) AS (
      VALUES (${before.atMs}, ${before.id}, 0)
      UNION ALL
      SELECT d.accepted_at_ms, substr(d.id, 1, 39 + length(d.sequence)), page.n + 1
      FROM page CROSS JOIN deliveries AS d ON d.account = ${account} AND (d.accepted_at_ms, d.id) = (
        SELECT ${deliveries.acceptedAtMs}, ${deliveries.id} FROM ${source.from} WHERE ${matches}
        ORDER BY ${deliveries.acceptedAtMs} DESC, ${deliveries.id} DESC LIMIT 1)
      WHERE page.n < ${most}
    ) SELECT at, key FROM page WHERE n > 0`);
  return found.map(({ at, key }) => ({ atMs: at, id: key }));
}

function selectUnwanted(
  database: D1Database,
  account: string,
  filter: EventFilter,
  after: Position,
  most: number,
): Promise<EventRow[]> {
  const matching = and(isFrom(events.acceptedAtMs, filter.fromMs), isOfEvent(events, filter));
  const order = { at: events.acceptedAtMs, matching };
  return drizzle(database).all<EventRow>(
    newestRows(sourceOf(events, filter), account, order, upperBound(filter, after), most),
  );
}

async function selectDeliveries(database: D1Database, account: string, keys: Position[]): Promise<DeliveryRow[]> {
  if (keys.length === 0) return [];
  const wanted = JSON.stringify(keys.map(({ atMs, id }) => [atMs, id]));
  return drizzle(database)
    .select()
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

function showEvent(row: DeliveryRow | EventRow, ofEvent: DeliveryRow[]): ListedEvent {
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
  return row.id.slice(0, 39 + String(row.sequence).length);
}

function position(row: EventRow): Position {
  return { atMs: row.acceptedAtMs, id: row.id };
}

function keyText(key: Position): string {
  return `${key.atMs} ${key.id}`;
}
