/**
 * Numbers of JSON compared as the decimals that were written, not as the doubles that JavaScript would make of them: an id of
 * 20 digits differs from its neighbour. Linear in the text, whatever it holds: a publisher chooses it.
 */

/** 0.DIGITS × 10^exponent. `digits` begins and ends with another digit than 0; zero has none, and no sign. */
type Decimal = { isNegative: boolean; digits: string; exponent: number };

/** Null for what is no JSON number. An exponent beyond all doubles becomes ±Infinity, and still compares. */
function parse(number: string): Decimal | null {
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
  const [left, right] = [parse(a), parse(b)];
  if (left === null || right === null) return null;
  const signs = signOf(left) - signOf(right);
  if (signs !== 0) return signs;
  return left.isNegative ? compareSizes(right, left) : compareSizes(left, right);
}

function signOf({ digits, isNegative }: Decimal): number {
  return digits === '' ? 0 : isNegative ? -1 : 1;
}

function compareSizes(a: Decimal, b: Decimal): number {
  if (a.exponent !== b.exponent) return a.exponent < b.exponent ? -1 : 1;
  // Digits after the same point: the order of text is the order of size.
  return a.digits < b.digits ? -1 : a.digits > b.digits ? 1 : 0;
}
