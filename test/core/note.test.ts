import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DeliveryStatus } from '../../src/core/delivery.ts';
import type { ErrorKind } from '../../src/core/outcome.ts';
import { note, span, worstStatus } from '../../src/core/note.ts';
import type { DeliveryView } from '../../src/core/view.ts';

const NOW = 1_764_000_000_000;
const REPLAY = `dlv_k${'a'.repeat(32)}000_1_${'0'.repeat(26)}_r1`;
const CRM = { endpointName: 'CRM', targets: { deliverWithinMs: 5_000, warnAfterMs: 60_000 } };
const STATUSES: DeliveryStatus[] = [
  'queued',
  'delivering',
  'retrying',
  'delivered',
  'dead',
  'superseded',
  'held',
  'cancelled',
];

/** Accepted one second ago, and not tried. */
function view(of: Partial<DeliveryView>): DeliveryView {
  return {
    id: 'dlv_1',
    account: 'acme',
    endpoint: 'ep_1',
    event: 'evt_1',
    eventType: 'subscription.updated',
    record: 'subscription/sub_81',
    sequence: 3,
    version: null,
    status: 'queued',
    attempts: 0,
    last: null,
    nextAttemptAtMs: null,
    blockedBy: null,
    supersededBy: null,
    replayOf: null,
    replayedBy: null,
    reason: null,
    acceptedAtMs: NOW - 1_000,
    endedAtMs: null,
    ...of,
  };
}

function failed(kind: ErrorKind, statusCode: number | null = null): Pick<DeliveryView, 'attempts' | 'last'> {
  return { attempts: 1, last: { atMs: NOW - 500, statusCode, error: { kind, message: kind }, latencyMs: 100 } };
}

