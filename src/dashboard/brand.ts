/**
 * The brand of the customer's pages: a style sheet of the operator's colours, and the operator's
 * logo, both served from here: a customer's browser asks no other host, and the pages' policy stays
 * as strict as it is.
 */
import { CUSTOMER } from './paths.ts';

/** As checked by core/brand.ts: nothing in it can leave its place in a style sheet. */
export type Brand = {
  name: string | null;
  logoUrl: string | null;
  theme: {
    colours: Readonly<Record<string, { light: string; dark: string }>>;
    radiusPx: number | null;
    font: string | null;
  };
};

export const NO_BRAND: Brand = { name: null, logoUrl: null, theme: { colours: {}, radiusPx: null, font: null } };
export const BRAND_STYLE_PATH = `${CUSTOMER}/brand.css`;
export const LOGO_PATH = `${CUSTOMER}/logo`;

export function styleOf({ theme: { colours, radiusPx, font } }: Brand): string {
  const tokens = Object.entries(colours).map(([word, { light, dark }]) => `--${word}:light-dark(${light},${dark});`);
  if (radiusPx !== null) tokens.push(`--radius:${radiusPx}px;`);
  const body = font === null ? '' : `body{font-family:${font},system-ui,sans-serif}\n`;
  return `:root{${tokens.join('')}}\n${body}`;
}

export function hasStyle({ theme: { colours, radiusPx, font } }: Brand): boolean {
  return Object.keys(colours).length > 0 || radiusPx !== null || font !== null;
}
