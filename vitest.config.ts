import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { workerd } from './test/support/workerd.ts';

// wrangler reports what it reads from .dev.vars; the bindings of the tests win over all of it.
process.env['WRANGLER_LOG'] ??= 'error';

/** Not a measure of speed: a bound for what hangs, wide enough for a machine that does other work too. */
const testTimeout = 20_000;

/** Files that take longest begin first, or one of them runs alone at the end. */
const LONGEST = ['sim/sim', 'worker/log-lists', 'worker/alerts', 'worker/versions', 'cli/rehearse'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) =>
      (LONGEST.findIndex((name) => moduleId.endsWith(`${name}.test.ts`)) + LONGEST.length + 1) % (LONGEST.length + 1);
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    // One more than the cores, because a test in workerd waits now and then. Vitest's own default is one
    // less: on two cores the files then run one after the other (test/README.md).
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
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
