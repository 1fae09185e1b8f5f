/** GET events and GET events/{event} (V2). */
import { z } from '@hono/zod-openapi';
import { logDatabase } from '../store/database.ts';
import { listEvents } from '../store/log/events.ts';
import { settingsOf } from './account-settings.ts';
import type { Api } from './api.ts';
import { lookUpEvent } from './event-lookup.ts';
import { answerLog } from './export.ts';
import { unsentOf } from './not-sent.ts';
import { accountId, accountParams, eventId, filterOf, logQuery, recordKey } from './params.ts';
import { presentFor } from './probes.ts';
import { Problem } from './problem.ts';
import { ofRecord } from './record-events.ts';
import { showEvent } from './render.ts';

const COLUMNS = 'id type record sequence version occurredAt acceptedAt deliveryCount deliveries'.split(' ');

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
      const settings = await settingsOf(c, account);
      const asked = filterOf(query);
      const filter = { ...asked, ...(await ofRecord(c, settings, asked)) };
      return answerLog(c, query, {
        name: 'events',
        columns: COLUMNS,
        queriesPerPage: 3,
        read: (page) => listEvents(logDatabase(account, c.env), account, filter, page),
        async show(events) {
          const waiting = query.format === 'json' ? events.flatMap((event) => event.deliveries) : [];
          const present = await presentFor(c.env, settings, waiting);
          return events.map((event) => showEvent(event, present));
        },
      });
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
      const present = await presentFor(c.env, settings, event.deliveries);
      const { notSent, nowhere } = unsentOf(event, present);
      return c.json({ ...showEvent(event, present), notSent, note: nowhere });
    },
  );
}
