import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packedAttempt, packedDeliveries, packedFacts } from '../../src/shard/packed.ts';
import { facts, keptAttempt, keptList, type Kept } from '../../src/shard/stored.ts';

const nothing = { reason: null, supersededBy: null };
const delivered: Kept = {
  delivery: {
    endpoint: 'ep_01m8qsc85kpkj1gh3ygvmbpccq',
    replay: 0,
    replayFacts: null,
    ordering: 'ordered',
    state: { kind: 'ended', as: 'delivered', atMs: 1_796_094_698_576, ...nothing },
    claim: null,
    claims: 1,
    attempts: 1,
    retries: 0,
    firstAttemptAtMs: 1_796_094_698_414,
    heldMs: 0,
    heldSinceMs: null,
    last: { atMs: 1_796_094_698_415, statusCode: 200, error: null, latencyMs: 158 },
    previous: { sequence: null },
    revision: 3,
  },
  success: {
    atMs: 1_796_094_698_415,
    latencyMs: 158,
    statusCode: 200,
    error: null,
    responseHeaders: null,
    responseBody: 'ok',
    number: 1,
    trigger: 'first',
    willRetry: false,
    nextAttemptAtMs: null,
  },
  acked: 0,
  ackedAttempts: 0,
};

function again(kept: Kept[]): Kept[] {
  return keptList.parse(JSON.parse(packedDeliveries(kept)));
}

describe('a stored delivery', () => {
  it('is read as it was, in little more than half of its JSON', () => {
    expect(again([delivered])).toEqual([delivered]);
    expect(packedDeliveries([delivered]).length).toBeLessThan(JSON.stringify([delivered]).length * 0.55);
  });

  it.each([0, 1, 7])('keeps numbers that are as usual and those that are not: %i', (n) => {
    const { delivery, success } = delivered;
    const counted = { ...delivery, replay: n, retries: n, heldMs: n, previous: { sequence: n } };
    const kept = { delivery: counted, success, acked: n, ackedAttempts: n };
    expect(again([kept])).toEqual([kept]);
  });

  it('keeps a last attempt that is not the stored success', () => {
    const error = { kind: 'timeout', message: 'no answer within 15 s' } as const;
    const last = { atMs: 1_796_094_700_000, statusCode: null, error, latencyMs: 15_000 };
    const late = { ...delivered, delivery: { ...delivered.delivery, last } };
    const failed = { ...late, success: null };
    expect(again([late, failed])).toEqual([late, failed]);
  });

  it('keeps that nothing was tried yet, and that what comes before is not known', () => {
    const { delivery } = delivered;
    const state = { kind: 'waiting', as: 'queued', dueMs: 0 } as const;
    const fresh = { ...delivered, success: null, delivery: { ...delivery, state, last: null, previous: null } };
    expect(again([fresh])).toEqual([fresh]);
  });

  it('keeps what receivers answered, whatever its headers are called', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), fc.option(fc.string()), (headers, responseBody) => {
        const responseHeaders = Object.fromEntries(Object.entries(headers).filter(([name]) => name !== '__proto__'));
        const attempt = { ...delivered.success, responseHeaders, responseBody, claim: 1 };
        const read = keptAttempt.parse(JSON.parse(packedAttempt(keptAttempt.parse(attempt))));
        expect(read).toEqual(attempt);
      }),
    );
  });
});

it('the facts of an event are read as they were', () => {
  const kept = facts.parse({
    sequence: 1,
    id: 'evt_1',
    type: 'a.b',
    acceptedAtMs: 1,
    contentHash: '0',
    deliveryCount: 0,
  });
  expect(kept).toMatchObject({ version: null, schemaVersion: null, occurredAt: null, record: null });
  expect(facts.parse(JSON.parse(packedFacts({ ...kept, version: 7, record: 'sub/1' })))).toEqual({
    ...kept,
    version: 7,
    record: 'sub/1',
  });
});
