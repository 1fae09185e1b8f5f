import { z } from 'zod';
import { ofAnswer } from '../../client/client.ts';
import { account, accountOf, idOf, tool } from '../tool.ts';

export const replay = tool({
  name: 'replay',
  title: 'Send failed deliveries again',
  description:
    'Sends deliveries of one endpoint again: the dead ones, unless statuses says otherwise. It counts only, unless dryRun is false: show the count to a person and ask before you send. A replay never puts an older version over a newer one. Answers with a job; its id is in the answer.',
  input: z.strictObject({
    endpoint: idOf('Endpoint id, ep_…'),
    account,
    records: z.array(idOf('Record key')).min(1).max(50).optional().describe('Only of these records'),
    eventTypes: z.array(idOf('Event type')).min(1).max(50).optional().describe('Only of these event types'),
    statuses: z
      .array(z.enum(['dead', 'delivered', 'cancelled', 'superseded']))
      .min(1)
      .optional()
      .describe('Which deliveries; only dead ones unless given'),
    from: z.iso.datetime({ offset: true }).optional().describe('Accepted from, RFC 3339'),
    to: z.iso.datetime({ offset: true }).optional().describe('Accepted before, RFC 3339'),
    reason: z.string().max(256).optional().describe('Why, for the audit log'),
    dryRun: z.boolean().default(true).describe('true: count only. false: send'),
  }),
  operations: ['startReplay'],
  isReading: false,
  run: async (ask, { account: given, ...body }) => {
    const path = { account: accountOf(ask, given) };
    const answer = ofAnswer(await ask.client.call('startReplay', { path, body }));
    const says = body.dryRun ? 'Nothing was sent: this is the count.' : 'The replay has begun.';
    return { says, value: answer };
  },
});
