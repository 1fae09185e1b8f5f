import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { outbound } from './test/support/outbound.ts';

// wrangler reports what it reads from .dev.vars; the bindings below win over all of it.
process.env['WRANGLER_LOG'] ??= 'error';

export default defineConfig({
  test: {
    // The service logs a line for each publish and attempt: shown only where a test fails.
    silent: 'passed-only',
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/worker/**'],
        },
      },
      {
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
        test: {
          name: 'worker',
          include: ['test/worker/**/*.test.ts'],
          setupFiles: ['test/support/migrate.ts'],
        },
      },
    ],
  },
});
