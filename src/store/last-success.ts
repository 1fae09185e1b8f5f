/** When an endpoint last took a delivery, from the log. */
import { and, desc, eq, gt } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { deliveries } from './log-schema.ts';

/**
 * When the newest delivered event of an endpoint ended, of those accepted after `sinceMs`; null where there is none. For a healthy
 * endpoint the first row answers; a failing one costs a read of what its account accepted since then, and is asked for once in days.
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
        gt(deliveries.acceptedAtMs, sinceMs),
        eq(deliveries.endpoint, endpoint),
        eq(deliveries.status, 'delivered'),
      ),
    )
    .orderBy(desc(deliveries.acceptedAtMs), desc(deliveries.id))
    .limit(1);
  return row?.endedAtMs ?? null;
}
