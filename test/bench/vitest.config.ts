import { defineConfig } from 'vitest/config';
import { workerd } from '../support/workerd.ts';

process.env['WRANGLER_LOG'] ??= 'error';

/** Measurements that run inside workerd: `npm run bench:cost`. They assert nothing about time. */
export default defineConfig({
  plugins: [workerd()],
  test: { include: ['test/bench/**/*.measure.ts'], setupFiles: ['test/support/migrate.ts'], testTimeout: 120_000 },
});
