import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RETRY_SCHEDULE_SECONDS_DEFAULT, RETRY_WINDOW_SECONDS_DEFAULT } from '../../src/core/limits.ts';
import { parseRetryAfter, planRetry, type RetryQuestion } from '../../src/core/retry.ts';

const NOW = 1_764_000_000_000;
const HOUR_MS = 3_600_000;
const never = () => 0;
const DEFAULT_POLICY = {
  scheduleSeconds: [...RETRY_SCHEDULE_SECONDS_DEFAULT],
  windowSeconds: RETRY_WINDOW_SECONDS_DEFAULT,
};

function delayMs(of: Partial<RetryQuestion>): number | string {
  const plan = planRetry({
    policy: DEFAULT_POLICY,
    retries: 0,
    firstAttemptAtMs: NOW,
    heldMs: 0,
    nowMs: NOW,
    retryAfterMs: null,
    random: never,
    ...of,
  });
  return plan.kind === 'retry' ? plan.dueMs - NOW : plan.reason;
}

const question = fc
  .record({
    scheduleSeconds: fc.array(fc.integer({ min: 1, max: 86_400 }), { maxLength: 20 }),
    windowSeconds: fc.integer({ min: 1, max: 604_800 }),
    retries: fc.nat(21),
    sinceFirstMs: fc.nat(700_000_000),
    heldMs: fc.nat(700_000_000),
    retryAfterMs: fc.option(fc.nat(1_000_000_000)),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  })
  .map(({ scheduleSeconds, windowSeconds, sinceFirstMs, random, ...rest }): RetryQuestion => ({
    ...rest,
    policy: { scheduleSeconds, windowSeconds },
    firstAttemptAtMs: NOW - sinceFirstMs,
    nowMs: NOW,
    random: () => random,
  }));

