import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { workerd } from './test/support/workerd.ts';

// wrangler reports what it reads from .dev.vars; the bindings of the tests win over all of it.
process.env['WRANGLER_LOG'] ??= 'error';

/** Not a measure of speed: a bound for what hangs, wide enough for a machine that does other work too. */
const testTimeout = 20_000;

export default defineConfig({
  test: {
    // One more than the cores, because a test in workerd waits now and then. Vitest's own default is one
    // less: on two cores the files then run one after the other (test/README.md).
    maxWorkers: availableParallelism() + 1,
    // The service logs a line for each publish and attempt: shown only where a test fails.
    silent: 'passed-only',
    projects: [
      {
        test: {
          name: 'unit',
          testTimeout,
          environment: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/worker/**'],
        },
      },
      {
        plugins: [workerd()],
        test: {
          name: 'worker',
          testTimeout,
          include: ['test/worker/**/*.test.ts'],
          setupFiles: ['test/support/migrate.ts'],
        },
      },
    ],
  },
});
