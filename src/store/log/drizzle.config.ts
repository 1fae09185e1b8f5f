import { defineConfig } from 'drizzle-kit';

/**
 * Generates SQL only; wrangler applies it. After each run add WITHOUT ROWID to new tables by hand.
 */
export default defineConfig({
  dialect: 'sqlite',
  schema: './src/store/log/schema.ts',
  out: './migrations/log',
});
