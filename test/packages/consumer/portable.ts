/** Types that need no runtime's own: checked strictly, with each runtime's types. */
import { createClient, ofAnswer } from '@tubepost/client';
import { createReceiver, type Receiver } from '@tubepost/receiver';
import { withBackoff } from '@tubepost/receiver/backoff';
import { memoryDeadLetters, watchDepth } from '@tubepost/receiver/dead-letters';
import type { WebhookEvent } from '@tubepost/receiver/event';
import { memoryStore } from '@tubepost/receiver/memory';
import { GiveUp, RetryLater } from '@tubepost/receiver/verdicts';
import { verify } from '@tubepost/receiver/verify';
import { fetchHandler } from '@tubepost/receiver/web';

const tubepost = createClient({ origin: 'https://tubepost.example.com', key: 'none' });
const deadLetters = memoryDeadLetters();

export const receiver: Receiver = createReceiver({
  secrets: ['whsec_AAAA'],
  store: memoryStore(),
  handle: async (event: WebhookEvent) => {
    if (event.version === null) throw new GiveUp('no version');
    if (event.type === 'later') throw new RetryLater(30);
    await withBackoff(async ({ remainingMs }) => remainingMs);
  },
  guard: ({ record, version }) => (record === null || version === null ? null : { key: record, version }),
  onReplay: () => 'handle',
  onGap: (gap, filled) => console.log(gap.previous, filled?.error),
  fill: { client: tubepost, account: 'acme', endpoint: 'ep_1' },
  deadLetters,
});

export const handler: (request: Request) => Promise<Response> = fetchHandler(receiver);
export const depth: Promise<number> = watchDepth(deadLetters, (alert) => console.log(alert.kind))();

export async function reasonOf(headers: Headers, body: ArrayBuffer): Promise<string> {
  const result = await verify({ headers, body }, { secrets: ['whsec_AAAA'] });
  if (result.ok) return result.value.id;
  switch (result.error.reason) {
    case 'too-old':
      return `${result.error.timestampSeconds}`;
    case 'bad-secret':
      return `${result.error.index}`;
    default:
      return result.error.reason;
  }
}

export const account = async (): Promise<string> =>
  ofAnswer(await tubepost.call('getAccount', { path: { account: 'acme' } })).account;
