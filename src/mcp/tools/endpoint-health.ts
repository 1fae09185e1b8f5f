import { z } from 'zod';
import { ofAnswer } from '../../client/client.ts';
import { account, accountOf, idOf, tool } from '../tool.ts';

export const endpointHealth = tool({
  name: 'endpoint_health',
  title: 'How an endpoint does',
  description:
    'Success and latency of one endpoint in the last minutes, hour and day, what waits for it, whether its circuit holds deliveries back and when it is tried next.',
  input: z.strictObject({ endpoint: idOf('Endpoint id, ep_…'), account }),
  operations: ['getEndpointHealth', 'getEndpoint'],
  isReading: true,
  run: async (ask, { endpoint, account: given }) => {
    const path = { account: accountOf(ask, given), endpoint };
    const [health, settings] = await Promise.all([
      ask.client.call('getEndpointHealth', { path }),
      ask.client.call('getEndpoint', { path }),
    ]);
    const { url, description, eventTypes, ordering } = ofAnswer(settings);
    return {
      says: 'The health of the endpoint.',
      value: { ...ofAnswer(health), settings: { url, description, eventTypes, ordering } },
    };
  },
});
