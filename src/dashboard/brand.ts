/**
 * The brand of the customer's pages: a style sheet of the operator's colours, and the operator's logo, both served from here:
 * a customer's browser asks no other host, and the pages' policy stays as strict as it is.
 */
import type { Context, Hono } from 'hono';
import { CUSTOMER } from './paths.ts';
import type { Served } from './served.ts';

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

const LOGO_BYTES_MAX = 256 * 1_024;
const LOGO_MS_MAX = 5_000;
const LOGO_TYPES = /^image\/(?:png|jpeg|webp|gif|svg\+xml)(?:;|$)/i;

export function addBrand(app: Hono<Served>): void {
  app.get(BRAND_STYLE_PATH, (c) =>
    c.body(styleOf(c.env.settings.brand), 200, {
      'content-type': 'text/css; charset=utf-8',
      'cache-control': 'public, max-age=300',
      'x-content-type-options': 'nosniff',
    }),
  );
  app.get(LOGO_PATH, answerLogo);
}

export function styleOf({ theme: { colours, radiusPx, font } }: Brand): string {
  const tokens = Object.entries(colours).map(([word, { light, dark }]) => `--${word}:light-dark(${light},${dark});`);
  if (radiusPx !== null) tokens.push(`--radius:${radiusPx}px;`);
  const body = font === null ? '' : `body{font-family:${font},system-ui,sans-serif}\n`;
  return `:root{${tokens.join('')}}\n${body}`;
}

export function hasStyle({ theme: { colours, radiusPx, font } }: Brand): boolean {
  return Object.keys(colours).length > 0 || radiusPx !== null || font !== null;
}

/** The operator's image, from the operator's address. What is none is not passed on. */
async function answerLogo(c: Context<Served>): Promise<Response> {
  const { logoUrl } = c.env.settings.brand;
  const image = logoUrl === null ? null : await readLogo(logoUrl);
  if (image === null) return c.body(null, 404, { 'cache-control': 'no-store' });
  return c.body(image.bytes, 200, {
    'content-type': image.type,
    'cache-control': 'public, max-age=3600',
    // An SVG that somebody opens by itself runs nothing.
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    'x-content-type-options': 'nosniff',
  });
}

async function readLogo(url: string): Promise<{ bytes: ArrayBuffer; type: string } | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(LOGO_MS_MAX), redirect: 'manual' });
    const type = response.headers.get('content-type') ?? '';
    if (!response.ok || !LOGO_TYPES.test(type) || Number(response.headers.get('content-length')) > LOGO_BYTES_MAX) {
      await response.body?.cancel();
      return null;
    }
    const bytes = await response.arrayBuffer();
    return bytes.byteLength > LOGO_BYTES_MAX ? null : { bytes, type };
  } catch {
    // The page shows the name instead.
    return null;
  }
}
