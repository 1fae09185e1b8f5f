import { z } from 'zod';
import { ofAnswer } from '../../client/client.ts';
import { account, accountOf, idOf, tool } from '../tool.ts';

export const sendTest = tool({
  name: 'send_test',
  title: 'Send a test event to an endpoint',
  description:
    'Sends one signed event of the type tubepost.test to the endpoint now, and answers with the attempt: what was sent and what came back. It changes no record. A 2xx also lets waiting deliveries be tried at once.',
  input: z.strictObject({ endpoint: idOf('Endpoint id, ep_…'), account }),
  operations: ['testEndpoint'],
  isReading: false,
  run: async (ask, { endpoint, account: given }) => {
    const path = { account: accountOf(ask, given), endpoint };
    return { says: 'The test was sent.', value: ofAnswer(await ask.client.call('testEndpoint', { path, body: {} })) };
  },
});
