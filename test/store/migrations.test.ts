import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NEWEST_MIGRATION } from '../../src/store/migrations.ts';

test('what `/health` asks for is the newest migration of each folder', () => {
  const newest = (folder: string) =>
    readdirSync(join(import.meta.dirname, '../../migrations', folder))
      .filter((name) => name.endsWith('.sql'))
      .sort()
      .at(-1);
  expect(NEWEST_MIGRATION).toEqual({ CONFIG: newest('config'), LOG_DB: newest('log') });
});
