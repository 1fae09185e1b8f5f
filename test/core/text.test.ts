import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SHOWN_VALUE_CHARS_MAX } from '../../src/core/limits.ts';
import { shown, utf8Bytes } from '../../src/core/text.ts';

test('utf8Bytes counts what the encoder would write, lone surrogates included', () => {
  const anyUnits = fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units));
  const surrogates = fc
    .array(fc.constantFrom('\ud800', '\udbff', '\udc00', '\udfff', 'a', 'é', '€'))
    .map((s) => s.join(''));
  fc.assert(
    fc.property(fc.oneof(anyUnits, surrogates, fc.string({ unit: 'binary' })), (text) => {
      expect(utf8Bytes(text)).toBe(new TextEncoder().encode(text).length);
    }),
  );
});

describe('shown', () => {
  test.each([
    ['plain text', 'ticket', '"ticket"'],
    ['nothing', '', '""'],
    ['a quote and a backslash', 'a"\\', String.raw`"a\"\\"`],
    ['a line break', 'a\nb', String.raw`"a\u{000A}b"`],
    ['an escape sequence of a terminal', '\u001b[2J', String.raw`"\u{001B}[2J"`],
    ['a C1 control', '\u009b', String.raw`"\u{009B}"`],
    ['text that turns its direction', 'a\u202eb', String.raw`"a\u{202E}b"`],
    ['half of a surrogate pair', '\ud800', String.raw`"\ud800"`],
    ['an emoji', '😀', '"😀"'],
    ['text of the full length', 'x'.repeat(80), `"${'x'.repeat(80)}"`],
    ['text beyond it', 'x'.repeat(81), `"${'x'.repeat(80)}"… (81 characters)`],
  ])('%s', (_, value, expected) => {
    expect(shown(value)).toBe(expected);
  });

  test.each([
    [NaN, 'NaN'],
    [1.5, '1.5'],
    [-1, '-1'],
  ])('the number %d', (value, expected) => {
    expect(shown(value)).toBe(expected);
  });

  test('no text breaks its limit, or reaches the reader with a character that moves the others', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const quoted = shown(text);
        expect(quoted).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect(quoted.isWellFormed()).toBe(true);
        expect(quoted.replace(/… \([0-9]+ characters\)$/, '').length).toBeLessThanOrEqual(SHOWN_VALUE_CHARS_MAX + 2);
      }),
    );
  });
});