describe('planRetry', () => {
  test('the default schedule is nine attempts: 10 s, 30 s, 2 min, 10 min, 1 h, 3 h, 6 h, 12 h, then no more', () => {
    const minutes = [1 / 6, 0.5, 2, 10, 60, 180, 360, 720];
    expect(minutes.map((_, retries) => delayMs({ retries }))).toEqual(minutes.map((m) => m * 60_000));
    expect(delayMs({ retries: 8 })).toBe('attempts-exhausted');
  });

  test('the whole default schedule fits its window even when every attempt times out', () => {
    let nowMs = NOW;
    for (let retries = 0; retries < 8; retries++) {
      nowMs += 30_000;
      const delay = planRetry({
        policy: DEFAULT_POLICY,
        retries,
        firstAttemptAtMs: NOW,
        heldMs: 0,
        nowMs,
        retryAfterMs: null,
        random: never,
      });
      expect(delay.kind).toBe('retry');
      nowMs = delay.kind === 'retry' ? delay.dueMs : nowMs;
    }
  });

  test.each([
    ['full at the lowest random number', 0, 10_000],
    ['an eighth shorter in the middle', 0.5, 8_750],
    ['a quarter shorter, at most, at the highest', 0.999_999_999, 7_501],
  ])('a delay is %s', (_, random, expected) => {
    expect(delayMs({ random: () => random })).toBe(expected);
  });

  test.each([
    ['shorter than the plan: the plan stands', 0, 1_000, 10_000],
    ['longer than the plan: it is honoured', 0, 90_000, 90_000],
    ['exactly an hour on a short step: it is honoured', 0, HOUR_MS, HOUR_MS],
    ['over an hour on a short step: it is cut to an hour', 0, HOUR_MS + 1, HOUR_MS],
    ['over twice a long step: it is cut to twice the step', 5, 20 * HOUR_MS, 6 * HOUR_MS],
    ['under twice a long step: it is honoured', 5, 5 * HOUR_MS, 5 * HOUR_MS],
    ['absurd: it is cut', 0, Number.MAX_SAFE_INTEGER, HOUR_MS],
  ])('a Retry-After %s', (_, retries, retryAfterMs, expected) => {
    expect(delayMs({ retries, retryAfterMs })).toBe(expected);
  });

  test('a Retry-After below the shortened delay brings no retry forward', () => {
    expect(delayMs({ retryAfterMs: 0, random: () => 0.5 })).toBe(8_750);
  });

  test('a Retry-After past the window is cut to its end instead of killing the delivery', () => {
    const policy = { scheduleSeconds: [10], windowSeconds: 60 };
    expect(delayMs({ policy, retryAfterMs: 600_000, firstAttemptAtMs: NOW - 20_000 })).toBe(40_000);
  });

  test.each([
    ['ends with the window: it is still made', 50_000, 0, 10_000],
    ['ends a millisecond after it: it is not', 50_001, 0, 'window-passed'],
    ['ends after it, but the delivery was held as long: it is made', 50_001, 1, 10_000],
    ['comes long after it, all of it spent held: it is made', 10_000_000, 10_000_000, 10_000],
  ])('a planned retry that %s', (_, sinceFirstMs, heldMs, expected) => {
    const policy = { scheduleSeconds: [10], windowSeconds: 60 };
    expect(delayMs({ policy, firstAttemptAtMs: NOW - sinceFirstMs, heldMs })).toBe(expected);
  });

  test('an endpoint with an empty schedule is tried once', () => {
    expect(delayMs({ policy: { scheduleSeconds: [], windowSeconds: 60 } })).toBe('attempts-exhausted');
  });

  test('a delivery whose schedule and window are both used up says attempts-exhausted', () => {
    expect(delayMs({ retries: 8, firstAttemptAtMs: NOW - 48 * HOUR_MS })).toBe('attempts-exhausted');
  });

  test('whatever is asked, a retry is a whole millisecond, not before 75 % of its step, not after the cap or the window', () => {
    fc.assert(
      fc.property(question, (q) => {
        const plan = planRetry(q);
        const stepMs = (q.policy.scheduleSeconds[q.retries] ?? 0) * 1_000;
        if (plan.kind === 'exhausted') return;
        const delay = plan.dueMs - q.nowMs;
        expect(Number.isSafeInteger(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(0.75 * stepMs);
        expect(delay).toBeLessThanOrEqual(q.retryAfterMs === null ? stepMs : Math.max(2 * stepMs, HOUR_MS));
        expect(plan.dueMs).toBeLessThanOrEqual(q.firstAttemptAtMs + q.heldMs + q.policy.windowSeconds * 1_000);
      }),
    );
  });

  test('a Retry-After never makes a retry earlier, and never turns one into none', () => {
    fc.assert(
      fc.property(question, (q) => {
        const without = planRetry({ ...q, retryAfterMs: null });
        const asked = planRetry(q);
        expect(asked.kind).toBe(without.kind);
        if (asked.kind === 'retry' && without.kind === 'retry') {
          expect(asked.dueMs).toBeGreaterThanOrEqual(without.dueMs);
        }
      }),
    );
  });
});

/** Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110. */
const RFC_EXAMPLE_MS = 784_111_777_000;

describe('parseRetryAfter', () => {
  test.each([
    ['120', 120_000],
    ['0', 0],
    ['007', 7_000],
    ['  30\t', 30_000],
    ['9'.repeat(400), Number.MAX_SAFE_INTEGER],
    ['1.5', 2_000],
    ['0.001', 1_000],
    ['2.0', 2_000],
    // Two lines of a header arrive as one.
    ['5, 7', 7_000],
    ['7,5', 7_000],
    ['120, soon', 120_000],
  ])('seconds %j are a delay of %d ms', (header, expected) => {
    expect(parseRetryAfter(header, NOW)).toBe(expected);
  });

  test.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT'],
    ['Sunday, 06-Nov-94 08:49:37 GMT'],
    ['Sun Nov  6 08:49:37 1994'],
    ['Mon, 06 Nov 1994 08:49:37 GMT'],
    [' Sun, 06 Nov 1994 08:49:37 GMT '],
    ['Sun, 06 Nov 1994 08:49:37 gmt'],
    ['Sun, 06 Nov 1994 08:49:37 UTC'],
    ['Sun, 06 Nov 1994 08:49:37 +0000'],
    ['Sunday, 06-Nov-94 08:49:37 -0000'],
    ['2, Sun, 06 Nov 1994 08:49:37 GMT'],
    ['Sun, 06 Nov 1994 08:49:33 GMT, Sun, 06 Nov 1994 08:49:37 GMT'],
  ])('the date %j is a delay from now', (header) => {
    expect(parseRetryAfter(header, RFC_EXAMPLE_MS - 5_000)).toBe(5_000);
  });

  test.each([
    ['Sun Nov 16 08:49:37 1994', 10 * 86_400_000],
    ['Thu, 29 Feb 1996 00:00:00 GMT', 41_440_223_000],
    ['Sat, 31 Dec 1994 23:59:60 GMT', 4_806_623_000],
  ])('the date %j is read to the second', (header, expected) => {
    expect(parseRetryAfter(header, RFC_EXAMPLE_MS)).toBe(expected);
  });

  test('a date that has passed asks for no delay', () => {
    expect(parseRetryAfter('Sun, 06 Nov 1994 08:49:37 GMT', RFC_EXAMPLE_MS + 1)).toBe(0);
  });

  test('a two-digit year is at most 50 years ahead, else of the century before', () => {
    const in2026 = Date.UTC(2026, 0, 1);
    expect(parseRetryAfter('Friday, 01-Jan-27 00:00:00 GMT', in2026)).toBe(365 * 86_400_000);
    expect(parseRetryAfter('Wednesday, 01-Jan-76 00:00:00 GMT', in2026)).toBe(Date.UTC(2076, 0, 1) - in2026);
    expect(parseRetryAfter('Saturday, 01-Jan-77 00:00:00 GMT', in2026)).toBe(0);
  });

  test.each([
    '',
    ' ',
    'soon',
    '-1',
    '+1',
    '1e3',
    '0x10',
    '12 s',
    'Infinity',
    '2026-11-21T18:00:00Z',
    'Sun, 06 Nov 1994 08:49:37 +0100',
    '1.',
    '.5',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sun, 06 nov 1994 08:49:37 GMT',
    'Sun, 31 Nov 1994 08:49:37 GMT',
    'Wed, 29 Feb 1995 08:49:37 GMT',
    'Sun, 00 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'Sun, 06 Nov 1994 08:60:37 GMT',
    'Sun, 06 Nov 1994 08:49:61 GMT',
    'Sunday, 06-Nov-1994 08:49:37 GMT',
    'Sun Nov 06 08:49:37 94',
    ',',
  ])('%j is neither seconds nor a date, and counts as absent', (header) => {
    expect(parseRetryAfter(header, NOW)).toBe(null);
  });

  test('every second from 1970 to 2199 survives the way through the preferred format', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7_258_118_399 }), (second) => {
        const atMs = second * 1_000;
        expect(parseRetryAfter(new Date(atMs).toUTCString(), 0)).toBe(atMs);
      }),
    );
  });

  test('no text makes it throw or answer a negative or fractional delay', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const delay = parseRetryAfter(text, NOW);
        expect(delay === null || (Number.isSafeInteger(delay) && delay >= 0)).toBe(true);
      }),
    );
  });
});
