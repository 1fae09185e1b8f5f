import { z } from 'zod';
import { ofAnswer } from '../../client/client.ts';
import { account, tool } from '../tool.ts';

export const findEvent = tool({
  name: 'find_event',
  title: 'Find an event, record, delivery, endpoint or account',
  description:
    'Finds what a text names: the id of an event, delivery, attempt, endpoint, job or alert, a record key or its beginning, an endpoint URL or host, an account id or part of its name. Start here when you do not know the account or the exact id; then ask record_status, explain_delivery or why_not_sent.',
  input: z.strictObject({
    q: z.string().min(1).max(512).describe('Any id, key, URL or name'),
    account,
  }),
  operations: ['search', 'searchAccount'],
  isReading: true,
  run: async ({ client, caller }, { q, account: given }) => {
    const of = given ?? caller.account;
    const found =
      of === null
        ? await client.call('search', { query: { q } })
        : await client.call('searchAccount', { path: { account: of }, query: { q } });
    const { data, isComplete } = ofAnswer(found);
    const hits = data.map(({ type, id, account: owner, name, detail }) => ({ type, id, account: owner, name, detail }));
    return { says: hits.length === 0 ? 'Nothing was found.' : `Hits: ${hits.length}.`, value: { hits, isComplete } };
  },
});
