import { describe, expect, test } from 'vitest';
import { hasStyle, NO_BRAND, styleOf } from '../../src/dashboard/brand.ts';

describe('the style sheet of a brand', () => {
  const theme = { colours: { accent: { light: '#0a7f5a', dark: '#5fd6a8' } }, radiusPx: 4, font: 'Inter' };

  test('sets the tokens of the pages, and nothing else', () => {
    expect(styleOf({ ...NO_BRAND, theme })).toBe(
      ':root{--accent:light-dark(#0a7f5a,#5fd6a8);--radius:4px;}\nbody{font-family:Inter,system-ui,sans-serif}\n',
    );
  });

  test('is linked only where there is one', () => {
    expect(hasStyle({ ...NO_BRAND, theme })).toBe(true);
    expect(hasStyle({ ...NO_BRAND, name: 'Acme' })).toBe(false);
  });
});
