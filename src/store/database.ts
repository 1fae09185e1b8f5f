/**
 * Which database holds an account's log. One today; more can be added here without touching a
 * query. Lists across accounts (`account` null) have one answer only as long as there is one
 * database.
 */
export function logDatabase(_account: string | null, env: { LOG_DB: D1Database }): D1Database {
  return env.LOG_DB;
}
