import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CAUSED, isExpected, quiet } from './runtime-log.ts';

const uncaught = (text: string) => `uncaught exception; source = Uncaught (in promise); stack = Error: ${text}\n`;

test('an exception that no test causes is printed, and one that a test causes is not', () => {
  const printed: unknown[] = [];
  const stream = { write: (message: unknown) => printed.push(message) > 0 };
  quiet(stream);
  stream.write(uncaught('killed by the test'));
  stream.write(uncaught('x is not a function'));
  stream.write('NOSENTRY SQLite alarm handler canceled with requestScheduledAlarm.\n');
  stream.write('a test that says killed by the test\n');
  expect(printed).toEqual([uncaught('x is not a function'), 'a test that says killed by the test\n']);
});

test.each(CAUSED)('"$text" is caused by $test', ({ text, test: file, where }) => {
  expect(isExpected(uncaught(text))).toBe(true);
  expect(readFileSync(`test/worker/${file}.test.ts`, 'utf8')).toContain(where);
});
