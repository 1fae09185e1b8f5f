import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { outbound } from '../support/outbound.ts';

process.env['WRANGLER_LOG'] ??= 'error';

/** Measurements that run inside workerd: `npm run bench:cost`. They assert nothing about time. */
export default defineConfig({
  plugins: [
    cloudflareTest(async () => ({
      wrangler: { configPath: './wrangler.toml' },
      miniflare: {
        outboundService: outbound,
        bindings: {
          ADMIN_KEY: 'tubepost_test_admin_key',
          MASTER_KEY: 'dHViZXBvc3QtdGVzdHMtbWFzdGVyLWtleS0zMi1ieXQ=',
          LOCAL_MODE: 'true',
          ALLOW_PRIVATE_ENDPOINTS: 'true',
          SERVICE_HOSTS: '',
          TEST_MIGRATIONS: {
            config: await readD1Migrations('migrations/config'),
            log: await readD1Migrations('migrations/log'),
          },
        },
      },
    })),
  ],
  test: { include: ['test/bench/**/*.measure.ts'], setupFiles: ['test/support/migrate.ts'], testTimeout: 120_000 },
});
