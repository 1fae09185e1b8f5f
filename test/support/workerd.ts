/** The Worker under test in workerd: its wrangler.toml, vars of its own, and an outside world that the tests control. */
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { outbound } from './outbound.ts';

export function workerd() {
  return cloudflareTest(async () => ({
    wrangler: { configPath: './wrangler.toml' },
    miniflare: {
      outboundService: outbound,
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
  }));
}
