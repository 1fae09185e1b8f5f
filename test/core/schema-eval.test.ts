/** P6: which data fits a schema. Judged by another validator, for all schemas that may be saved. */
import { type Schema, Validator } from '@cfworker/json-schema';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseExact } from '../../src/core/json.ts';
import { parseSchema } from '../../src/core/schema-rules.ts';
import { violations } from '../../src/core/schema-eval.ts';

function schemaOf(input: object) {
  const parsed = parseSchema(input);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

const name = fc.constantFrom('a', 'b', 'ab', '__proto__');
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(null, true, false, 0, 1, 2.5, -1, 10, '', 'a', 'ab', '\u{1f600}b'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(name, tie('value'), { maxKeys: 3 }),
  ),
})).value;

const few = { minLength: 1, maxLength: 2 };
const { schema } = fc.letrec<{ schema: object; sub: unknown }>((tie) => ({
  sub: fc.oneof({ maxDepth: 3, withCrossShrink: true, depthSize: 'small' }, fc.boolean(), tie('schema')),
  schema: someOf({
    type: fc.constantFrom(
      'string',
      'integer',
      'number',
      'object',
      'array',
      'null',
      ['boolean', 'object'],
      ['array', 'integer'],
    ),
    enum: fc.array(json, { minLength: 1, maxLength: 3 }),
    const: json,
    minimum: fc.constantFrom(0, 1.5),
    exclusiveMaximum: fc.constantFrom(2, 10),
    multipleOf: fc.constantFrom(1, 0.5, 3),
    minLength: fc.nat(2),
    maxLength: fc.nat(2),
    pattern: fc.constantFrom('^a', 'b$'),
    minItems: fc.nat(2),
    maxItems: fc.nat(2),
    minProperties: fc.nat(2),
    maxProperties: fc.nat(2),
    required: fc.uniqueArray(name, { maxLength: 2 }),
    dependentRequired: fc.dictionary(fc.constantFrom('a', 'b'), fc.uniqueArray(name, { maxLength: 1 }), {
      maxKeys: 1,
    }),
    properties: fc.dictionary(fc.constantFrom('a', 'b'), tie('sub'), { maxKeys: 2 }),
    patternProperties: fc.dictionary(fc.constantFrom('^a', 'b'), tie('sub'), { maxKeys: 1 }),
    additionalProperties: tie('sub'),
    propertyNames: tie('sub'),
    prefixItems: fc.array(tie('sub'), few),
    items: tie('sub'),
    contains: tie('sub'),
    minContains: fc.nat(2),
    maxContains: fc.nat(2),
    allOf: fc.array(tie('sub'), few),
    anyOf: fc.array(tie('sub'), few),
    oneOf: fc.array(tie('sub'), few),
    not: tie('sub'),
    if: tie('sub'),
    then: tie('sub'),
    else: tie('sub'),
    dependentSchemas: fc.dictionary(fc.constantFrom('a', 'b'), tie('sub'), { maxKeys: 1 }),
  }),
}));

/** Three rules or so at one place: more are seldom met by anything. */
function someOf(keywords: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<object> {
  return fc
    .subarray(Object.entries(keywords), { maxLength: 3 })
    .chain((some): fc.Arbitrary<object> => fc.record(Object.fromEntries(some)));
}

test('data fits exactly where another validator says so', () => {
  fc.assert(
    fc.property(schema, json, (given, data) => {
      const parsed = parseSchema(JSON.parse(JSON.stringify(given)));
      fc.pre(parsed.ok);
      if (!parsed.ok) return;
      const judge = new Validator(structuredClone(parsed.value) as Schema, '2020-12', true);
      const plain: unknown = JSON.parse(JSON.stringify(data));
      const found = violations(parsed.value, plain, 100_000);
      expect(found?.length === 0).toBe(judge.validate(plain).valid);
    }),
    { numRuns: 3_000 },
  );
});

describe('the steps are bounded by what is looked at', () => {
  const steps = (input: object, data: unknown, most: number) => violations(schemaOf(input), data, most) !== null;

  test('a value of an enum is found without trying each', () => {
    const values = Array.from({ length: 4_000 }, (_, i) => `v${i}`);
    const list = Array.from({ length: 1_000 }, (_, i) => `v${i * 4}`);
    expect(steps({ items: { enum: values } }, list, 2 * 1_001)).toBe(true);
  });

  test('an object is compared with an enum by all that is in it', () => {
    const large = Array.from({ length: 1_000 }, () => ({}));
    expect(steps({ enum: [[1], [2]] }, large, 1_000)).toBe(false);
    expect(steps({ enum: [1, 2] }, large, 10)).toBe(true);
  });

  test('names of a schema cost nothing in objects that are smaller', () => {
    const properties = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`p${i}`, {}]));
    expect(
      steps(
        { items: { properties } },
        Array.from({ length: 1_000 }, () => ({ p1: 1 })),
        5_000,
      ),
    ).toBe(true);
  });

  test.each<[string, object, unknown]>([
    ['a long text against a pattern', { pattern: 'x' }, 'a'.repeat(100_000)],
    ['a long text against a format', { format: 'uri' }, 'a'.repeat(100_000)],
    ['a long text of which the length must be counted', { minLength: 70_000 }, 'a'.repeat(100_000)],
    ['many names that must be there', { required: Array.from({ length: 3_000 }, (_, i) => `p${i}`) }, {}],
    [
      'many names against patterns',
      { patternProperties: { a: {}, b: {} } },
      Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`p${i}`, 1])),
    ],
    ['numbers of many digits', { items: { multipleOf: 1e-300 } }, Array.from({ length: 20 }, () => 1.5e300)],
  ])('%s costs more than a step', (_, input, data) => {
    expect(steps(input, data, 700)).toBe(false);
  });

  test('a length that is far from its limit is not counted', () => {
    expect(steps({ minLength: 1, maxLength: 1_000_000 }, 'a'.repeat(100_000), 1)).toBe(true);
  });

  test('a chain of references that is deeper than the stack ends as too many steps', () => {
    const count = 190;
    const $defs = Object.fromEntries(
      Array.from({ length: count }, (_, i) => [
        `d${i}`,
        i + 1 < count ? { $ref: `#/$defs/d${i + 1}` } : { properties: { a: { $ref: '#/$defs/d0' } } },
      ]),
    );
    let data: unknown = 1;
    for (let level = 0; level < 64; level++) data = { a: data };
    expect(violations(schemaOf({ $ref: '#/$defs/d0', $defs }), data, 1_000_000)).toBeNull();
  });
});

test('a number that a double cannot hold is compared as the nearest that it can', () => {
  expect(violations(schemaOf({ const: 1.1, type: 'number' }), parseExact('1.10'), 10)).toEqual([]);
  expect(violations(schemaOf({ type: 'integer', minimum: 5 }), parseExact('12345678901234567890'), 10)).toEqual([]);
});
