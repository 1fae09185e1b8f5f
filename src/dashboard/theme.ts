/**
 * Light or dark, where the reader wants another than the browser's. Kept in a cookie that the
 * script writes (browser/theme.ts) and the service reads, so that a page is never drawn in the
 * wrong one first.
 */
export const THEME_COOKIE = 'tubepost-theme';
export type Theme = 'light' | 'dark';

export function themeOf(text: string | undefined): Theme | null {
  return text === 'light' || text === 'dark' ? text : null;
}
