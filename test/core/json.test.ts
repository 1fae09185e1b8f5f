import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../src/core/canonical.ts';
import { parseExact, plainNumber } from '../../src/core/json.ts';

describe('parseExact', () => {
  test.each([
    '12345678901234567890',
    '1.10',
    '1e5',
    '-0',
    '0.1',
    '1e400',
    '1e-400',
    '0.0000001',
    '9007199254740993',
    '[1.0,{"a":2.50}]',
  ])('%s comes back as it was', (text) => {
    expect(JSON.stringify(parseExact(text))).toBe(text);
  });

  test('any JSON comes back as JSON.stringify would write it', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const plain = JSON.stringify(JSON.parse(text));
        expect(JSON.stringify(parseExact(plain))).toBe(plain);
      }),
    );
  });

  test('a member named __proto__ is a member', () => {
    expect(JSON.stringify(parseExact('{"__proto__":{"a":1.0}}'))).toBe('{"__proto__":{"a":1.0}}');
  });
});

test.each([
  ['1.0', 1],
  ['1e3', 1000],
  ['9007199254740993', 9007199254740992],
  ['5', 5],
])('%s is %d to us', (text, number) => {
  expect(plainNumber(parseExact(text))).toBe(number);
});

describe('content is the same', () => {
  const same = (a: string, b: string) => canonicalJson(parseExact(a)) === canonicalJson(parseExact(b));

  test.each([
    ['1.0', '1'],
    ['1e3', '1000'],
    ['1.50', '15e-1'],
    ['-0', '0'],
    ['0.0', '0e5'],
    ['0.1', '1E-1'],
    ['1e21', '1000000000000000000000'],
    ['0.1234567890123456789', '1234567890123456789e-19'],
    ['12345678901234567890.0', '1.234567890123456789E19'],
    ['1e400', '10.0e399'],
  ])('%s is %s', (a, b) => expect(same(a, b)).toBe(true));
  test.each([
    ['9007199254740993', '9007199254740992'],
    ['1e400', '1e401'],
    ['0.1', '0.10000000000000000001'],
    ['1', '-1'],
    ['10', '1'],
    // What stands for such a number is nothing that a publisher could write.
    ['0.1234567890123456789', '{"number":"0.1234567890123456789"}'],
    ['0.1234567890123456789', '"0.1234567890123456789"'],
    ['0.1234567890123456789', '"1234567890123456789e-19"'],
    ['0.1234567890123456789', '{"rawJSON":"1234567890123456789e-19"}'],
    [`1e${'9'.repeat(30)}`, `1e${'9'.repeat(31)}`],
  ])('%s is not %s', (a, b) => expect(same(a, b)).toBe(false));
  test('leaves what is not a number alone', () => {
    const text = '{"a":[null,true,"1.0",{"b":2}],"__proto__":1}';
    expect(canonicalJson(parseExact(text))).toBe('{"__proto__":1,"a":[null,true,"1.0",{"b":2}]}');
  });
});
