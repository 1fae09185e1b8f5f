import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTheme } from '../../src/core/brand.ts';

describe('a theme of the customer pages', () => {
  test('has colours for light and dark, a radius and a font', () => {
    expect(parseTheme('accent=#0a7f5a/#5fd6a8; page = #fff ;radius=4; font=Inter, system-ui;')).toEqual({
      ok: true,
      value: {
        colours: { accent: { light: '#0a7f5a', dark: '#5fd6a8' }, page: { light: '#fff', dark: '#fff' } },
        radiusPx: 4,
        font: 'Inter, system-ui',
      },
    });
  });

  test('is empty where nothing is set', () => {
    expect(parseTheme('')).toEqual({ ok: true, value: { colours: {}, radiusPx: null, font: null } });
  });

  test.each([
    ['accent=red', 'accent must be a colour'],
    ['accent=#12345', 'accent must be a colour'],
    ['accent=#123456/#123456/#123456', 'accent must be a colour'],
    ['accent=', 'accent must be a colour'],
    ['radius=25', 'radius must be 0 to 24'],
    ['radius=4px', 'radius must be 0 to 24'],
    ['font=Inter"; color: red', 'font must be names'],
    ['shadow=1', '"shadow" is none of'],
    ['accent', '"accent" is none of'],
    ['constructor=#fff', '"constructor" is none of'],
  ])('refuses %s by name and rule', (text, message) => {
    const parsed = parseTheme(text);
    expect(parsed.ok ? null : parsed.error).toContain(message);
  });

  test('lets nothing through that could leave its place in a style sheet', () => {
    const piece = fc.constantFrom(
      'accent',
      'font',
      'radius',
      '=',
      '/',
      '#fff',
      ';',
      '}',
      '{',
      '<',
      'url(',
      '\\',
      '"',
      'A',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const parsed = parseTheme(pieces.join(''));
        if (!parsed.ok) return;
        const { colours, radiusPx, font } = parsed.value;
        const values = [...Object.values(colours).flatMap((one) => [one.light, one.dark]), font ?? '', radiusPx ?? 0];
        expect(values.join('')).toMatch(/^[A-Za-z0-9#, -]*$/);
      }),
    );
  });
});
