/** What every request of a page is served with, and the client that it reads through. */
import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import type { HtmlEscapedString } from 'hono/utils/html';
import type { StatusCode } from 'hono/utils/http-status';
import { type Client, createClient } from '../client/client.ts';
import type { Brand } from './brand.ts';
import type { Area } from './page.ts';
import { pageHeaders } from './policy.ts';
import { THEME_COOKIE, themeOf } from './theme.ts';

export type Api = (url: string, init: RequestInit) => Promise<Response>;
/** `frameOrigins`: where the customer's page may be framed. */
export type Settings = { frameOrigins: readonly string[]; isLocal: boolean; brand: Brand };
export type Served = { Bindings: { api: Api; settings: Settings } };
/** What JSX makes. */
type Page = HtmlEscapedString | Promise<HtmlEscapedString>;

/** Once each: a page that waits for repetitions answers nobody; the reader repeats it. */
export function clientOf(c: Context<Served>, token: string): Client {
  return createClient({ origin: new URL(c.req.url).origin, key: token, triesMax: 1, fetch: c.env.api });
}

export async function render(c: Context<Served>, area: Area | null, status: number, page: Page): Promise<Response> {
  for (const [name, value] of Object.entries(pageHeaders(area, c.env.settings.frameOrigins))) c.header(name, value);
  c.status(status as StatusCode);
  const theme = themeOf(getCookie(c, THEME_COOKIE));
  const html = (await page).toString();
  return c.html(`<!doctype html>${theme === null ? html : html.replace('<html', `<html data-theme="${theme}"`)}`);
}
