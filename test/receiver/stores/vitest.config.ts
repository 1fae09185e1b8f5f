import { defineConfig } from 'vitest/config';

/** `npm run test:stores`: stores that need a server of their own. */
export default defineConfig({
  test: {
    include: ['test/receiver/stores/*.server.ts'],
    environment: 'node',
    testTimeout: 30_000,
    hookTimeout: 400_000,
  },
});
