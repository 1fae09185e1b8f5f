/**
 * O5: `/openapi.json`, and `/docs` made from it. Public: they hold nothing but what the source
 * says. Made once in an isolate, when first asked for.
 */
import type { Api } from './api.ts';
import type { AppContext } from './context.ts';
import { docsPage, docsPolicy } from './reference/docs.ts';
import { buildDocument } from './reference/openapi-build.ts';
import { documentShape, textShape } from './shapes/plain-shapes.ts';

/** A release changes it, and is seen after this. */
const CACHED = 'public, max-age=300';

/** Names by which one service is asked: its own, and a few of a developer. */
const ORIGINS_REMEMBERED_MAX = 8;

type Made = { json: string; html: string; policy: string };

/**
 * Where the reader asks, so that a client that is made from the document, and what is pasted from
 * the page, asks there too.
 */
function originOf(url: string): string {
  const { origin } = new URL(url);
  // It will stand in a shell: a host may hold more than a name needs.
  return /^https?:\/\/[A-Za-z0-9.:[\]-]+$/.test(origin) ? origin : '/';
}

/** Before or after the routes: they are read when the document is asked for. */
export function addOpenApi(api: Api): void {
  const known = new Map<string, Made>();
  const make = async (c: AppContext): Promise<Made> => {
    const origin = originOf(c.req.url);
    const { localMode } = c.get('vars');
    const place = `${origin} ${localMode}`;
    const before = known.get(place);
    if (before !== undefined) return before;
    const document = buildDocument(api.documented, origin);
    const html = await docsPage(document, { origin, isLocal: localMode });
    const made = { json: JSON.stringify(document), html, policy: await docsPolicy() };
    if (known.size >= ORIGINS_REMEMBERED_MAX) known.clear();
    known.set(place, made);
    return made;
  };
  api.plain(
    {
      path: '/openapi.json',
      id: 'getOpenApi',
      summary: 'This document',
      keys: 'none',
      mediaType: 'application/json',
      answers: { 200: { description: 'OpenAPI 3.1', schema: documentShape } },
    },
    async (c) => c.body((await make(c)).json, 200, { 'content-type': 'application/json', 'cache-control': CACHED }),
  );
  api.plain(
    {
      path: '/docs',
      id: 'getDocs',
      summary: 'This document as a page to read',
      keys: 'none',
      mediaType: 'text/html',
      answers: { 200: { description: 'The page', schema: textShape } },
    },
    async (c) => {
      const { html, policy } = await make(c);
      return c.body(html, 200, {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': CACHED,
        'content-security-policy': policy,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      });
    },
  );
}
