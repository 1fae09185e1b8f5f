import { z } from 'zod';
import { ofAnswer } from '../../client/client.ts';
import { account, accountOf, idOf, tool } from '../tool.ts';

/** Of a wide event: those that failed or wait come first in the answer of the API. */
const DELIVERIES_MAX = 20;

export const whyNotSent = tool({
  name: 'why_not_sent',
  title: 'Where one event went, and where not',
  description:
    'For one event: its delivery to each endpoint, and for each endpoint that did not get it the reason (not subscribed, filter did not match, added later, payload gone). Also shows the payload.',
  input: z.strictObject({
    event: idOf('Event id: evt_… or the id that the publisher gave'),
    record: idOf('Its record key, where the publisher used one id for several records').optional(),
    account,
  }),
  operations: ['getEvent'],
  isReading: true,
  run: async (ask, { event, record, account: given }) => {
    const path = { account: accountOf(ask, given), event };
    const query = record === undefined ? {} : { record };
    const { deliveries, ...facts } = ofAnswer(await ask.client.call('getEvent', { path, query }));
    return {
      says: 'The event. deliveries: where it went. notSent: endpoints that did not get it, each with its reason.',
      value: { ...facts, deliveries: deliveries.slice(0, DELIVERIES_MAX) },
    };
  },
});
