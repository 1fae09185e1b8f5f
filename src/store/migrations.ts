/**
 * The newest migration of each database that this build needs: test/store/migrations holds it
 * against the folder.
 */
export const NEWEST_MIGRATION = { CONFIG: '0010_counters.sql', LOG_DB: '0006_sent_requests.sql' } as const;

/**
 * False: the tables are of an older build, or there are none. Throws where the database does not
 * answer.
 */
export async function isMigrated(database: D1Database, name: keyof typeof NEWEST_MIGRATION): Promise<boolean> {
  const query = 'SELECT 1 FROM d1_migrations WHERE name = ?';
  try {
    return (await database.prepare(query).bind(NEWEST_MIGRATION[name]).first()) !== null;
  } catch (error) {
    if (error instanceof Error && error.message.includes('no such table')) return false;
    throw error;
  }
}
