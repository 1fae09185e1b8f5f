/** The same lists across all accounts, for operators. From the log and the projection: seconds late. */
import { z } from '@hono/zod-openapi';
import { rfc3339 } from '../core/body.ts';
import { TARGET_DELIVER_MS_DEFAULT, TARGET_WARN_MS_DEFAULT } from '../core/limits.ts';
import type { DeliveryView } from '../core/view.ts';
import { listAttempts } from '../store/attempts.ts';
import { logDatabase } from '../store/database.ts';
import { listDeliveries } from '../store/deliveries.ts';
import { listEndpoints } from '../store/endpoints.ts';
import type { Api } from './api.ts';
import { type AppContext, settingsCacheOf } from './context.ts';
import { fromDatabase } from './database.ts';
import { many } from './fields.ts';
import { overlay, type Present, presentOf } from './overlay.ts';
import { accountId, filterOf, logQuery, pageQuery, showPage } from './params.ts';
import { showAttempt, showDelivery } from './render.ts';

const everywhere = z.strictObject({});
const query = z.strictObject({ ...logQuery, account: accountId.optional() });

export function addOperatorLists(api: Api): void {
  api.route(
    {
      method: 'get',
      path: '/v1/deliveries',
      summary: 'Deliveries of all accounts',
      params: everywhere,
      query,
      answers: { 200: 'A page' },
    },
    async ({ c, query: { account = null, ...given } }) => {
      const database = logDatabase(account, c.env);
      const page = await fromDatabase(listDeliveries(database, { ...filterOf(given), account }, given));
      const presents = await presentsOf(c, page.ok ? page.value.data : []);
      return c.json(showPage(page, (view) => showDelivery(overlay(view, presentIn(presents, view)))));
    },
  );

  api.route(
    {
      method: 'get',
      path: '/v1/attempts',
      summary: 'Attempts of all accounts',
      params: everywhere,
      query,
      answers: { 200: 'A page' },
    },
    async ({ c, query: { account = null, ...given } }) => {
      const database = logDatabase(account, c.env);
      const page = await fromDatabase(listAttempts(database, { ...filterOf(given), account }, given));
      return c.json(showPage(page, (attempt) => ({ ...showAttempt(attempt, attempt), account: attempt.account })));
    },
  );

  api.route(
    {
      method: 'get',
      path: '/v1/endpoints',
      summary: 'Endpoints of all accounts',
      params: everywhere,
      query: z.strictObject({
        ...pageQuery,
        account: many(accountId),
        status: many(z.enum(['enabled', 'paused', 'disabled'])),
      }),
      answers: { 200: 'A page' },
    },
    async ({ c, query: { account, status, ...page } }) => {
      const found = await fromDatabase(listEndpoints(c.env.CONFIG, { account, status }, page));
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

/** One read for each account of the page, at most its limit; what is remembered is fresh enough for a list. */
async function presentsOf(c: AppContext, views: DeliveryView[]): Promise<Map<string, Present>> {
  const nowMs = Date.now();
  const accounts = [...new Set(views.map((view) => view.account))];
  const known = await Promise.all(accounts.map((account) => settingsCacheOf(c.env).get(account, nowMs)));
  return new Map(
    known.flatMap((found) => (found === null ? [] : [[found.settings.account, presentOf(found.settings, nowMs)]])),
  );
}

/** Of an account that is gone, nothing is left to deliver to. */
function presentIn(presents: Map<string, Present>, { account }: DeliveryView): Present {
  return presents.get(account) ?? { endpoints: new Map(), targets: NO_TARGETS, nowMs: Date.now() };
}
const NO_TARGETS = { deliverWithinMs: TARGET_DELIVER_MS_DEFAULT, warnAfterMs: TARGET_WARN_MS_DEFAULT };
