/** P7: which change breaks whom. */
import { Validator } from '@cfworker/json-schema';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { changeLines, schemaChanges } from '../../src/core/schema-changes.ts';
import type { JsonSchema } from '../../src/core/schema.ts';

const text = { type: 'string' };
const of = (properties: object, rest: object = {}): JsonSchema => ({ type: 'object', properties, ...rest });
const deep = (schema: object) => of({ customer: of({ items: { type: 'array', items: of({ sku: schema }) } }) });
const defs = (schema: object): JsonSchema => ({ ...of({ a: { $ref: '#/$defs/a' } }), $defs: { a: schema } });

describe('breaks', () => {
  test.each<[string, JsonSchema, JsonSchema, string]>([
    ['a field removed', of({ a: text, b: text }), of({ a: text }), '/b: the field was removed'],
    ['a field renamed', of({ a: text }), of({ b: text }), '/a: the field was removed'],
    [
      'a type changed',
      of({ a: text }),
      of({ a: { type: 'integer' } }),
      '/a: the type was changed: was text, is now a whole number',
    ],
    [
      'a type widened',
      of({ a: text }),
      of({ a: { type: ['string', 'null'] } }),
      '/a: the type was changed: was text, is now text or null',
    ],
    ['a type narrowed', of({ a: {} }), of({ a: text }), '/a: the type was changed: was anything, is now text'],
    [
      'a whole number that may be any',
      of({ a: { type: 'integer' } }),
      of({ a: { type: 'number' } }),
      '/a: the type was changed: was a whole number, is now a number',
    ],
    [
      'a required field added',
      of({}),
      of({ a: text }, { required: ['a'] }),
      '/a: the field was added (text) and must be there',
    ],
    [
      'a field that must be there now',
      of({ a: text }),
      of({ a: text }, { required: ['a'] }),
      '/a: must be there now; it could be missing',
    ],
    [
      'a field that may be missing now',
      of({ a: text }, { required: ['a'] }),
      of({ a: text }),
      '/a: may be missing now; it was always there',
    ],
    ['values taken away', of({ a: { enum: ['x', 'y'] } }), of({ a: { enum: ['y'] } }), '/a: "x" is no longer allowed'],
    ['values limited', of({ a: text }), of({ a: { ...text, enum: ['x'] } }), '/a: only "x" is allowed now'],
    ['a const changed', of({ a: { const: 1 } }), of({ a: { const: 2 } }), '/a: 1 is no longer allowed'],
    [
      'a limit made narrower',
      of({ a: { maxLength: 9 } }),
      of({ a: { maxLength: 8 } }),
      '/a: maxLength was 9, is now 8',
    ],
    [
      'a limit set',
      of({ a: { type: 'number' } }),
      of({ a: { type: 'number', minimum: 1 } }),
      '/a: minimum was not set, is now 1',
    ],
    ['a pattern changed', of({ a: { pattern: 'a' } }), of({ a: { pattern: 'b' } }), '/a: pattern was "a", is now "b"'],
    [
      'further fields forbidden',
      of({}),
      of({}, { additionalProperties: false }),
      'data: further fields are no longer allowed',
    ],
    [
      'a change deep inside, in a list',
      deep(text),
      deep({ type: 'integer' }),
      '/customer/items/*/sku: the type was changed: was text, is now a whole number',
    ],
    [
      'a definition changed',
      defs(text),
      defs({ type: 'integer' }),
      '/a: the type was changed: was text, is now a whole number',
    ],
    [
      'what the values of a map are',
      { additionalProperties: text },
      { additionalProperties: { type: 'null' } },
      '/*: the type was changed: was text, is now null',
    ],
    [
      'values of another type added',
      of({ a: { enum: ['x'] } }),
      of({ a: { enum: ['x', 1] } }),
      '/a: the type was changed: was text, is now a number or text',
    ],
    [
      'anything narrowed to null',
      of({ a: {} }),
      of({ a: { type: 'null' } }),
      '/a: the type was changed: was anything, is now null',
    ],
    [
      'a keyword that cannot be compared',
      { oneOf: [text] },
      { oneOf: [text, {}] },
      'data: oneOf was changed; whether that breaks anyone is not known, so it counts as if',
    ],
    [
      'a definition that such a keyword names',
      { ...defs(text), allOf: [{ $ref: '#/$defs/a' }] },
      { ...defs({ ...text, title: 't' }), allOf: [{ $ref: '#/$defs/a' }] },
      'data: allOf was changed; whether that breaks anyone is not known, so it counts as if',
    ],
    ['a field that is forbidden', of({ a: text }), of({ a: false }), '/a: nothing is allowed here any more'],
    [
      'a field of a map named as something else',
      { additionalProperties: text },
      { properties: { a: { type: 'null' } }, additionalProperties: text },
      '/a: the type was changed: was text, is now null',
    ],
    [
      'a second use of a definition, changed where the first was not',
      { ...of({ a: { $ref: '#/$defs/t' }, b: { $ref: '#/$defs/t' } }), $defs: { t: text } },
      of({ a: { ...text }, b: { type: 'integer' } }),
      '/b: the type was changed: was text, is now a whole number',
    ],
    [
      'a second field that takes the type of the first by a definition',
      of({ a: { ...text }, b: { type: 'integer' } }),
      { ...of({ a: { $ref: '#/$defs/t' }, b: { $ref: '#/$defs/t' } }), $defs: { t: text } },
      '/b: the type was changed: was a whole number, is now text',
    ],
    [
      'a schema that contains itself, freed',
      { $ref: '#/$defs/n', $defs: { n: { additionalProperties: { $ref: '#/$defs/n' }, type: 'object' } } },
      {},
      'data: the type was changed: was an object, is now anything',
    ],
    [
      'a limit taken away that stood below the one unless set',
      { contains: text, minContains: 0 },
      { contains: text },
      'data: minContains was 0, is now not set',
    ],
    [
      'a field forbidden that no schema spoke of',
      { type: 'object' },
      of({ old: false }),
      '/old: nothing is allowed here any more',
    ],
    [
      'a field named as something else than its pattern says',
      { patternProperties: { '^x': text } },
      { patternProperties: { '^x': text }, properties: { x1: { type: 'number' } } },
      '/x1: the type was changed: was text, is now a number',
    ],
    [
      'a type given to a field that had to be there',
      { required: ['a'] },
      { required: ['a'], properties: { a: text } },
      '/a: the type was changed: was anything, is now text',
    ],
    [
      'a type given to a field that only a keyword that cannot be compared spoke of',
      { anyOf: [{ required: ['a'] }, {}] },
      { anyOf: [{ required: ['a'] }, {}], properties: { a: text } },
      '/a: the type was changed: was anything, is now text',
    ],
    [
      'what further fields are, freed',
      { additionalProperties: text },
      { additionalProperties: true },
      '/*: the type was changed: was text, is now anything',
    ],
    ['a name with a slash', of({ 'a/b': text }), of({}), '/a~1b: the field was removed'],
  ])('%s', (_what, before, after, line) => {
    const breaking = schemaChanges(before, after).filter(({ breaks }) => breaks);
    expect(changeLines(breaking)).toContain(`! ${line}`);
  });
});

