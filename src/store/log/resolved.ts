/**
 * Whether a replay of a delivery has arrived (R1), asked when the delivery is listed: what is
 * written of a replay stands in its own row, a neighbour by key, so that the end of a replay writes
 * nothing more. Only of rows that were replayed.
 */
import { sql } from 'drizzle-orm';
import { OPEN_STATUSES } from './schema.ts';

/** Ids of replays are their delivery's id and `_r` with a number. */
const BASE = `substr(deliveries.id, 1, instr(deliveries.id || '_r', '_r') - 1)`;
const numberOf = (id: string) => `CAST(substr(${id}, instr(${id} || '_r', '_r') + 2) AS INTEGER)`;

/**
 * 2: one after it was delivered; 1: one has not ended; 0: all ended otherwise; null: it was not
 * replayed, or the log lacks that yet.
 */
export const RESOLVED = sql.raw(`CASE WHEN deliveries.replayed_by IS NULL THEN NULL ELSE (
  SELECT max(CASE WHEN later.status = 'delivered' THEN 2 WHEN later.${OPEN_STATUSES} THEN 1 ELSE 0 END) FROM deliveries AS later
  WHERE later.account = deliveries.account AND later.accepted_at_ms = deliveries.accepted_at_ms
    AND later.id > ${BASE} || '_r' AND later.id < ${BASE} || '_s' AND ${numberOf('later.id')} > ${numberOf('deliveries.id')}) END`);

export function isResolved(resolved: number | null | undefined): boolean | null {
  return resolved === 2 ? true : resolved === 0 ? false : null;
}