describe('the sentence', () => {
  const timedOut = failed('timeout');
  const unavailable = failed('http-5xx', 503);

  test.each<[string, Partial<DeliveryView>]>([
    ['Waiting to be sent to CRM', {}],
    ['Waiting to be sent to CRM, due in 12 s', { nextAttemptAtMs: NOW + 12_000 }],
    ['Waiting behind an earlier event of this record to CRM', { blockedBy: 'dlv_0' }],
    ['Being sent to CRM', { status: 'delivering' }],
    ['Being sent to CRM, attempt 2', { status: 'delivering', ...timedOut }],
    ['CRM timed out, retry in 47 s', { status: 'retrying', ...timedOut, nextAttemptAtMs: NOW + 46_001 }],
    ['CRM answered 503, retry in 10 min', { status: 'retrying', ...unavailable, nextAttemptAtMs: NOW + 600_000 }],
    ['CRM timed out, retry is due', { status: 'retrying', ...timedOut, nextAttemptAtMs: NOW }],
    ['CRM timed out, retry is due', { status: 'retrying', ...timedOut }],
    ['CRM did not get it, retry in 9 s', { status: 'retrying', nextAttemptAtMs: NOW + 9_000 }],
    [
      'CRM timed out, waiting behind an earlier event of this record',
      { status: 'retrying', ...timedOut, blockedBy: 'dlv_0', nextAttemptAtMs: NOW + 9_000 },
    ],
    ['Delivered to CRM in 120 ms', { status: 'delivered', attempts: 1, endedAtMs: NOW - 880 }],
    ['Delivered to CRM in 11 s, on attempt 2', { status: 'delivered', attempts: 2, endedAtMs: NOW + 10_000 }],
    ['Delivered to CRM by a replay', { status: 'delivered', endedAtMs: NOW, id: REPLAY, replayOf: 'dlv_0' }],
    ['Delivered to CRM by a replay', { status: 'delivered', endedAtMs: NOW, id: REPLAY }],
    [
      'Not delivered: CRM answered 404, which is not retried',
      { status: 'dead', ...failed('http-4xx', 404), reason: 'http-404' },
    ],
    [
      'Not delivered: CRM redirects elsewhere (302), which is not retried',
      { status: 'dead', ...failed('redirect', 302), reason: 'http-302' },
    ],
    [
      'Not delivered: CRM answered 503, and all 9 attempts are used up',
      { status: 'dead', ...unavailable, attempts: 9, reason: 'attempts-exhausted' },
    ],
    [
      'Not delivered: CRM timed out, and no retry is planned',
      { status: 'dead', ...timedOut, reason: 'attempts-exhausted' },
    ],
    [
      'Not delivered: CRM timed out, and the time for retries is over',
      { status: 'dead', ...timedOut, reason: 'window-passed' },
    ],
    [
      'Not delivered: CRM asked not to get this event again',
      { status: 'dead', ...unavailable, reason: 'abort-message' },
    ],
    [
      'Not delivered: it was only worth sending for a short time, and that is over',
      { status: 'dead', reason: 'expired' },
    ],
    [
      'Not delivered: CRM answered 404, which is not retried. It was sent again by a replay',
      { status: 'dead', ...failed('http-4xx', 404), reason: 'http-404', replayedBy: 'dlv_2' },
    ],
    [
      'Not delivered: CRM answered 404, which is not retried. It was sent again by a replay, which arrived',
      { status: 'dead', ...failed('http-4xx', 404), replayedBy: 'dlv_2', replayResolved: true },
    ],
    [
      'Not delivered: CRM answered 404, which is not retried. It was sent again by a replay, which did not arrive either',
      { status: 'dead', ...failed('http-4xx', 404), replayedBy: 'dlv_2', replayResolved: false },
    ],
    ['Not sent to CRM: a newer event of this record took its place', { status: 'superseded', supersededBy: 'dlv_2' }],
    ['Paused; it will be sent when CRM is resumed', { status: 'held' }],
    ['Cancelled; it will not be sent to CRM', { status: 'cancelled' }],
    [
      'Cancelled: the endpoint was removed; it will not be sent to CRM',
      { status: 'cancelled', reason: 'endpoint-removed' },
    ],
    [
      'Cancelled: the endpoint was disabled; it will not be sent to CRM',
      { status: 'cancelled', reason: 'endpoint-disabled' },
    ],
    [
      'Cancelled: the endpoint was disabled (moved away); it will not be sent to CRM',
      { status: 'cancelled', reason: 'endpoint-disabled: moved away' },
    ],
    [
      'Cancelled: the data of the event was erased; it will not be sent to CRM',
      { status: 'cancelled', reason: 'payload erased' },
    ],
    ['Cancelled: something else; it will not be sent to CRM', { status: 'cancelled', reason: 'something else' }],
    ['Discarded by hand; it will not be sent to CRM', { status: 'cancelled', reason: 'discarded' }],
    [
      'Discarded by hand (old plan); it will not be sent to CRM',
      { status: 'cancelled', reason: 'discarded: old plan' },
    ],
  ])('%s', (sentence, of) => {
    expect(note(view(of), NOW, CRM).note).toBe(sentence);
  });

  test.each<[ErrorKind, number | null, string]>([
    ['timeout', null, 'CRM timed out'],
    ['dns', null, 'CRM was not found (DNS)'],
    ['connect', null, 'CRM could not be reached'],
    ['tls', null, 'CRM has no valid certificate (TLS)'],
    ['reset', null, 'CRM broke off the connection'],
    ['refused-address', null, 'CRM has an address that is not allowed'],
    ['redirect', 301, 'CRM redirects elsewhere (301)'],
    ['http-4xx', 429, 'CRM answered 429'],
    ['http-5xx', 500, 'CRM answered 500'],
    ['lost', null, 'It is unknown whether CRM got it'],
    ['not-sent', null, 'A fault of ours keeps us from sending it to CRM'],
  ])('%s is said in plain words', (kind, statusCode, words) => {
    const retrying = view({ status: 'retrying', ...failed(kind, statusCode), nextAttemptAtMs: NOW + 8_000 });
    expect(note(retrying, NOW, CRM).note).toBe(`${words}, retry in 8 s`);
  });

  test('an endpoint with a long description does not fill the page', () => {
    const named = note(view({}), NOW, { ...CRM, endpointName: `${'x'.repeat(79)}${'😀'.repeat(400)}` }).note;
    expect(named.length).toBeLessThan(120);
    expect(named.isWellFormed()).toBe(true);
  });
});

