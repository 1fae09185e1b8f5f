/** GET events and GET events/{event} (V2). */
import { z } from '@hono/zod-openapi';
import { logDatabase } from '../store/database.ts';
import { listEvents } from '../store/events.ts';
import { settingsOf } from './account-settings.ts';
import type { Api } from './api.ts';
import { fromDatabase } from './database.ts';
import { lookUpEvent } from './event-lookup.ts';
import { presentOf } from './overlay.ts';
import { accountId, accountParams, eventId, filterOf, logQuery, recordKey, showPage } from './params.ts';
import { Problem } from './problem.ts';
import { showEvent } from './render.ts';

export function addEvents(api: Api): void {
  api.route(
    {
      method: 'get',
      path: '/v1/accounts/{account}/events',
      summary: 'Events in the log, newest first',
      params: accountParams,
      query: z.strictObject(logQuery),
      answers: { 200: 'A page of events, without their data' },
    },
    async ({ c, params: { account }, query }) => {
      const database = logDatabase(account, c.env);
      const [settings, page] = await Promise.all([
        settingsOf(c, account),
        fromDatabase(listEvents(database, account, filterOf(query), query)),
      ]);
      const present = presentOf(settings, Date.now());
      return c.json(showPage(page, (event) => showEvent(event, present)));
    },
  );

  api.route(
    {
      method: 'get',
      path: '/v1/accounts/{account}/events/{event}',
      summary: 'One event with its data and deliveries',
      params: z.strictObject({ account: accountId, event: eventId }),
      query: z.strictObject({ record: recordKey.optional() }),
      answers: { 200: 'The event' },
    },
    async ({ c, params, query }) => {
      const settings = await settingsOf(c, params.account);
      const event = await lookUpEvent(c, settings, params.event, query.record);
      if (event === null)
        throw new Problem('not-found', `there is no event "${params.event}" here, or not yet in the log`);
      return c.json(showEvent(event, presentOf(settings, Date.now())));
    },
  );
}
