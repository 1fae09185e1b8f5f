/** docs/filters.md: every example on the page does what it says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filterable, meets } from '../../src/core/filter.ts';
import { parseFilter } from '../../src/core/filter-rules.ts';
import { parseExact } from '../../src/core/json.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/filters.md'), 'utf8');
const ROW = /^\| `(\{.*\})` \| (sent|not sent) \|$/gm;

const examples = [...page.matchAll(/```json filter\n(.*?)```(.*?)(?=```|\n## )/gs)].flatMap(
  ([, filter = '', rest = '']) =>
    [...rest.matchAll(ROW)].map(([, event = '', verdict = '']) => [filter.trim(), event, verdict] as const),
);

test('the page has its examples', () => {
  expect(examples).toHaveLength(9);
});

test.each(examples)('%s on %s: %s', (filter, event, verdict) => {
  const parsed = parseFilter(JSON.parse(filter));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const subject = { type: '', record: null, version: null, data: null, ...(parseExact(event) as object) };
  expect(meets(parsed.value, filterable(subject)) ? 'sent' : 'not sent').toBe(verdict);
});

test('the filter that is shown as refused is, with the message that is shown', () => {
  const [, filter = ''] = /```json refused\n(.*?)```/s.exec(page) ?? [];
  const [, message] = /is refused with `filter(.*)`\./.exec(page) ?? [];
  const parsed = parseFilter(JSON.parse(filter));
  if (parsed.ok) throw new Error('it is not refused');
  expect(parsed.error.map((fault) => `${fault.pointer} ${fault.message}`)).toEqual([message]);
});
