/** When an endpoint last took a delivery, from the log. */
import { and, desc, eq, gt } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { SUCCESS_ACCEPTED_WITHIN_MS } from '../../core/limits.ts';
import { deliveries } from './schema.ts';

/**
 * When an endpoint took a delivery after `sinceMs`, the newest accepted one; null where it took
 * none. For a healthy endpoint the first row answers; a failing one costs a read of what its
 * account accepted since then, and is asked for once an hour after days of failure.
 */
export async function lastSuccessMs(
  database: D1Database,
  account: string,
  endpoint: string,
  sinceMs: number,
): Promise<number | null> {
  const [row] = await drizzle(database)
    .select({ endedAtMs: deliveries.endedAtMs })
    .from(deliveries)
    .where(
      and(
        eq(deliveries.account, account),
        gt(deliveries.acceptedAtMs, sinceMs - SUCCESS_ACCEPTED_WITHIN_MS),
        gt(deliveries.endedAtMs, sinceMs),
        eq(deliveries.endpoint, endpoint),
        eq(deliveries.status, 'delivered'),
      ),
    )
    .orderBy(desc(deliveries.acceptedAtMs), desc(deliveries.id))
    .limit(1);
  return row?.endedAtMs ?? null;
}
