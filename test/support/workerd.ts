/**
 * The Worker under test in workerd: its wrangler.toml, vars of its own, and an outside world that
 * the tests control.
 */
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { outbound } from './outbound.ts';
import { quiet } from './runtime-log.ts';

/**
 * wrangler.toml gathers log entries for 1 s; here a test waits for each of them. Sizes, retries and
 * dead-letter queues are those of wrangler.toml.
 */
const GATHER_SECONDS = 0.1;
const GATHERING = {
  'tubepost-log': { maxBatchSize: 100, maxRetries: 10, deadLetterQueue: 'tubepost-log-dead' },
  'tubepost-fanout-dead': { maxBatchSize: 10, maxRetries: 10 },
  'tubepost-log-dead': { maxBatchSize: 10, maxRetries: 10 },
};

export function workerd() {
  return cloudflareTest(async () => {
    // Here, because vitest's reporter takes the streams over once it runs.
    quiet(process.stdout);
    quiet(process.stderr);
    return {
      wrangler: { configPath: './wrangler.toml' },
      miniflare: {
        outboundService: outbound,
        queueConsumers: Object.fromEntries(
          Object.entries(GATHERING).map(([queue, consumer]) => [
            queue,
            { ...consumer, maxBatchTimeout: GATHER_SECONDS },
          ]),
        ),
        bindings: {
          ADMIN_KEY: 'tubepost_test_admin_key',
          MASTER_KEY: 'dHViZXBvc3QtdGVzdHMtbWFzdGVyLWtleS0zMi1ieXQ=',
          LOCAL_MODE: 'true',
          ALLOW_PRIVATE_ENDPOINTS: 'true',
          SERVICE_HOSTS: '',
          CORS_ORIGINS: 'https://app.example.com',
          TEST_MIGRATIONS: {
            config: await readD1Migrations('migrations/config'),
            log: await readD1Migrations('migrations/log'),
          },
        },
      },
    };
  });
}
