/** E1: which filters may be saved, and where the others are wrong. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseFilter } from '../../src/core/filter-rules.ts';

function faults(input: unknown): [pointer: string, message: string][] {
  const parsed = parseFilter(input);
  return parsed.ok ? [] : parsed.error.map(({ pointer, message }) => [pointer, message]);
}

const good = { field: 'data.plan', equals: 'pro' };

test.each<[input: unknown, pointer: string, message: RegExp]>([
  ['pro', '', /^must be an object with a "field", .*; got "pro"$/],
  [[good], '', /^must be an object .*; got a list$/],
  [{}, '', /^must have a "field", or "and", "or" or "not"$/],
  [{ any: [good] }, '', /^must have a "field"/],
  [{ field: 'data.plan' }, '', /^must have one of the operators equals, in, /],
  [
    { field: 'plan', equals: 1 },
    '/field',
    /^must be "type", "record", "version" or a path like "data\.plan"; got "plan"$/,
  ],
  [{ field: 'data.', equals: 1 }, '/field', /got "data\."$/],
  [{ field: 'data..a', equals: 1 }, '/field', /got "data\.\.a"$/],
  [{ field: 'type.a', equals: 1 }, '/field', /got "type\.a"$/],
  [{ field: 7, equals: 1 }, '/field', /got 7$/],
  [{ field: `data.${'x'.repeat(252)}`, equals: 1 }, '/field', /^must have at most 256 bytes of UTF-8; .* has 257$/],
  [{ field: 'data.plan', equal: 'pro' }, '/equal', /^is not an operator; the operators are equals, in, lessThan/],
  [{ ...good, prefix: 'p' }, '/prefix', /^must not stand beside "equals": use "and"$/],
  [{ ...good, and: [good] }, '/and', /^is not an operator/],
  [{ and: [good], or: [good] }, '/or', /^must not stand beside "and"$/],
  [{ field: 'data.plan', equals: ['pro'] }, '/equals', /^must be text, a number, true, false or null; got a list$/],
  [{ field: 'data.plan', equals: {} }, '/equals', /got an object$/],
  [{ field: 'data.plan', in: 'pro' }, '/in', /^must be a list of values; got "pro"$/],
  [{ field: 'data.plan', in: [] }, '/in', /^must have 1 to 100 values; it has 0$/],
  [{ field: 'data.plan', in: Array(101).fill(1) }, '/in', /^must have 1 to 100 values; it has 101$/],
  [{ field: 'data.plan', in: ['a', {}] }, '/in/1', /^must be text, .*; got an object$/],
  [{ field: 'data.n', lessThan: true }, '/lessThan', /^must be text or a number; got true$/],
  [{ field: 'data.n', greaterOrEqual: null }, '/greaterOrEqual', /got null$/],
  [
    { field: 'data.n', equals: Number.MAX_SAFE_INTEGER + 1 },
    '/equals',
    /^must be a number of at most 9007199254740991 /,
  ],
  [{ field: 'data.n', equals: -Infinity }, '/equals', /^must be a number of at most/],
  [{ field: 'data.plan', prefix: '' }, '/prefix', /^must be text that is not empty; got ""$/],
  [{ field: 'data.plan', prefix: 5 }, '/prefix', /got 5$/],
  [{ field: 'data.plan', equals: 'x'.repeat(257) }, '/equals', /^must have at most 256 bytes/],
  [{ field: 'data.plan', equals: '\ud800' }, '/equals', /^must be well-formed Unicode/],
  [{ field: 'data.plan', exists: 'yes' }, '/exists', /^must be true or false; got "yes"$/],
  [{ and: good }, '/and', /^must be a list of conditions; got an object$/],
  [{ or: [] }, '/or', /^must have 1 to 32 conditions; it has 0$/],
  [{ and: [good, { field: 'data.a', in: 1 }] }, '/and/1/in', /^must be a list of values; got 1$/],
  [{ or: [{ not: { and: [good, { field: 'x', equals: 1 }] } }] }, '/or/0/not/and/1/field', /got "x"$/],
  [{ field: 'data.a', 'a/b~c': 1 }, '/a~1b~0c', /^is not an operator/],
  [{ not: { not: { not: { not: { not: good } } } } }, '/not/not/not/not/not', /^must be nested at most 5 levels deep$/],
  [
    { and: [{ or: Array(20).fill(good) }, { or: Array(13).fill(good) }] },
    '',
    /^must have at most 32 conditions; it has 33$/,
  ],
  [{ field: 'data.a', in: Array(30).fill('x'.repeat(200)) }, '', /^must have at most 4096 bytes of JSON; it has \d+$/],
])('%j is refused at %j', (input, pointer, message) => {
  expect(faults(input)).toEqual([[pointer, expect.stringMatching(message)]]);
});

test('every fault is named, each at its own place', () => {
  const found = faults({ and: [{ field: 'plan', like: 'p' }, { not: 5 }, good] });
  expect(found.map(([pointer]) => pointer)).toEqual(['/and/0/field', '/and/0/like', '/and/1/not']);
});

test('the deepest and the largest that may be saved are', () => {
  expect(faults({ not: { not: { not: { not: good } } } })).toEqual([]);
  expect(faults({ and: Array(32).fill(good) })).toEqual([]);
  expect(faults({ field: 'data.n', in: [Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 0.1] })).toEqual([]);
});

test('anything at all is a filter or has a fault, and never throws', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (input) => {
      expect(parseFilter(input).ok).toBe(faults(input).length === 0);
    }),
  );
});
