import { z } from 'zod';
import { ofAnswer } from '../../client/client.ts';
import { account, accountOf, idOf, tool } from '../tool.ts';

const FAILURES_MAX = 20;

export const listFailures = tool({
  name: 'list_failures',
  title: 'Deliveries that failed for good',
  description:
    'Dead letters of an account: how many for each endpoint, and the newest of them with the last error. Narrow it by endpoint, record, event type or time. Use replay with dryRun to see what sending them again would do.',
  input: z.strictObject({
    account,
    endpoint: idOf('Only of this endpoint, ep_…').optional(),
    record: idOf('Only of this record key').optional(),
    eventType: idOf('Only of this event type').optional(),
    from: z.iso.datetime({ offset: true }).optional().describe('Accepted from, RFC 3339'),
    to: z.iso.datetime({ offset: true }).optional().describe('Accepted before, RFC 3339'),
    limit: z.int().min(1).max(FAILURES_MAX).default(10).describe('How many to list'),
  }),
  operations: ['countDeadLetters', 'listDeadLetters'],
  isReading: true,
  run: async (ask, { account: given, limit, ...filter }) => {
    const path = { account: accountOf(ask, given) };
    const query = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
    const [counted, listed] = await Promise.all([
      ask.client.call('countDeadLetters', { path, query }),
      ask.client.call('listDeadLetters', { path, query: { ...query, limit } }),
    ]);
    const { total, isComplete, data: byEndpoint } = ofAnswer(counted);
    const { data: failures } = ofAnswer(listed);
    return {
      says: total === 0 ? 'Nothing has failed for good.' : `Dead letters: ${total}${isComplete ? '' : ' or more'}.`,
      value: { total, isComplete, byEndpoint, newest: failures },
    };
  },
});
