/** The consumer of FANOUT and SLOW with fakes that record what it did. */
import { expect, test } from 'vitest';
import type { AttemptOutcome } from '../../src/core/outcome.ts';
import type { AttemptRequest, BeginResult, ClaimRef } from '../../src/core/rpc.ts';
import { consumeFanout } from '../../src/queues/fanout.ts';

const CLAIM: ClaimRef = { record: 'k1', sequence: 1, endpoint: 'ep_1', replay: 0, claim: 1 };
// Only what the consumer itself looks at.
const REQUEST = { claim: CLAIM } as AttemptRequest;
const OUTCOME = { statusCode: 200, error: null } as AttemptOutcome;

function bench(beginMs: number, begun: BeginResult = { kind: 'request', request: REQUEST }) {
  const did: string[] = [];
  let nowMs = 0;
  const message = (body: unknown) => ({
    id: 'm1',
    body,
    ack: () => did.push('ack'),
    retry: () => did.push('retry'),
  });
  const run = (body: unknown) =>
    consumeFanout({ messages: [message(body)] } as unknown as MessageBatch, {
      shard: () => ({
        begin: async () => {
          nowMs += beginMs;
          return [begun];
        },
        settle: async () => void did.push('settle'),
      }),
      send: async () => {
        did.push('send');
        return OUTCOME;
      },
      nowMs: () => nowMs,
      wait: () => Promise.resolve(),
      report: () => undefined,
    });
  return { did, run };
}

test('a claim that still stands is sent, settled and acknowledged, in that order', async () => {
  const { did, run } = bench(10);
  await run({ v: 2, shard: 's', claim: CLAIM });
  expect(did).toEqual(['send', 'settle', 'ack']);
});

test('a request that came too late is not sent: its claim may have been given up, and another request be under way', async () => {
  const { did, run } = bench(5_001);
  await run({ v: 2, shard: 's', claim: CLAIM });
  expect(did).toEqual(['ack']);
});

test('a claim that is gone is acknowledged and forgotten', async () => {
  const { did, run } = bench(10, { kind: 'gone' });
  await run({ v: 2, shard: 's', claim: CLAIM });
  expect(did).toEqual(['ack']);
});

test('what is no claim is left to the dead-letter queue', async () => {
  const { did, run } = bench(10);
  await run({ nonsense: true });
  expect(did).toEqual(['retry']);
});
