/** How many events of each type one endpoint was sent (E6), counted from the log. */
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { SENT_TYPES_ROWS_MAX, SENT_TYPES_SHOWN_MAX } from '../../core/limits.ts';
import { deliveries } from './schema.ts';

export type SentTypes = {
  /** Most events first, then by name. */
  types: { eventType: string; events: number; lastSentAtMs: number }[];
  /**
   * Since when it counts: later than asked for where the account has more deliveries than one
   * answer reads.
   */
  fromMs: number;
  /**
   * False where `fromMs` is later than asked for, or the endpoint was sent more types than are
   * listed.
   */
  isComplete: boolean;
};

type Row = { eventType: string; events: number; lastSentAtMs: number | null; read: number; earliestMs: number };

/**
 * Events accepted at `fromMs` or later of which at least one request left; an event that was also
 * replayed counts once. There is no index by endpoint (it would be paid with each delivery), so
 * this reads the account's newest deliveries, SENT_TYPES_ROWS_MAX at most.
 */
export async function countSentTypes(
  database: D1Database,
  account: string,
  endpoint: string,
  fromMs: number,
  most: { rows: number; types: number } = { rows: SENT_TYPES_ROWS_MAX, types: SENT_TYPES_SHOWN_MAX },
): Promise<SentTypes> {
  const { acceptedAtMs, eventId, eventType, record, lastAtMs } = deliveries;
  const isSent = sql`${deliveries.endpoint} = ${endpoint} AND ${deliveries.attempts} > 0`;
  // A record key holds no control character, so no two events make the same text.
  const event = sql`coalesce(${record}, '') || char(10) || ${eventId}`;
  const rows = await drizzle(database).all<Row>(sql`
    WITH newest AS (SELECT ${deliveries.endpoint}, ${deliveries.attempts}, ${record}, ${eventId}, ${eventType},
        ${acceptedAtMs}, ${lastAtMs} FROM ${deliveries}
      WHERE ${deliveries.account} = ${account} AND ${acceptedAtMs} >= ${fromMs}
      ORDER BY ${acceptedAtMs} DESC, ${deliveries.id} DESC LIMIT ${most.rows + 1}),
    counted AS (SELECT ${eventType} AS type, count(DISTINCT CASE WHEN ${isSent} THEN ${event} END) AS sent,
        max(CASE WHEN ${isSent} THEN ${lastAtMs} END) AS last_sent, count(*) AS read, min(${acceptedAtMs}) AS earliest
      FROM newest AS ${deliveries} GROUP BY ${eventType})
    SELECT type AS "eventType", sent AS "events", last_sent AS "lastSentAtMs", sum(read) OVER () AS "read",
      min(earliest) OVER () AS "earliestMs"
    FROM counted ORDER BY sent DESC, type LIMIT ${most.types + 1}`);
  const sent = rows.filter(({ events }) => events > 0);
  const isCut = (rows[0]?.read ?? 0) > most.rows;
  return {
    types: sent.slice(0, most.types).map(({ eventType: type, events, lastSentAtMs }) => ({
      eventType: type,
      events,
      lastSentAtMs: lastSentAtMs ?? 0,
    })),
    fromMs: isCut ? (rows[0]?.earliestMs ?? fromMs) : fromMs,
    isComplete: !isCut && sent.length <= most.types,
  };
}
