/**
 * The same lists across all accounts, for operators. From the log and the projection: seconds late.
 */
import { z } from '@hono/zod-openapi';
import { rfc3339 } from '../core/body.ts';
import { listEndpoints } from '../store/config/endpoints.ts';
import type { Api } from './api.ts';
import { answerAttempts } from './attempts.ts';
import { fromDatabase } from './database.ts';
import { answerDeliveriesOfAll } from './delivery-lists.ts';
import { many } from './fields.ts';
import { accountId, filterOf, logQuery, pageQuery, searchText, showPage } from './params.ts';
import { accountAttemptsShape, deliveriesShape } from './shapes/delivery-shapes.ts';
import { listedEndpointsShape } from './shapes/endpoint-shapes.ts';

const everywhere = z.strictObject({});
const query = z.strictObject({ ...logQuery, account: accountId.optional() });

export function addOperatorLists(api: Api): void {
  api.route(
    {
      method: 'get',
      path: '/v1/deliveries',
      id: 'listAllDeliveries',
      summary: 'Deliveries of all accounts',
      params: everywhere,
      query,
      answers: { 200: { description: 'A page', schema: deliveriesShape } },
    },
    ({ c, query: given }) => answerDeliveriesOfAll(c, given, { name: 'deliveries' }),
  );

  api.route(
    {
      method: 'get',
      path: '/v1/attempts',
      id: 'listAllAttempts',
      summary: 'Attempts of all accounts',
      params: everywhere,
      query,
      answers: { 200: { description: 'A page', schema: accountAttemptsShape } },
    },
    ({ c, query: { account = null, ...given } }) => answerAttempts(c, given, { ...filterOf(given), account }, true),
  );

  api.route(
    {
      method: 'get',
      path: '/v1/endpoints',
      id: 'listAllEndpoints',
      summary: 'Endpoints of all accounts',
      params: everywhere,
      query: z.strictObject({
        ...pageQuery,
        account: many(accountId),
        status: many(z.enum(['enabled', 'paused', 'disabled'])),
        search: searchText.optional(),
      }),
      words: {
        status: 'Status of the endpoint; may be given several times',
        search: 'Part of the URL or of the description, in either case of ASCII letters',
      },
      answers: { 200: { description: 'A page', schema: listedEndpointsShape } },
    },
    async ({ c, query: { account, status, search, ...page } }) => {
      const found = await fromDatabase(listEndpoints(c.env.CONFIG, { account, status, search }, page));
      return c.json(
        showPage(found, ({ revision: _, createdAtMs, updatedAtMs, ...endpoint }) => ({
          ...endpoint,
          createdAt: rfc3339(createdAtMs),
          updatedAt: rfc3339(updatedAtMs),
        })),
      );
    },
  );
}