describe('breaks nobody', () => {
  test.each<[string, JsonSchema, JsonSchema, string[]]>([
    ['nothing changed', deep(text), deep({ ...text }), []],
    [
      'a field added',
      of({}),
      of({ a: { type: ['integer', 'null'] } }),
      ['  /a: the field was added (a whole number or null)'],
    ],
    ['values added', of({ a: { enum: ['x'] } }), of({ a: { enum: ['y', 'x'] } }), ['  /a: "y" is also allowed']],
    ['values freed', of({ a: { ...text, enum: ['x'] } }), of({ a: text }), ['  /a: any value is allowed now']],
    ['a limit made wider', of({ a: { minimum: 2 } }), of({ a: { minimum: 1 } }), ['  /a: minimum was 2, is now 1']],
    ['a limit taken away', of({ a: { pattern: 'x' } }), of({ a: {} }), ['  /a: pattern was "x", is now not set']],
    [
      'further fields allowed',
      of({}, { additionalProperties: false }),
      of({}),
      ['  data: further fields are allowed now'],
    ],
    [
      'a limit that says what holds unless it is set',
      of({ a: { type: 'array', contains: {} } }),
      of({ a: { type: 'array', contains: {}, minItems: 0, minContains: 1 } }, { minProperties: 0 }),
      [
        '  /a: minItems was not set, is now 0',
        '  /a: minContains was not set, is now 1',
        '  data: minProperties was not set, is now 0',
      ],
    ],
    [
      'a field forbidden that was so without its name',
      of({}, { additionalProperties: false }),
      of({ a: false }, { additionalProperties: false }),
      ['  /a: the field was added (anything)'],
    ],
    [
      'a field named as its pattern says',
      { patternProperties: { '^x': text } },
      { patternProperties: { '^x': text }, properties: { x1: { ...text } } },
      ['  /x1: the field was added (text)'],
    ],
    ['notes', of({ a: { ...text, description: 'x' } }), of({ a: text }), ['  /a: its description was changed']],
    ['definitions moved', defs(text), of({ a: text }), []],
    ['the order of names', { type: ['null', 'string'] }, { type: ['string', 'null'] }, []],
    ['a schema that contains itself', of({ next: { $ref: '#' } }), of({ next: { $ref: '#' } }), []],
    [
      'a schema that contains itself and allows everything',
      { additionalProperties: { $ref: '#' }, items: { $ref: '#' } },
      {},
      [],
    ],
  ])('%s', (_what, before, after, lines) => {
    expect(changeLines(schemaChanges(before, after))).toEqual(lines);
  });
});

