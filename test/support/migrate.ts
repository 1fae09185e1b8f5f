/** Setup of every test file in test/worker: its databases, which it shares with no other file, start migrated. */
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';

await applyD1Migrations(env.CONFIG, env.TEST_MIGRATIONS.config);
await applyD1Migrations(env.LOG_DB, env.TEST_MIGRATIONS.log);
