/**
 * Events that an endpoint has no delivery of (R2), as far as the log knows: each stands there as
 * the deliveries of other endpoints, or, where no endpoint wanted it, as a row of `events`. Both
 * are a range of the account's key; whether this endpoint has a delivery is one seek, because the
 * deliveries of an event are neighbours. Its types are matched here; its filter needs the body,
 * which the Shard has.
 */
import { type SQL, sql } from 'drizzle-orm';
import { RECORD_PREFIX_CHARS } from '../../core/ids.ts';
import type { BulkRange } from '../../core/job.ts';
import { isOfTypes, isOneOf } from '../filter.ts';
import { deliveries, events } from './schema.ts';

/**
 * What the ids of an event's deliveries start with: their record's prefix, `_`, the sequence and
 * another `_`.
 */
const KEY = sql`substr(deliveries.id, 1, ${sql.raw(String(RECORD_PREFIX_CHARS + 2))} + length(deliveries.sequence))`;

type Asked = Pick<BulkRange, 'endpoint' | 'subscribed' | 'eventTypes' | 'records' | 'toMs'>;
/** From this key on: time, sequence, and the id that the endpoint's delivery would have. */
export type From = { acceptedAtMs: number; sequence: number; id: string };

/** Two SELECTs of `acceptedAtMs`, `sequence`, `id`, `record` and `type`; no event is in both. */
export function missingFrom(account: string, asked: Asked, from: From): [SQL, SQL] {
  const own = asked.endpoint.slice('ep_'.length);
  const ofDelivery = sql`SELECT accepted_at_ms AS "acceptedAtMs", sequence, ${KEY} || ${own} AS id, event_type AS type, substr(id, 1, ${sql.raw(String(RECORD_PREFIX_CHARS))}) AS record
    FROM deliveries WHERE ${within(deliveries, account, asked, from, sql`${KEY} || ${own}`)}
    AND NOT EXISTS (SELECT 1 FROM deliveries AS before WHERE before.account = deliveries.account
      AND before.accepted_at_ms = deliveries.accepted_at_ms AND before.id >= ${KEY} AND before.id < deliveries.id)
    AND NOT EXISTS (SELECT 1 FROM deliveries AS mine WHERE mine.account = deliveries.account
      AND mine.accepted_at_ms = deliveries.accepted_at_ms AND mine.id >= ${KEY} || ${own} AND mine.id < ${KEY} || ${own} || '~')`;
  const ofEvent = sql`SELECT accepted_at_ms AS "acceptedAtMs", sequence, id || ${own} AS id, event_type AS type, substr(id, 1, ${sql.raw(String(RECORD_PREFIX_CHARS))}) AS record
    FROM events WHERE ${within(events, account, asked, from, sql`id || ${own}`)}
    AND NOT EXISTS (SELECT 1 FROM deliveries AS any_of WHERE any_of.account = events.account
      AND any_of.accepted_at_ms = events.accepted_at_ms AND any_of.id >= events.id AND any_of.id < events.id || '~')`;
  return [ofDelivery, ofEvent];
}

function within(table: typeof deliveries | typeof events, account: string, asked: Asked, from: From, id: SQL): SQL {
  const { subscribed = [], eventTypes, records, toMs } = asked;
  const conditions = [
    sql`${table.account} = ${account} AND ${table.acceptedAtMs} >= ${from.acceptedAtMs} AND ${table.acceptedAtMs} < ${toMs}`,
    sql`(${table.acceptedAtMs}, ${table.sequence}, ${id}) > (${from.acceptedAtMs}, ${from.sequence}, ${from.id})`,
    isOfTypes(table.eventType, eventTypes),
    isOneOf(table.record, records),
    isOfTypes(table.eventType, subscribed),
  ].filter((one) => one !== undefined);
  return sql.join(conditions, sql` AND `);
}
