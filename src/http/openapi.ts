/** O5: `/openapi.json`, and `/docs` made from it. Public: they hold nothing but what the source says. Made once in an isolate, when first asked for. */
import type { Api } from './api.ts';
import { docsPage, docsPolicy } from './docs.ts';
import { buildDocument } from './openapi-build.ts';

/** A release changes it, and is seen after this. */
const CACHED = 'public, max-age=300';

/** Before or after the routes: they are read when the document is asked for. */
export function addOpenApi(api: Api): void {
  let made: { json: string; html: string; policy: string } | null = null;
  const make = async () => {
    if (made !== null) return made;
    const document = buildDocument(api);
    made = { json: JSON.stringify(document), html: await docsPage(document), policy: await docsPolicy() };
    return made;
  };
  api.plain(
    {
      path: '/openapi.json',
      summary: 'This document',
      keys: 'none',
      mediaType: 'application/json',
      answers: { 200: 'OpenAPI 3.1' },
    },
    async (c) => c.body((await make()).json, 200, { 'content-type': 'application/json', 'cache-control': CACHED }),
  );
  api.plain(
    {
      path: '/docs',
      summary: 'This document as a page to read',
      keys: 'none',
      mediaType: 'text/html',
      answers: { 200: 'The page' },
    },
    async (c) => {
      const { html, policy } = await make();
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
