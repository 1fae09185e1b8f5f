/**
 * Setup of every test file in test/worker: its databases, which it shares with no other file, start
 * migrated.
 */
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll } from 'vitest';

await applyD1Migrations(env.CONFIG, env.TEST_MIGRATIONS.config);
await applyD1Migrations(env.LOG_DB, env.TEST_MIGRATIONS.log);

const LOOK_EVERY_MS = 100;
/**
 * Looks in a row without a message: more than the queues gather for (workerd.ts), and a batch is
 * handled meanwhile.
 */
const QUIET_LOOKS = 10;
const LOOKS_MAX = 50;

// Storage ends with the file. A message that came later would find none, and workerd waits for all
// of its retries.
afterAll(async () => {
  let quiet = 0;
  for (let looks = 0; looks < LOOKS_MAX && quiet < QUIET_LOOKS; looks += 1) {
    await scheduler.wait(LOOK_EVERY_MS);
    const backlogs = await Promise.all([env.LOG, env.FANOUT, env.SLOW].map((queue) => queue.metrics()));
    quiet = backlogs.every(({ backlogCount }) => backlogCount === 0) ? quiet + 1 : 0;
  }
});
