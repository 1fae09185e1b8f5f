/**
 * Numbers of JSON compared as the decimals that were written, not as the doubles that JavaScript
 * would make of them: an id of 20 digits differs from its neighbour. Linear in the text, whatever
 * it holds: a publisher chooses it.
 */

/**
 * 0.DIGITS × 10^exponent. `digits` begins and ends with another digit than 0; zero has none, and no
 * sign.
 */
export type Decimal = { isNegative: boolean; digits: string; exponent: number };

/**
 * Null for what is no JSON number. An exponent beyond all doubles becomes ±Infinity, and still
 * compares.
 */
export function parseDecimal(number: string): Decimal | null {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(number);
  if (parts === null) return null;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts;
  const all = whole + fraction;
  let from = 0;
  while (from < all.length && all[from] === '0') from += 1;
  // By hand: /0+$/ takes quadratic time on a long run of zeros in the middle.
  let to = all.length;
  while (to > from && all[to - 1] === '0') to -= 1;
  const digits = all.slice(from, to);
  if (digits === '') return { isNegative: false, digits, exponent: 0 };
  return { isNegative: sign === '-', digits, exponent: Number(exponent) + whole.length - from };
}

/** Below 0, 0 or above 0. Null where one of them is no JSON number. */
export function compareDecimals(a: string, b: string): number | null {
  const [left, right] = [parseDecimal(a), parseDecimal(b)];
  return left === null || right === null ? null : compareParsed(left, right);
}

/** Below 0, 0 or above 0. */
export function compareParsed(left: Decimal, right: Decimal): number {
  const signs = signOf(left) - signOf(right);
  if (signs !== 0) return signs;
  return left.isNegative ? compareSizes(right, left) : compareSizes(left, right);
}

/**
 * One text for one number, itself a JSON number: `1.50` and `15e-1` are both `15e-1`. Null where
 * its exponent is beyond all arithmetic, and for what is no JSON number.
 */
export function normalDecimal(number: string): string | null {
  const decimal = parseDecimal(number);
  if (decimal === null) return null;
  const { isNegative, digits, exponent } = decimal;
  if (digits === '') return '0';
  const last = exponent - digits.length;
  return Number.isSafeInteger(exponent) && Number.isSafeInteger(last)
    ? `${isNegative ? '-' : ''}${digits}e${last}`
    : null;
}

/** Of two doubles, as the decimals that they are written as: 0.3 is a multiple of 0.1. */
export function isMultipleOf(value: number, divisor: number): boolean {
  const [left, right] = [parseDecimal(String(value)), parseDecimal(String(divisor))];
  if (left === null || right === null || right.digits === '') return false;
  if (left.digits === '') return true;
  const shift = left.exponent - left.digits.length - (right.exponent - right.digits.length);
  const power = 10n ** BigInt(Math.abs(shift));
  const [dividend, by] = [BigInt(left.digits), BigInt(right.digits)];
  return shift >= 0 ? (dividend * power) % by === 0n : dividend % (by * power) === 0n;
}

function signOf({ digits, isNegative }: Decimal): number {
  return digits === '' ? 0 : isNegative ? -1 : 1;
}

function compareSizes(a: Decimal, b: Decimal): number {
  if (a.exponent !== b.exponent) return a.exponent < b.exponent ? -1 : 1;
  // Digits after the same point: the order of text is the order of size.
  return a.digits < b.digits ? -1 : a.digits > b.digits ? 1 : 0;
}
