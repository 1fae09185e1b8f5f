import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareDecimals } from '../../src/core/decimal.ts';

test.each([
  ['1.10', '1.1', 0],
  ['1e0', '1', 0],
  ['-0', '0.000', 0],
  ['0.0e-5', '0e9', 0],
  ['12345678901234567890', '12345678901234567891', -1],
  ['-12345678901234567890', '-12345678901234567891', 1],
  ['0.1', '0.10000000000000000001', -1],
  ['100', '1e2', 0],
  ['0.001', '1E-3', 0],
  ['9', '10', -1],
  ['-9', '-10', 1],
  ['-1', '1', -1],
  ['0', '-1', 1],
  ['1e400', '1.7e308', 1],
  ['1e-400', '0', 1],
  ['-1e-400', '0', -1],
  [`1e${'9'.repeat(400)}`, '1e999', 1],
  [`1e-${'9'.repeat(400)}`, '1e-999', -1],
])('%s against %s', (a, b, sign) => {
  expect(Math.sign(compareDecimals(a, b) ?? Number.NaN)).toBe(sign);
  expect(Math.sign(compareDecimals(b, a) ?? Number.NaN)).toBe(sign === 0 ? 0 : -sign);
});

test.each([['Infinity'], ['NaN'], [''], ['1.'], ['0x1']])('%j is no JSON number and has no order', (text) => {
  expect(compareDecimals(text, '1')).toBeNull();
  expect(compareDecimals('1', text)).toBeNull();
});

test('doubles are ordered as JavaScript orders them', () => {
  const double = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(double, double, (a, b) => {
      expect(Math.sign(compareDecimals(String(a), String(b)) ?? Number.NaN)).toBe(
        Math.sign(a < b ? -1 : a > b ? 1 : 0),
      );
    }),
  );
});

test('a quarter of a million zeros in the middle of a number cost no more than its length', () => {
  const number = `1${'0'.repeat(250_000)}1`;
  expect(compareDecimals(number, number)).toBe(0);
}, 2_000);
