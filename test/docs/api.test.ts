/**
 * docs/api.md: the program that it shows is the one that tsc checks and that
 * test/worker/docs-api.test.ts runs.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const read = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8');

it('shows the program that is run', () => {
  const shown = /```ts run\n(.*?)```/s.exec(read('../../docs/api.md'))?.[1] ?? '';
  expect(bodyOf(shown)).not.toBe('');
  expect(bodyOf(read('api-example.ts'))).toBe(bodyOf(shown));
});

/** From its first statement on, whatever its lines are broken at. */
function bodyOf(program: string): string {
  return program.slice(program.indexOf('const tubepost =')).replaceAll(/\s+/g, '');
}
