import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkAlsoRetry,
  checkDescription,
  checkEventTypes,
  checkExternalId,
  checkScheduleSeconds,
  checkOverlapSeconds,
  checkSecret,
  checkSigningKey,
  checkTimeoutMs,
  checkWindowSeconds,
} from '../../src/core/endpoint-rules.ts';
import {
  RETRY_SCHEDULE_SECONDS_DEFAULT,
  RETRY_WINDOW_SECONDS_DEFAULT,
  TIMEOUT_MS_DEFAULT,
} from '../../src/core/limits.ts';

describe('event types', () => {
  test.each([
    [[]],
    [['ticket']],
    [['ticket.created', 'ticket.*']],
    [['a.b.*']],
    [['x'.repeat(128)]],
    [[`${'x'.repeat(126)}.*`]],
    [Array.from({ length: 200 }, (_, i) => `t${i}`)],
  ])('%j are accepted', (types) => {
    expect(checkEventTypes(types)).toBe(null);
  });

  test.each([
    ['*', /leave the list empty/],
    ['', /dotted name/],
    ['.*', /followed by "\.\*"/],
    ['ticket.', /dotted name/],
    ['ticket*', /dotted name/],
    ['*.created', /dotted name/],
    ['ticket.*.created', /dotted name/],
    ['ticket.**', /dotted name/],
    ['ticket.*.*', /followed by "\.\*"/],
    ['ticket..*', /followed by "\.\*"/],
    ['ti cket.*', /got "ti cket\.\*"/],
    [`${'x'.repeat(127)}.*`, /at most 128 characters.* has 129$/],
  ])('%j is refused, also behind good ones', (pattern, why) => {
    expect(checkEventTypes([pattern])).toMatch(why);
    expect(checkEventTypes(['ticket.created', pattern])).toMatch(why);
  });

  test('201 of them are refused', () => {
    expect(checkEventTypes(Array.from({ length: 201 }, (_, i) => `t${i}`))).toBe(
      'must have at most 200 event types; it has 201',
    );
  });
});

describe('description and externalId', () => {
  test('both take clean text up to their limits in bytes', () => {
    expect(checkDescription('')).toBe(null);
    expect(checkDescription('CRM of the sales team ☎')).toBe(null);
    expect(checkDescription('é'.repeat(512))).toBe(null);
    expect(checkExternalId('crm-1')).toBe(null);
    expect(checkExternalId('x'.repeat(256))).toBe(null);
  });

  test.each([
    ['a description over 1 KiB', checkDescription('é'.repeat(513)), /must have 0 to 1024 bytes.* has 1026$/],
    ['a description of two lines', checkDescription('a\nb'), /control characters.* U\+000A at position 1$/],
    ['half of a surrogate pair', checkDescription('\udc00'), /well-formed/],
    ['an empty externalId', checkExternalId(''), /must have 1 to 256 bytes/],
    ['an externalId over 256 bytes', checkExternalId('x'.repeat(257)), /has 257$/],
    ['a control character', checkExternalId('a\u0085'), /U\+0085/],
  ])('%s is refused', (_, sentence, why) => {
    expect(sentence).toMatch(why);
  });
});

describe('timeout, schedule and window', () => {
  test('the defaults obey the rules', () => {
    expect(checkTimeoutMs(TIMEOUT_MS_DEFAULT)).toBe(null);
    expect(checkScheduleSeconds(RETRY_SCHEDULE_SECONDS_DEFAULT)).toBe(null);
    expect(checkWindowSeconds(RETRY_WINDOW_SECONDS_DEFAULT)).toBe(null);
  });

  test('the ends of each range are accepted', () => {
    expect([1_000, 30_000].map(checkTimeoutMs)).toEqual([null, null]);
    expect([1, 604_800].map(checkWindowSeconds)).toEqual([null, null]);
    expect(checkScheduleSeconds([1, 86_400])).toBe(null);
    expect(checkScheduleSeconds([])).toBe(null);
    expect(checkScheduleSeconds(Array.from({ length: 20 }, () => 5))).toBe(null);
  });

  test.each([999, 30_001, 0, -1, 1_500.5, NaN, Infinity])('a timeout of %d ms is refused', (ms) => {
    expect(checkTimeoutMs(ms)).toBe(`must be a whole number from 1000 to 30000 ms; got ${String(ms)}`);
  });

  test.each([0, -10, 0.5, 86_401, NaN, Infinity])('a step of %d s is refused, also behind good ones', (step) => {
    expect(checkScheduleSeconds([10, step])).toBe(
      `must be a whole number from 1 to 86400 seconds; got ${String(step)}`,
    );
  });

  test('a 21st step is refused', () => {
    expect(checkScheduleSeconds(Array.from({ length: 21 }, () => 5))).toBe('must have at most 20 steps; it has 21');
  });

  test.each([0, -1, 1.5, 604_801, NaN])('a window of %d s is refused', (seconds) => {
    expect(checkWindowSeconds(seconds)).toBe(`must be a whole number from 1 to 604800 seconds; got ${String(seconds)}`);
  });
});