test('circles of different lengths are compared so far and no farther', () => {
  const circle = (length: number): JsonSchema => {
    const next = (i: number) => ({ items: { $ref: `#/$defs/d${(i + 1) % length}` } });
    return {
      $ref: '#/$defs/d0',
      $defs: Object.fromEntries(Array.from({ length }, (_, i) => [`d${i}`, next(i)])),
    };
  };
  expect(schemaChanges(circle(7), circle(5))).toEqual([]);
  const [change, ...more] = schemaChanges(circle(100), circle(99));
  expect([change?.breaks, change?.message, more]).toEqual([true, 'is nested too deep to be compared', []]);
});

/** Small, so that data often fits. */
const schemas = fc.letrec<{ schema: JsonSchema; object: JsonSchema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom<JsonSchema>({}, { type: 'string' }, { type: 'integer' }, { type: ['integer', 'null'] }),
    fc.record({ type: fc.constant('integer'), minimum: fc.integer({ min: 0, max: 2 }) }, { requiredKeys: ['type'] }),
    fc.record({ enum: fc.uniqueArray(fc.constantFrom('a', 1, null), { minLength: 1 }) }),
    fc.record({ type: fc.constant('array'), items: tie('schema') }, { requiredKeys: ['type'] }),
    tie('object'),
  ),
  object: fc.record(
    {
      type: fc.constant('object'),
      properties: fc.dictionary(fc.constantFrom('a', 'b'), tie('schema')),
      required: fc.uniqueArray(fc.constantFrom('a', 'b')),
      additionalProperties: fc.oneof(fc.boolean(), tie('schema')),
    },
    { requiredKeys: ['type'] },
  ),
})).object;

const data = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom('a', 'x', 0, 1, 3, null),
    fc.array(tie('value'), { maxLength: 2 }),
    tie('object'),
  ),
  object: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value')),
})).object;

/** The same, but with no field that the schema does not name. */
function named(schema: unknown): JsonSchema {
  if (typeof schema !== 'object' || schema === null) return schema === false ? { not: {} } : {};
  const { properties, items, additionalProperties, ...rest } = schema as JsonSchema;
  const isMap = typeof additionalProperties === 'object' && additionalProperties !== null;
  return {
    ...rest,
    ...(items === undefined ? {} : { items: named(items) }),
    properties: Object.fromEntries(Object.entries(properties ?? {}).map(([name, one]) => [name, named(one)])),
    additionalProperties: isMap ? named(additionalProperties) : false,
  };
}