describe('late', () => {
  const old = (status: DeliveryStatus, ageMs: number, of: Partial<DeliveryView> = {}) =>
    note(view({ status, acceptedAtMs: NOW - ageMs, ...of }), NOW, CRM);

  test.each(STATUSES)('%s is not late at the target', (status) => {
    expect(old(status, 5_000).late).toBe(false);
  });

  test.each<[DeliveryStatus, boolean]>([
    ['queued', true],
    ['delivering', true],
    ['retrying', true],
    ['held', true],
    ['dead', true],
    ['delivered', false],
    ['superseded', false],
    ['cancelled', false],
  ])('%s past the target: late is %s', (status, late) => {
    expect(old(status, 5_001).late).toBe(late);
  });

  test('what was delivered after the target is no longer late: the endpoint has it', () => {
    expect(old('delivered', 3_600_000, { endedAtMs: NOW - 1_000 }).late).toBe(false);
  });

  test('a dead letter that was sent again leaves late to its replay', () => {
    expect(old('dead', 3_600_000, { replayedBy: 'dlv_2' }).late).toBe(false);
  });

  test('the targets are the account’s', () => {
    const targets = { deliverWithinMs: 100_000, warnAfterMs: 200_000 };
    expect(note(view({ acceptedAtMs: NOW - 100_000 }), NOW, { ...CRM, targets }).late).toBe(false);
    expect(note(view({ acceptedAtMs: NOW - 100_001 }), NOW, { ...CRM, targets }).late).toBe(true);
  });

  test('past the second target the sentence says for how long the endpoint has been without it', () => {
    const of = { ...failed('timeout'), nextAttemptAtMs: NOW + 47_000 };
    expect(old('retrying', 60_000, of).note).toBe('CRM timed out, retry in 47 s');
    expect(old('retrying', 180_000, of).note).toBe(
      'CRM timed out, retry in 47 s. Late: 3 min after it was accepted, CRM still does not have it',
    );
  });

  test.each<DeliveryStatus>(['delivered', 'dead', 'superseded', 'cancelled'])(
    '%s gets no such addition: it has ended',
    (status) => {
      expect(old(status, 3_600_000).note).not.toContain('Late');
    },
  );
});

test('the sentence for any view is one line that names the endpoint or the pause, without holes', () => {
  const anyView = fc.record({
    status: fc.constantFrom(...STATUSES),
    attempts: fc.nat(9),
    nextAttemptAtMs: fc.option(fc.integer({ min: NOW - 100_000, max: NOW + 100_000 })),
    blockedBy: fc.option(fc.constant('dlv_0')),
    reason: fc.option(fc.constantFrom('http-404', 'expired', 'attempts-exhausted', 'discarded', 'else')),
    acceptedAtMs: fc.integer({ min: NOW - 1e9, max: NOW + 10_000 }),
    endedAtMs: fc.option(fc.constant(NOW)),
  });
  fc.assert(
    fc.property(anyView, (of) => {
      const sentence = note(view(of), NOW, CRM).note;
      expect(sentence).not.toMatch(/undefined|null|NaN| -\d|\n| {2}|\.$/);
      if (of.reason !== 'expired') expect(sentence).toContain('CRM');
    }),
  );
});

test.each([
  [-5, '0 ms'],
  [0, '0 ms'],
  [999, '999 ms'],
  [1_000, '1 s'],
  [1_249, '1.2 s'],
  [9_999, '10 s'],
  [47_400, '47 s'],
  [119_999, '120 s'],
  [120_000, '2 min'],
  [7_199_999, '120 min'],
  [7_200_000, '2 h'],
  [172_799_999, '48 h'],
  [172_800_000, '2 days'],
])('%d ms is said as %s', (ms, said) => {
  expect(span(ms)).toBe(said);
});

describe('worstStatus', () => {
  const WORST_FIRST: DeliveryStatus[] = [
    'dead',
    'retrying',
    'held',
    'queued',
    'delivering',
    'cancelled',
    'superseded',
    'delivered',
  ];

  test('a record is as bad as its worst delivery, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...STATUSES), { minLength: 1 }), (statuses) => {
        expect(worstStatus(statuses)).toBe(WORST_FIRST.find((status) => statuses.includes(status)));
      }),
    );
  });

  test('a record that no endpoint wants has none', () => {
    expect(worstStatus([])).toBe(null);
  });
});
