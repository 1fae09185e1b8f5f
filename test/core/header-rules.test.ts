import { describe, expect, test } from 'vitest';
import { checkHeaders } from '../../src/core/header-rules.ts';

test.each([
  [[]],
  [[['Authorization', 'Bearer abc']]],
  [
    [
      ['x-api-key', 'k'],
      ['X-Tenant', 'a b\tc'],
    ],
  ],
  [[["!#$%&'*+-.^_`|~09Az", '~!']]],
  [
    [
      ['accept', 'text/plain'],
      ['x-content', '1'],
      ['xcf-a', '1'],
      ['hosts', '1'],
      ['tea', '1'],
      ['x-via', '1'],
      ['expected', '1'],
      ['x-real-ip-of', '1'],
      ['x-metadata', '1'],
    ],
  ],
] as [string, string][][][])('%j are accepted', (headers) => {
  expect(checkHeaders(headers)).toBe(null);
});

describe('names', () => {
  test.each(['', ' ', 'a b', 'a:', ':path', 'a\n', 'a\r\nb', 'a"', 'a(b)', 'a/b', 'a@b', 'a,b', 'é', 'a\u0000', '{a}'])(
    '%j is no token',
    (name) => {
      expect(checkHeaders([[name, 'v']])).toMatch(/^must have names of letters/);
    },
  );

  test.each([
    'connection',
    'keep-alive',
    'proxy-authorization',
    'proxy-connection',
    'Proxy-Authenticate',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'host',
    'content-type',
    'content-length',
    'content-encoding',
    'webhook-id',
    'webhook-signature',
    'webhook-anything',
    'cf-connecting-ip',
    'cf-worker',
    'x-forwarded-for',
    'x-forwarded',
    'forwarded',
    'via',
    'x-real-ip',
    'true-client-ip',
    'x-client-ip',
    'x-original-url',
    'expect',
    'trailers',
    'http2-settings',
    'metadata',
    'metadata-flavor',
    'x-aws-ec2-metadata-token',
    'x-google-metadata-request',
    'x-forwarded-host',
    'cookie',
    'user-agent',
  ])('%s is not for an endpoint to set, in any case', (name) => {
    for (const spelling of [name, name.toUpperCase()]) {
      expect(checkHeaders([[spelling, 'v']])).toMatch(new RegExp(`^must not set "${spelling}": `));
    }
  });

  test('the names of what every object inherits are ordinary headers', () => {
    expect(
      checkHeaders([
        ['constructor', 'v'],
        ['__proto__', 'v'],
        ['toString', 'v'],
      ]),
    ).toBe(null);
  });

  test.each([
    [
      ['X-Key', 'a'],
      ['X-Key', 'b'],
    ],
    [
      ['X-Key', 'a'],
      ['Y', 'b'],
      ['x-KEY', 'a'],
    ],
  ] as [string, string][][])('a name given twice is refused, whatever its case', (...headers) => {
    expect(checkHeaders(headers)).toMatch(/^must name each header once, whatever its case; "x-key" is there twice$/i);
  });
});

describe('values', () => {
  const SECRET = 'hunter2';

  test.each([
    ['an empty value', ''],
    ['a leading space', ` ${SECRET}`],
    ['a trailing tab', `${SECRET}\t`],
    ['a line break', `${SECRET}\r\nx-evil: 1`],
    ['a trailing line break', `${SECRET}\n`],
    ['a NUL', `${SECRET}\u0000`],
    ['a DEL', `${SECRET}\u007f`],
    ['Latin-1', `${SECRET}é`],
    ['an emoji', `${SECRET}😀`],
    ['only spaces', '   '],
  ])('%s is refused, and the sentence names the header and not its value', (_, value) => {
    const sentence = checkHeaders([['x-key', value]]);
    expect(sentence).toMatch(/^must have values of visible ASCII.* "x-key"/);
    expect(sentence).not.toContain(SECRET);
  });

  test('a long value of many words is judged at once', () => {
    expect(checkHeaders([['a', `${'x '.repeat(2_000)}é`]])).toMatch(/visible ASCII/);
  });
});

describe('limits', () => {
  const many = (count: number): [string, string][] => Array.from({ length: count }, (_, i) => [`x-${i}`, 'v']);

  test('20 headers are accepted, 21 are not', () => {
    expect(checkHeaders(many(20))).toBe(null);
    expect(checkHeaders(many(21))).toBe('must be at most 20 headers; got 21');
  });

  test('4 KiB of names and values together are accepted, a byte more is not', () => {
    expect(
      checkHeaders([
        ['name', 'v'.repeat(2_044)],
        ['more', 'v'.repeat(2_044)],
      ]),
    ).toBe(null);
    expect(
      checkHeaders([
        ['name', 'v'.repeat(2_044)],
        ['more', 'v'.repeat(2_045)],
      ]),
    ).toBe('must have at most 4096 bytes of names and values; they have 4097');
  });
});
