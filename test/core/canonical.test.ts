import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '../../src/core/canonical.ts';

test('the example of RFC 8785 comes out as the RFC prints it', () => {
  const input = String.raw`{
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  }`;
  expect(canonicalJson(JSON.parse(input))).toBe(
    String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],` +
      String.raw`"string":"€$\u000f\nA'B\"\\\\\"/"}`,
  );
});

test('members are sorted by UTF-16 code units, as in the sorting example of RFC 8785', () => {
  const names = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'];
  const sorted = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33'];
  const object = Object.fromEntries(names.map((name) => [name, 0]));
  expect(canonicalJson(object)).toBe(`{${sorted.map((name) => `${JSON.stringify(name)}:0`).join(',')}}`);
});

test.each([
  ['null', null, 'null'],
  ['an empty object', {}, '{}'],
  ['an empty array', [], '[]'],
  ['negative zero', -0, '0'],
  ['a large number', 1e21, '1e+21'],
  ['nested containers', { b: [{}, []], a: { d: 1, c: [2] } }, '{"a":{"c":[2],"d":1},"b":[{},[]]}'],
  ['number-like names', { 10: 1, 9: 2, 1: 3 }, '{"1":3,"10":1,"9":2}'],
  ['an own __proto__', JSON.parse('{"__proto__":1,"a":2}'), '{"__proto__":1,"a":2}'],
  ['a lone surrogate', '\ud800', String.raw`"\ud800"`],
  ['an undefined member', { a: undefined, b: 1 }, '{"b":1}'],
])('%s', (_, value, expected) => {
  expect(canonicalJson(value)).toBe(expected);
});

test.each([
  ['NaN', NaN],
  ['Infinity', [Infinity]],
  ['a bigint', 1n],
  ['undefined', undefined],
  ['a hole', [undefined]],
])('%s is refused: JSON cannot say it', (_, value) => {
  expect(() => canonicalJson(value)).toThrow('not a JSON value');
});

/** The same value with every object's members inserted in the opposite order. */
function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).reverse();
  return Object.fromEntries(members.map(([name, inner]) => [name, reordered(inner)]));
}

test('the order in which members were written changes nothing, and the value comes back whole', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (json) => {
      const value: unknown = JSON.parse(json);
      const canonical = canonicalJson(value);
      expect(canonicalJson(reordered(value))).toBe(canonical);
      expect(JSON.parse(canonical)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('different values never share a text', () => {
  fc.assert(
    fc.property(fc.json(), fc.json(), (a, b) => {
      const same = canonicalJson(JSON.parse(a)) === canonicalJson(JSON.parse(b));
      const back = JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(b));
      if (back) expect(same).toBe(true);
      if (same) expect(JSON.parse(a)).toEqual(JSON.parse(b));
    }),
  );
});

test('a hundred thousand levels do not overflow the stack', () => {
  const depth = 100_000;
  const deep: unknown = JSON.parse('[{"a":'.repeat(depth) + '0' + '}]'.repeat(depth));
  expect(canonicalJson(deep)).toHaveLength(8 * depth + 1);
});
