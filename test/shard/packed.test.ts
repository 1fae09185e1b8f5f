import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packedAttempt, packedDeliveries, packedFacts } from '../../src/shard/packed.ts';
import { keptAttempt, keptList, type Kept, parseFacts } from '../../src/shard/stored.ts';

const nothing = { reason: null, supersededBy: null };
const success = {
  atMs: 1_796_094_698_415,
  latencyMs: 158,
  statusCode: 200,
  error: null,
  responseHeaders: null,
  responseBody: 'ok',
  sent: {
    url: 'https://hooks.crm.example.com/webhooks/tubepost',
    timestamp: 1_796_094_698,
    signature: `v1,${'k'.repeat(43)}=`,
    previous: null,
    own: ['authorization'],
  },
  number: 1,
  trigger: 'first',
  willRetry: false,
  nextAttemptAtMs: null,
} satisfies Kept['success'];
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
  success,
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
    const { delivery } = delivered;
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
        const attempt = { ...success, responseHeaders, responseBody, claim: 1 };
        const read = keptAttempt.parse(JSON.parse(packedAttempt(attempt)));
        expect(read).toEqual(attempt);
      }),
    );
  });
});

const columns = { sequence: 7, acceptedAtMs: 1_796_094_698_400 };
const written = {
  id: `evt_${'0'.repeat(26)}${'k'.repeat(37)}000`,
  type: 'subscription.updated',
  contentHash: '0'.repeat(64),
  record: 'subscription/sub_81',
};

it('the facts of an event are read as they were, without what its row has columns for', () => {
  const kept = parseFacts(JSON.stringify(written), columns);
  expect(kept).toMatchObject({ ...columns, version: null, schemaVersion: null, occurredAt: null, deliveryCount: 1 });
  const more = { ...kept, version: 7, deliveryCount: 0 };
  expect(packedFacts(more)).not.toContain('acceptedAtMs');
  expect(parseFacts(packedFacts(more), columns)).toEqual(more);
});

it('the facts of a row of an older release say themselves what has a column', () => {
  const own = { ...written, sequence: 3, acceptedAtMs: 5, deliveryCount: 2 };
  expect(parseFacts(JSON.stringify(own), columns)).toMatchObject(own);
});

/**
 * SQLite's file format: a row without row id keeps so many bytes on its page of 4,096, and takes a
 * page more beyond them.
 */
const ROW_BYTES_MAX = 1_002;

it('an ordinary event that arrived at the first try fits on a quarter of a page, with what was sent', () => {
  const body = JSON.stringify({
    ...{ id: written.id, type: written.type, timestamp: '2026-12-01T06:50:47.469Z', record: written.record },
    ...{ sequence: 7, version: 7, schemaVersion: null, data: { plan: 'pro', seats: 12 } },
  });
  const facts = packedFacts({ ...parseFacts(JSON.stringify(written), columns), version: 7 });
  const columnsBytes = 60;
  const bytes = columnsBytes + facts.length + packedDeliveries([delivered]).length + body.length;
  expect(bytes).toBeLessThan(ROW_BYTES_MAX);
});
