/**
 * Who is signed in. A cookie holds a session or a portal token of the API, never a key: both are
 * signed and end by themselves, and the API judges them on every call. No script can read it. Staff
 * and customers have a cookie each, so that opening a customer's link signs nobody out.
 */
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { Area } from './page.ts';

/**
 * On https the name binds the cookie to this host; on http, to the port, which browsers do not tell
 * apart.
 */
export function cookieName(url: URL, purpose: string): string {
  return url.protocol === 'https:' ? `__Host-tubepost-${purpose}` : `tubepost-${purpose}-${url.port || '80'}`;
}

export function sessionOf(c: Context, area: Area): string | null {
  return getCookie(c, cookieName(new URL(c.req.url), area)) ?? null;
}

/**
 * `isFramed`: within another product's page, whose requests count as from elsewhere: browsers then
 * send only a cookie that allows it, and keep it apart for each such product. Everywhere else, no
 * request from elsewhere carries one.
 */
export function keepSession(
  c: Context,
  area: Area,
  token: string,
  { endsAt, isFramed }: { endsAt: Date; isFramed: boolean },
): void {
  const url = new URL(c.req.url);
  const isSecure = url.protocol === 'https:';
  const crossSite = { sameSite: 'None', secure: true, partitioned: true } as const;
  setCookie(c, cookieName(url, area), token, {
    path: '/',
    httpOnly: true,
    expires: endsAt,
    ...(isFramed ? crossSite : { sameSite: 'Strict', secure: isSecure }),
  });
}

export function dropSession(c: Context, area: Area): void {
  const url = new URL(c.req.url);
  deleteCookie(c, cookieName(url, area), { path: '/', secure: url.protocol === 'https:' });
}

/**
 * What a form must send along: only who knows the session can make it, and it leads back to
 * nothing. A page from elsewhere may make a browser send the cookie, but cannot read it.
 */
export async function csrfOf(session: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`tubepost:csrf:v1\n${session}`));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Both are 64 characters of hex, or one is not ours: compared without leaving early. */
export function isSame(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let differing = 0;
  for (let at = 0; at < a.length; at += 1) differing |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return differing === 0;
}

/**
 * Whether a page of our own sent it. Browsers name the origin with every POST; where they hide it,
 * their own word for where the request comes from counts, which no page can set.
 */
export function isOwnRequest(c: Context): boolean {
  const { origin } = new URL(c.req.url);
  const named = c.req.header('origin');
  if (named === 'null' || named === undefined) return c.req.header('sec-fetch-site') === 'same-origin';
  return named === origin;
}
