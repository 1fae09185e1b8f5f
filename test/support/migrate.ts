/** Setup of every test file in test/worker: its databases, which it shares with no other file, start migrated. */
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll } from 'vitest';

await applyD1Migrations(env.CONFIG, env.TEST_MIGRATIONS.config);
await applyD1Migrations(env.LOG_DB, env.TEST_MIGRATIONS.log);

/** The LOG queue hands over a batch after 1 s: what the last test published is still on its way then. */
const QUEUES_EMPTY_AFTER_MS = 1_500;

// Storage goes with the file. A message that came later would find none, and workerd does not end before its retries have.
afterAll(() => scheduler.wait(QUEUES_EMPTY_AFTER_MS));
