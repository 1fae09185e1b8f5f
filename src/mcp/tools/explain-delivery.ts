import { z } from 'zod';
import { ofAnswer } from '../../client/client.ts';
import { account, accountOf, idOf, tool } from '../tool.ts';

export const explainDelivery = tool({
  name: 'explain_delivery',
  title: 'The story of one delivery',
  description:
    'One event on its way to one endpoint: its status in a sentence, every attempt with the request as it was sent, the response and the error, what it waits behind and when it is tried next.',
  input: z.strictObject({ delivery: idOf('Delivery id, dlv_…'), account }),
  operations: ['getDelivery'],
  isReading: true,
  run: async (ask, { delivery, account: given }) => {
    const path = { account: accountOf(ask, given), delivery };
    const found = ofAnswer(await ask.client.call('getDelivery', { path }));
    const { attemptLog, ...facts } = found;
    return { says: 'The delivery; note says how it stands.', value: { ...facts, attemptLog: newest(attemptLog) } };
  },
});

const ATTEMPTS_MAX = 10;

function newest<T>(attempts: readonly T[]): T[] {
  return attempts.slice(-ATTEMPTS_MAX);
}