/**
 * What a reader counts on: which fields are there and of which type; not which values, nor that
 * nothing else is there.
 */
function readable(schema: unknown): JsonSchema {
  if (typeof schema !== 'object' || schema === null) return schema === false ? { not: {} } : {};
  const { properties, items, additionalProperties, enum: values, required, ...rest } = schema as JsonSchema;
  const types = Array.isArray(values) ? values.map((one) => (one === null ? 'null' : typeof one)) : undefined;
  const type = rest['type'] ?? types;
  return {
    ...(type === undefined ? {} : { type }),
    ...(required === undefined ? {} : { required }),
    ...(items === undefined ? {} : { items: readable(items) }),
    ...(typeof additionalProperties === 'object' ? { additionalProperties: readable(additionalProperties) } : {}),
    properties: Object.fromEntries(Object.entries(properties ?? {}).map(([name, one]) => [name, readable(one)])),
  };
}

const isValid = (schema: JsonSchema, value: unknown) =>
  new Validator(structuredClone(schema), '2020-12').validate(value).valid;

type Edit = (schema: JsonSchema) => JsonSchema;

/** Changes every field that is named. */
function eachField(edit: Edit): Edit {
  return (schema) => {
    const fields = Object.entries((schema['properties'] ?? {}) as { [name: string]: JsonSchema });
    return { ...schema, properties: Object.fromEntries(fields.map(([name, one]) => [name, edit(one)])) };
  };
}
/** Some break and some do not; which do is for the code under test to say. */
const edits: Edit[] = [
  (schema) => ({ ...schema, properties: { ...Object(schema['properties']), c: { type: 'null' } } }),
  (schema) => ({ ...schema, additionalProperties: true }),
  (schema) => ({ ...schema, additionalProperties: false }),
  (schema) => ({ ...schema, required: ['a'] }),
  (schema) => ({ ...schema, required: [] }),
  (schema) => ({ ...schema, properties: { b: {} } }),
  eachField((one) => (Array.isArray(one['enum']) ? { enum: [...one['enum'], 3] } : one)),
  eachField((one) => (Array.isArray(one['enum']) ? { enum: one['enum'].slice(1) } : one)),
  eachField(({ minimum: _, ...one }) => one),
  eachField((one) => ({ ...one, minimum: 1 })),
  eachField((one) => ({ ...one, type: ['integer', 'string'] })),
  eachField((one) => ({ ...one, items: { enum: ['a'] } })),
  eachField(eachField((one) => ({ ...one, const: 1 }))),
];

test(
  'data that was published under a schema may be published under every one that took its place',
  { timeout: 60_000 },
  () => {
    let replaced = 0;
    const chosen = fc.uniqueArray(fc.constantFrom(...edits), { minLength: 1, maxLength: 2 });
    fc.assert(
      fc.property(schemas, chosen, fc.array(data, { minLength: 20 }), (before, changes, values) => {
        const after = changes.reduce((schema, edit) => edit(schema), before);
        if (schemaChanges(before, after).some(({ breaks }) => breaks)) return;
        const published = values.filter((value) => isValid(named(before), value));
        replaced += published.length;
        for (const value of published) expect(isValid(after, value)).toBe(true);
      }),
      { numRuns: 600 },
    );
    expect(replaced).toBeGreaterThan(20);
  },
);

test(
  'what a reader counted on is in everything that is published under the schema that took its place',
  { timeout: 60_000 },
  () => {
    let read = 0;
    const chosen = fc.uniqueArray(fc.constantFrom(...edits), { minLength: 1, maxLength: 2 });
    fc.assert(
      fc.property(schemas, chosen, fc.array(data, { minLength: 20 }), (before, changes, values) => {
        const after = changes.reduce((schema, edit) => edit(schema), before);
        if (schemaChanges(before, after).some(({ breaks }) => breaks)) return;
        const published = values.filter((value) => isValid(after, value));
        read += published.length;
        for (const value of published) expect(isValid(readable(before), value)).toBe(true);
      }),
      { numRuns: 600 },
    );
    expect(read).toBeGreaterThan(20);
  },
);
