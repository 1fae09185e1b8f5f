/**
 * Dead letters (V6): deliveries that ended without success, of an account and of all, and how many
 * there are by endpoint.
 */
import { z } from '@hono/zod-openapi';
import { rfc3339 } from '../core/body.ts';
import { logDatabase } from '../store/database.ts';
import { countDeadLetters } from '../store/log/dead-letters.ts';
import { accountOf } from './account-settings.ts';
import type { Api } from './api.ts';
import type { AppContext } from './context.ts';
import { fromDatabase } from './database.ts';
import { answerDeliveries, answerDeliveriesOfAll, type DeliveryList } from './delivery-lists.ts';
import { accountId, accountParams, filterOf, logFilters, logQuery, type LogQuery } from './params.ts';
import { invalid } from './problem.ts';
import { deadLetterSummaryShape, deliveriesShape } from './shapes/delivery-shapes.ts';

const LIST: DeliveryList = { name: 'dead-letters', fixed: { status: ['dead'] } };

const { status: _, ...query } = logQuery;
const { status: __, ...filters } = logFilters;
const inAll = { account: accountId.optional() };
const everywhere = z.strictObject({});

export function addDeadLetters(api: Api): void {
  api.route(
    {
      method: 'get',
      path: '/v1/accounts/{account}/dead-letters',
      id: 'listDeadLetters',
      summary: 'Deliveries that ended without success, newest first',
      params: accountParams,
      query: z.strictObject(query),
      answers: { 200: { description: 'A page of deliveries', schema: deliveriesShape } },
    },
    ({ c, params, query: given }) => answerDeliveries(c, params.account, given, LIST),
  );

  api.route(
    {
      method: 'get',
      path: '/v1/accounts/{account}/dead-letters/summary',
      id: 'countDeadLetters',
      summary: 'How many dead letters each endpoint of the account has',
      params: accountParams,
      query: z.strictObject(filters),
      answers: { 200: { description: 'The depth by endpoint, most first', schema: deadLetterSummaryShape } },
    },
    async ({ c, params: { account }, query: given }) => {
      await accountOf(c, account);
      return answerSummary(c, account, given);
    },
  );

  api.route(
    {
      method: 'get',
      path: '/v1/dead-letters',
      id: 'listAllDeadLetters',
      summary: 'Dead letters of all accounts',
      params: everywhere,
      query: z.strictObject({ ...query, ...inAll }),
      answers: { 200: { description: 'A page of deliveries', schema: deliveriesShape } },
    },
    ({ c, query: given }) => answerDeliveriesOfAll(c, given, LIST),
  );

  api.route(
    {
      method: 'get',
      path: '/v1/dead-letters/summary',
      id: 'countAllDeadLetters',
      summary: 'How many dead letters each endpoint of each account has',
      params: everywhere,
      query: z.strictObject({ ...filters, ...inAll }),
      answers: {
        200: { description: 'The depth by account and endpoint, most first', schema: deadLetterSummaryShape },
      },
    },
    ({ c, query: { account = null, ...given } }) => answerSummary(c, account, given),
  );
}

/** Times are of acceptance, as in the list and its `from` and `to`. */
async function answerSummary(
  c: AppContext,
  account: string | null,
  given: Omit<LogQuery, 'limit' | 'cursor' | 'format'>,
): Promise<Response> {
  const found = await fromDatabase(countDeadLetters(logDatabase(account, c.env), { ...filterOf(given), account }));
  if (!found.ok) throw invalid([found.error]);
  const { endpoints, total, isComplete } = found.value;
  const data = endpoints.map(({ oldestAtMs, newestAtMs, ...depth }) => ({
    ...depth,
    oldestAt: rfc3339(oldestAtMs),
    newestAt: rfc3339(newestAtMs),
  }));
  return c.json({ data, total, isComplete });
}
