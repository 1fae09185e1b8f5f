/**
 * Style and script, served from the Worker under names that change with their content: a browser
 * asks once.
 */
import type { Context } from 'hono';
import { ICON, SCRIPT, STYLE } from './assets.generated.ts';

const FOLDER = '/app/assets';
export const STYLE_PATH = `${FOLDER}/${STYLE.name}`;
export const SCRIPT_PATH = `${FOLDER}/${SCRIPT.name}`;
export const ICON_PATH = `${FOLDER}/${ICON.name}`;
export const ASSET_ROUTE = `${FOLDER}/:name`;

const FILES = new Map([
  [STYLE.name, { text: STYLE.text, type: 'text/css; charset=utf-8' }],
  [ICON.name, { text: ICON.text, type: 'image/svg+xml' }],
  [SCRIPT.name, { text: SCRIPT.text, type: 'text/javascript; charset=utf-8' }],
]);

/** Null: no such file, or one of another release. */
export function answerAsset(c: Context, name: string): Response | null {
  const file = FILES.get(name);
  if (file === undefined) return null;
  return c.body(file.text, 200, {
    'content-type': file.type,
    'cache-control': 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
  });
}
