/**
 * How a publisher's customers see their pages: name, logo, colours. The operator sets them as
 * variables, and only values that are checked here reach a style sheet.
 *
 *   PORTAL_THEME = accent=#0a7f5a/#5fd6a8; radius=4; font=Inter, system-ui
 *
 * A colour is one for both, or light/dark.
 */
import { fail, ok, type Result } from './result.ts';

export type Colour = { light: string; dark: string };
export type Theme = { colours: Readonly<Record<string, Colour>>; radiusPx: number | null; font: string | null };
export type Brand = { name: string | null; logoUrl: string | null; theme: Theme };

/**
 * Custom properties of the pages' style sheet (dashboard/style/main.css), by the word of the
 * setting.
 */
export const THEME_COLOURS = ['accent', 'on-accent', 'page', 'card', 'soft', 'text', 'dim', 'line'] as const;
const COLOUR = /^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i;
const FONT = /^[A-Za-z0-9 ,-]{1,100}$/;
const RADIUS_PX_MAX = 24;

/** The error names the word, the rule and the value. */
export function parseTheme(text: string): Result<Theme, string> {
  const colours: Record<string, Colour> = {};
  let radiusPx: number | null = null;
  let font: string | null = null;
  for (const part of text.split(';').map((one) => one.trim())) {
    if (part === '') continue;
    const at = part.indexOf('=');
    const [word, value] = [part.slice(0, Math.max(0, at)).trim(), part.slice(at + 1).trim()];
    if (word === 'radius') {
      radiusPx = /^\d{1,2}$/.test(value) ? Number(value) : Infinity;
      if (radiusPx > RADIUS_PX_MAX) return fail(`radius must be 0 to ${RADIUS_PX_MAX}, and not "${cut(value)}"`);
    } else if (word === 'font') {
      if (!FONT.test(value)) return fail(`font must be names of fonts with commas, and not "${cut(value)}"`);
      font = value;
    } else if (isColourWord(word)) {
      const [light = '', dark = light, ...more] = value.split('/').map((one) => one.trim());
      if (more.length > 0 || !COLOUR.test(light) || !COLOUR.test(dark))
        return fail(`${word} must be a colour like #0a7f5a, or two as light/dark, and not "${cut(value)}"`);
      colours[word] = { light, dark };
    } else {
      return fail(`"${cut(word || part)}" is none of ${[...THEME_COLOURS, 'radius', 'font'].join(', ')}`);
    }
  }
  return ok({ colours, radiusPx, font });
}

function isColourWord(word: string): boolean {
  return THEME_COLOURS.some((known) => known === word);
}

function cut(value: string): string {
  return value.slice(0, 60);
}
