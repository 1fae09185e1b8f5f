/** The routes of the brand: its style sheet and the operator's logo. */
import type { Context, Hono } from 'hono';
import { BRAND_STYLE_PATH, LOGO_PATH, styleOf } from './brand.ts';
import type { Served } from './served.ts';

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
