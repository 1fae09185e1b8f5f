import { z } from 'zod';
import { ofAnswer } from '../../client/client.ts';
import { account, accountOf, idOf, tool } from '../tool.ts';

export const recordStatus = tool({
  name: 'record_status',
  title: 'Where a record stands at every endpoint',
  description:
    'Answers "my CRM still shows the old plan": for each endpoint of the account one sentence about the newest event of the record, also for endpoints that did not want it and why. Use why_not_sent for one event, explain_delivery for the attempts.',
  input: z.strictObject({ key: idOf('Record key, like subscription/sub_81'), account }),
  operations: ['getRecordByKey'],
  isReading: true,
  run: async (ask, { key, account: given }) => {
    const path = { account: accountOf(ask, given) };
    return {
      says: 'The status of the record; each note is the answer for one endpoint.',
      value: ofAnswer(await ask.client.call('getRecordByKey', { path, query: { key } })),
    };
  },
});
