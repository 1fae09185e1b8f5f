import fc from 'fast-check';
import { expect, test } from 'vitest';
import { base32 } from '../../src/core/base32.ts';

test.each([
  ['', ''],
  ['f', 'my'],
  ['fo', 'mzxq'],
  ['foo', 'mzxw6'],
  ['foob', 'mzxw6yq'],
  ['fooba', 'mzxw6ytb'],
  ['foobar', 'mzxw6ytboi'],
])('%j encodes as RFC 4648 says, in lower case and without padding: %j', (text, encoded) => {
  expect(base32(new TextEncoder().encode(text))).toBe(encoded);
});

/** An independent reading: all bits as one number. */
function viaBigInt(bytes: Uint8Array): string {
  const length = Math.ceil((bytes.length * 8) / 5);
  let number = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) << BigInt(length * 5 - bytes.length * 8);
  let text = '';
  for (let i = 0; i < length; i++, number >>= 5n)
    text = 'abcdefghijklmnopqrstuvwxyz234567'[Number(number & 31n)] + text;
  return text;
}

test('any bytes encode to the digits of the number that they are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(base32(bytes)).toBe(viaBigInt(bytes));
    }),
  );
});

test('160 bits make the 32 characters that ids expect', () => {
  expect(base32(new Uint8Array(20).fill(255))).toBe('7'.repeat(32));
});
