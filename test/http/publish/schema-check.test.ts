/** P6: what data of a strict type is told. */
import { expect, test } from 'vitest';
import { parseSchema } from '../../../src/core/schema-rules.ts';
import { parseExact } from '../../../src/core/json.ts';
import { dataFaults } from '../../../src/http/publish/schema-check.ts';

function faults(schema: object, data: string): string[] {
  const parsed = parseSchema(schema);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return dataFaults(parsed.value, parseExact(data)).map(({ pointer, message }) => `${pointer} ${message}`);
}

const field = (schema: object) => ({ properties: { a: schema } });

test.each<[object, string, string[]]>([
  [{ type: 'object' }, '[]', [' must be an object; got a list']],
  [{ required: ['a', 'b'] }, '{}', ['/a is required', '/b is required']],
  [{ additionalProperties: false }, '{"x":1}', ['/x is not a field that the schema knows']],
  [field({ type: ['integer', 'null'] }), '{"a":1.5}', ['/a must be a whole number or null; got 1.5']],
  [field({ enum: ['x', 2] }), '{"a":"y"}', ['/a must be one of "x", 2; got "y"']],
  [field({ const: 'x' }), '{"a":true}', ['/a must be "x"; got true']],
  [field({ minimum: 1 }), '{"a":0}', ['/a must be at least 1; got 0']],
  [field({ exclusiveMaximum: 1 }), '{"a":1}', ['/a must be below 1; got 1']],
  [field({ multipleOf: 0.1 }), '{"a":0.25}', ['/a must be a multiple of 0.1; got 0.25']],
  [field({ minLength: 2 }), '{"a":"x"}', ['/a must have at least 2 characters; got "x"']],
  [field({ maxItems: 1 }), '{"a":[1,2]}', ['/a must have at most 1 elements; it has 2']],
  [field({ maxProperties: 0 }), '{"a":{"b":1}}', ['/a must have at most 0 fields']],
  [field({ pattern: '^x' }), '{"a":"y"}', ['/a must match the pattern "^x"; got "y"']],
  [field({ format: 'date-time' }), '{"a":"today"}', ['/a must be written as "date-time"; got "today"']],
  [
    field({ anyOf: [{ type: 'string' }, { minimum: 3 }] }),
    '{"a":1}',
    ['/a must fit one of the schemas in "anyOf"; got 1'],
  ],
  [field({ not: { type: 'null' } }), '{"a":null}', ['/a must not fit the schema in "not"; got null']],
  [{ items: { items: { type: 'null' } } }, '[[null],[1]]', ['/1/0 must be null; got 1']],
  [{ $defs: { a: { type: 'string' } }, ...field({ $ref: '#/$defs/a' }) }, '{"a":1}', ['/a must be text; got 1']],
  [{ properties: { 'a/b ü~': { type: 'null' } } }, '{"a/b ü~":1}', ['/a~1b ü~0 must be null; got 1']],
  [field({ type: 'string' }), `{"a":${'9'.repeat(400)}}`, [`/a must be text; got ${'9'.repeat(80)}… (400 characters)`]],
])('of %j, %s is told %j', (schema, data, told) => {
  expect(faults(schema, data)).toEqual(told);
});

test.each<[object, string]>([
  [{}, '1'],
  [field({ type: 'integer' }), '{"a":12345678901234567890}'],
  [field({ type: 'number', minimum: 1.1 }), '{"a":1.10}'],
  [field({ enum: ['x'] }), '{}'],
  [{ examples: [{ $ref: '#/nowhere' }], 'x-team': { $id: 'https://a.example/x' } }, '{"a":1}'],
  [{ properties: { next: { $ref: '#' } }, required: ['n'] }, '{"n":1,"next":{"n":2}}'],
])('%j takes %s', (schema, data) => {
  expect(faults(schema, data)).toEqual([]);
});

test('hostile data is refused in a bounded time, and named in few words', () => {
  const long = `{"a":[${'1,'.repeat(100_000)}1]}`;
  expect(faults(field({ items: { type: 'string' } }), long)).toHaveLength(1);
  expect(faults(field({ contains: { type: 'string' } }), long).length).toBeLessThanOrEqual(20);
  const wide = `{${Array.from({ length: 30_000 }, (_, i) => `"k${i}":1`).join(',')}}`;
  expect(faults({ additionalProperties: false }, wide).length).toBeLessThanOrEqual(20);
  expect(faults({ additionalProperties: { type: 'null' } }, '{"\\ud800":1}')).toEqual(['/\ud800 must be null; got 1']);
});

test('data that a schema looks at again and again is refused after a bounded number of steps', () => {
  const levels = 20;
  const $defs = Object.fromEntries(
    Array.from({ length: levels }, (_, i) => [
      `d${i}`,
      { items: { allOf: Array(4).fill(i + 1 < levels ? { $ref: `#/$defs/d${i + 1}` } : {}) } },
    ]),
  );
  const told = faults({ $ref: '#/$defs/d0', $defs }, '['.repeat(levels) + ']'.repeat(levels));
  expect(told).toEqual([' is too complex for its schema: to check it takes more than 10000 steps']);
  const large = `[${'{"a":1,"b":"x"},'.repeat(15_000)}null]`;
  const one = { type: ['object', 'null'], ...field({ type: 'integer' }) };
  expect(faults({ items: { $ref: '#/$defs/one' }, $defs: { one } }, large)).toEqual([]);
});
