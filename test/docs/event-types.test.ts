/** docs/event-types.md: its examples do what the page says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { changeLines, schemaChanges } from '../../src/core/schema-changes.ts';
import { parseSchema } from '../../src/core/schema-rules.ts';
import { dataFaults } from '../../src/http/publish/schema-check.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/event-types.md'), 'utf8');

function block(name: string): string {
  const [, text] = new RegExp(`\`\`\`${name}\\n(.*?)\n\`\`\``, 's').exec(page) ?? [];
  if (text === undefined) throw new Error(`the page has no ${name}`);
  return text;
}
function schema(text: string) {
  const parsed = parseSchema(JSON.parse(text));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

test('the diff is the one that is shown', () => {
  const changes = schemaChanges(schema(block('json before')), schema(block('json after')));
  expect(changeLines(changes).join('\n')).toBe(block('text diff'));
});

test('the data that is shown as refused is, with the message that is shown', () => {
  const [, message] = /is refused with `data(.*) \(schema 1 of subscription\.updated\)`/.exec(page) ?? [];
  const faults = dataFaults(schema(block('json before')), JSON.parse(block('json refused')));
  expect(faults.map((fault) => `${fault.pointer} ${fault.message}`)).toEqual([message]);
});
