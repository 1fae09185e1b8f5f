import { defineConfig } from 'vitest/config';
import { workerd } from '../support/workerd.ts';

process.env['WRANGLER_LOG'] ??= 'error';

/** Measurements that run inside workerd: `npm run bench:cost`. They assert nothing about time. */
export default defineConfig({
  plugins: [workerd()],
  test: {
    include: ['test/bench/**/*.measure.ts'],
    setupFiles: ['test/support/migrate.ts'],
    testTimeout: 300_000,
    // The tables, and not the line that the service logs for each publish and attempt.
    onConsoleLog: (log) => !log.startsWith('{"message"'),
  },
});
