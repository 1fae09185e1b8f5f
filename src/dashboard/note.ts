/**
 * What an action has done, told by the page that the reader is led to: once, from a cookie that no
 * script reads.
 */
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { cookieName } from './session.ts';

const KEPT_SECONDS = 60;
const CHARS_MAX = 500;

export function keepNote(c: Context, text: string): void {
  setCookie(c, nameOf(c), text.slice(0, CHARS_MAX).toWellFormed(), { ...attributes(c), maxAge: KEPT_SECONDS });
}

export function noteOf(c: Context): string | null {
  return getCookie(c, nameOf(c)) ?? null;
}

export function dropNote(c: Context): void {
  deleteCookie(c, nameOf(c), attributes(c));
}

function nameOf(c: Context): string {
  return cookieName(new URL(c.req.url), 'note');
}

function attributes(c: Context) {
  return { path: '/', httpOnly: true, sameSite: 'Strict', secure: c.req.url.startsWith('https:') } as const;
}
