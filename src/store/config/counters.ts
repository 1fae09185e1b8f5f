/** Counters of what happens rarely: one row each, which only grows. */
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { type CounterName, counters } from './schema.ts';

export async function count(config: D1Database, name: CounterName, by: number): Promise<void> {
  await drizzle(config)
    .insert(counters)
    .values({ name, value: by })
    .onConflictDoUpdate({ target: counters.name, set: { value: sql`${counters.value} + ${by}` } });
}