describe('alsoRetry', () => {
  test.each([[[]], [[401]], [[300, 404, 599]], [[503]], [Array.from({ length: 50 }, (_, i) => 411 + i)]])(
    '%j is accepted',
    (codes) => {
      expect(checkAlsoRetry(codes)).toBe(null);
    },
  );

  test.each([0, 100, 200, 204, 299, 600, -401, 401.5, NaN])('%d is refused, also behind a good one', (code) => {
    expect(checkAlsoRetry([401, code])).toBe(`must be status codes from 300 to 599; got ${String(code)}`);
  });

  test('410 is refused: it would be retried by an endpoint that it disables', () => {
    expect(checkAlsoRetry([410])).toMatch(/410/);
  });

  test('51 codes are refused', () => {
    expect(checkAlsoRetry(Array.from({ length: 51 }, (_, i) => 411 + i))).toBe(
      'must have at most 50 status codes; it has 51',
    );
  });
});

describe('secret', () => {
  const secretOf = (bytes: Uint8Array): string => `whsec_${Buffer.from(bytes).toString('base64')}`;

  test('any 24 to 64 bytes are accepted, and no other number', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 100 }), (bytes) => {
        expect(checkSecret(secretOf(bytes)) === null).toBe(bytes.length >= 24 && bytes.length <= 64);
      }),
    );
  });

  test.each([
    [23, /has 23$/],
    [24, null],
    [64, null],
    [65, /has 65$/],
    [0, /has 0$/],
  ])('%d bytes', (length, why) => {
    const sentence = checkSecret(secretOf(new Uint8Array(length)));
    if (why === null) expect(sentence).toBe(null);
    else expect(sentence).toMatch(why);
  });

  const good = secretOf(new Uint8Array(25).fill(7));

  test.each([
    ['nothing', ''],
    ['another prefix', good.replace('whsec_', 'whsk_')],
    ['an upper-case prefix', good.replace('whsec_', 'WHSEC_')],
    ['no prefix', good.slice(6)],
    ['lost padding', good.replaceAll('=', '')],
    ['half of the padding', good.slice(0, -1)],
    ['stray bits before the padding', good.replace(/.==$/, 'B==')],
    ['the URL alphabet', `whsec_${'-_'.repeat(16)}`],
    ['white space inside', `${good.slice(0, 20)} ${good.slice(20)}`],
    ['a line break after', `${good}\n`],
  ])('%s is refused, and the sentence does not repeat the secret', (_, text) => {
    const sentence = checkSecret(text);
    expect(sentence).toMatch(/^must be "whsec_" and the padded base64 of 24 to 64 bytes; /);
    if (text !== '') expect(sentence).not.toContain(text.slice(-12));
  });
});

describe('signing key', () => {
  const good = `whsk_${Buffer.alloc(64, 7).toString('base64')}`;

  test('seed and public key of 32 bytes each are accepted', () => {
    expect(checkSigningKey(good)).toBe(null);
  });

  test.each([
    ['nothing', ''],
    ['a secret', good.replace('whsk_', 'whsec_')],
    ['a public key', `whpk_${Buffer.alloc(32, 7).toString('base64')}`],
    ['a seed alone', `whsk_${Buffer.alloc(32, 7).toString('base64')}`],
    ['a byte too many', `whsk_${Buffer.alloc(65, 7).toString('base64')}`],
    ['lost padding', good.slice(0, -2)],
    ['stray bits before the padding', good.replace(/.==$/, 'B==')],
    ['a line break after', `${good}\n`],
  ])('%s is refused, and the sentence does not repeat it', (_, text) => {
    const sentence = checkSigningKey(text);
    expect(sentence).toMatch(/^must be "whsk_" and the padded base64 of 64 bytes, seed and public key; /);
    if (text !== '') expect(sentence).not.toContain(text.slice(-12));
  });
});

test.each([
  [0, null],
  [604_800, null],
  [604_801, /0 to 604800 seconds; got 604801/],
  [-1, /got -1/],
  [1.5, /got 1.5/],
])('an overlap of %d s', (seconds, why) => {
  if (why === null) expect(checkOverlapSeconds(seconds)).toBe(null);
  else expect(checkOverlapSeconds(seconds)).toMatch(why);
});
