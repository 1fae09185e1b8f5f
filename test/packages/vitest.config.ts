import { defineConfig } from 'vitest/config';

/** `npm run test:packages`: the installed packages on other runtimes, which npm brings. */
export default defineConfig({
  test: {
    include: ['test/packages/*.runtime.ts'],
    environment: 'node',
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
