/**
 * One text, whatever a person has in hand: what it may mean is known by its shape, and each meaning
 * is looked up by an index or by a bounded walk. For an account: only what is its own, and exact
 * where an object can say so. For operators, over all accounts: from the log and the projection,
 * seconds late.
 */
import { z } from '@hono/zod-openapi';
import { URL_BYTES_MAX } from '../../core/limits.ts';
import { accountOf } from '../account-settings.ts';
import type { Api } from '../api.ts';
import { line } from '../fields.ts';
import { accountParams } from '../params.ts';
import { findersOf } from './finders.ts';
import { findersOfAll } from './finders-of-all.ts';
import { type Finders, type Found, kindsOf, nothingFound } from './kinds.ts';
import { searchShape } from '../shapes/search-shapes.ts';

const query = z.strictObject({ q: line(1, URL_BYTES_MAX) });

export function addSearch(api: Api): void {
  api.route(
    {
      method: 'get',
      path: '/v1/accounts/{account}/search',
      id: 'searchAccount',
      summary: 'What a text may mean: an id, a record key or its beginning, a URL or host',
      params: accountParams,
      query,
      answers: { 200: { description: 'The hits', schema: searchShape } },
    },
    async ({ c, params, query: { q } }) => c.json(await search(q, findersOf(c, await accountOf(c, params.account)))),
  );

  api.route(
    {
      method: 'get',
      path: '/v1/search',
      id: 'search',
      summary: 'The same over all accounts, also by name of an account',
      params: z.strictObject({}),
      query,
      answers: { 200: { description: 'The hits', schema: searchShape } },
    },
    async ({ c, query: { q } }) => c.json(await search(q, findersOfAll(c))),
  );
}

async function search(text: string, finders: Finders) {
  // A text that was copied has blanks around it.
  const sought = text.trim();
  const found = await Promise.all(
    kindsOf(sought).map(async (kind): Promise<Found> => (await finders[kind]?.(sought)) ?? nothingFound),
  );
  const hits = new Map(found.flatMap(({ hits: some }) => some).map((hit) => [hit.path, hit]));
  return { data: [...hits.values()], isComplete: found.every(({ isComplete }) => isComplete) };
}
