import { expect, test } from 'vitest';
import { parseSchema } from '../../src/core/schema-rules.ts';

const nested = (levels: number): object => (levels === 0 ? {} : { items: nested(levels - 1) });
const back = { $ref: '#/$defs/node' };
const recursive = (node: object) => ({ ...back, $defs: { node } });
const call = (op: string) => ({ required: ['arg'], properties: { arg: back, op: { const: op } } });
const fan = { a: { allOf: Array(40).fill({ $ref: '#/$defs/b' }) }, b: { allOf: Array(40).fill({}) } };

test.each([
  [{}],
  [{ type: ['string', 'null'], enum: ['a', null] }],
  [{ $schema: 'https://json-schema.org/draft/2020-12/schema', $id: 'https://a.example/x', title: 't', 'x-note': {} }],
  [{ properties: { toString: { type: 'string' }, __proto__: true }, additionalProperties: false }],
  [{ $defs: { node: { properties: { next: { $ref: '#/$defs/node' } } } }, $ref: '#/$defs/node' }],
  [{ items: { $ref: '#' }, examples: [{ $ref: 'nowhere' }] }],
  [{ patternProperties: { '^x-': { minLength: 1 } }, if: { required: ['a'] }, then: { required: ['b'] } }],
  [recursive({ properties: { left: back, right: back } })],
  [recursive({ oneOf: [{ type: 'string' }, { type: 'array', items: back }, { additionalProperties: back }] })],
  [recursive({ anyOf: [{ properties: { not: back } }, { properties: { and: { items: back } } }] })],
])('%j may be saved', (schema) => {
  expect(parseSchema(schema)).toEqual({ ok: true, value: schema });
});

test.each<[unknown, string, RegExp]>([
  [null, '', /must be a JSON Schema/],
  [[], '', /must be a JSON Schema/],
  [{ requird: ['a'] }, '/requird', /is not a keyword/],
  [{ nullable: true }, '/nullable', /is not a keyword/],
  [{ type: 'strin' }, '/type', /got "strin"/],
  [{ type: [] }, '/type', /must be one or several/],
  [{ properties: { a: { minimum: '1' } } }, '/properties/a/minimum', /must be a number/],
  [{ properties: { a: 'string' } }, '/properties/a', /must be a schema/],
  [{ items: [{}] }, '/items', /must be a schema/],
  [{ required: ['a', 'a'] }, '/required', /different texts/],
  [{ anyOf: [] }, '/anyOf', /at least one schema/],
  [{ enum: [] }, '/enum', /at least one value/],
  [{ pattern: '(' }, '/pattern', /regular expression/],
  [{ patternProperties: { '(': {} } }, '/patternProperties/(', /regular expression/],
  [{ format: '__proto__' }, '/format', /must be the name of a format; got "__proto__"/],
  [{ items: { format: 'hasOwnProperty' } }, '/items/format', /must be the name of a format/],
  [{ minLength: -1 }, '/minLength', /from 0 up/],
  [{ uniqueItems: true }, '/uniqueItems', /is not available/],
  [{ $schema: 'http://json-schema.org/draft-04/schema#' }, '/$schema', /must name draft-07/],
  [{ $ref: 'https://a.example/schema' }, '/$ref', /must be "#" or name one/],
  [{ $ref: '#/$defs/none' }, '/$ref', /must be "#" or name one/],
  [{ $defs: { a: {} }, properties: { b: { $ref: '#/$defs/a', minLength: 1 } } }, '/properties/b/$ref', /"allOf"/],
  [{ $defs: { 'a/b': { type: 1 } } }, '/$defs/a~1b/type', /got 1/],
  [{ $ref: '#' }, '', /lead back to itself/],
  [
    { properties: { a: { $ref: '#/$defs/x' } }, $defs: { x: { not: { $ref: '#/$defs/x' } } } },
    '/properties/a',
    /lead back/,
  ],
  [{ properties: { a: { $ref: '#/$defs/a' } }, $defs: fan }, '/properties/a', /at most 1000 steps; it takes/],
  [recursive({ oneOf: [call('and'), call('or'), { type: 'string' }] }), '/$defs/node', /"arg" leads back in several/],
  [recursive({ items: back, contains: back }), '/$defs/node', /one way for each field; "\*" leads/],
  [recursive({ properties: { x: back }, patternProperties: { '^x': back } }), '/$defs/node', /"x" leads back/],
  [
    {
      anyOf: [
        { additionalProperties: { $ref: '#' } },
        { properties: { a: { items: { $ref: '#' } } } },
        { $ref: '#/$defs/m' },
      ],
      $defs: { m: { additionalProperties: { $ref: '#' } } },
    },
    '',
    /"a" leads back in several/,
  ],
  [nested(34), `${'/items'.repeat(33)}`, /at most 32 levels/],
  [{ description: 'x'.repeat(33_000) }, '', /at most 32768 bytes of JSON; it has/],
])('%j is refused at %s', (schema, pointer, message) => {
  const parsed = parseSchema(schema);
  if (parsed.ok) throw new Error('it may be saved');
  expect(parsed.error[0]).toEqual({ pointer, message: expect.stringMatching(message) });
});

test('names no more faults than people read', () => {
  const parsed = parseSchema({
    properties: Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`p${i}`, { type: 1 }])),
  });
  expect(parsed.ok ? 0 : parsed.error.length).toBe(20);
});
