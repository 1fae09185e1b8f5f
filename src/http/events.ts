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
import { eventDetailShape, listedEventsShape } from './shapes/event-shapes.ts';

const COLUMNS = 'id type record sequence version occurredAt acceptedAt deliveryCount deliveries'.split(' ');

export function addEvents(api: Api): void {
  api.route(
    {
      method: 'get',
      path: '/v1/accounts/{account}/events',
      id: 'listEvents',
      summary: 'Events in the log, newest first',
      params: accountParams,
      query: z.strictObject(logQuery),
      words: { status: 'Status of one of its deliveries; may be given several times' },
      answers: { 200: { description: 'A page of events, without their data', schema: listedEventsShape } },
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
      id: 'getEvent',
      summary: 'One event with its data and deliveries',
      params: z.strictObject({ account: accountId, event: eventId }),
      query: z.strictObject({ record: recordKey.optional() }),
      words: { record: 'Key of its record: finds an event of your own id before the log has it' },
      answers: { 200: { description: 'The event', schema: eventDetailShape } },
      problems: ['several-records'],
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
