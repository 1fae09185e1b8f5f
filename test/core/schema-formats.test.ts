/** P6: what `format` checks, and what it leaves alone. */
import { describe, expect, test } from 'vitest';
import { formatCheck } from '../../src/core/schema-formats.ts';

const LOCAL = 'a'.repeat(64);
const LABEL = 'a'.repeat(63);

describe.each<[format: string, right: string[], wrong: string[]]>([
  [
    'date-time',
    [
      '2026-11-21T18:00:00Z',
      '2026-11-21t18:00:00.123456789+01:00',
      '1998-12-31T23:59:60Z',
      '2016-12-31T15:59:60-08:00',
    ],
    ['2026-11-21', '2026-02-30T00:00:00Z', '2026-11-21 18:00:00Z', '2026-11-21T24:00:00Z', '1998-12-31T23:58:60Z', ''],
  ],
  ['date', ['2024-02-29'], ['2023-02-29', '2026-13-01', '2026-1-1', '٢٠٢٦-١١-٢١']],
  ['time', ['08:30:06Z', '23:59:60+00:00', '08:30:06.5-23:59'], ['08:30:06', '24:00:00Z', '08:30:06+24:00']],
  ['duration', ['P1Y2M3DT4H5M6S', 'P4W', 'PT36H', 'P0D'], ['P', 'PT', 'P1', 'PT1D', '4W', 'P1YT', 'P1D2H']],
  [
    'email',
    ['a@b.example', 'a.b+c@example.com', `${LOCAL}@a.example`, '"a b@c"@example.com', 'a@[127.0.0.1]', 'a@[IPv6:::1]'],
    [
      'a',
      '@b.example',
      'a..b@c.example',
      '.a@b.example',
      `a${LOCAL}@b.example`,
      'a@b@c.example',
      'a b@c.example',
      'a@[300.0.0.1]',
    ],
  ],
  [
    'hostname',
    ['a', 'a-b.example', LABEL],
    ['-a', 'a-', 'a..b', 'a.', `a${LABEL}`, 'a_b', `${'a.'.repeat(127)}a`.repeat(2), 'ä.example', ''],
  ],
  ['ipv4', ['0.0.0.0', '255.255.255.255'], ['256.0.0.1', '1.2.3', '1.2.3.4.5', '01.2.3.4', '1.2.3.4 ', '']],
  [
    'ipv6',
    ['::', '::1', '1::', '1:2:3:4:5:6:7:8', '::ffff:1.2.3.4', 'ABCD:EF01::'],
    ['1::2::3', '12345::', '1:2:3', ':1', '1:', '::1.2.3', '1:2:3:4:5:6:7:8:9', '::%eth0'],
  ],
  [
    'uri',
    [
      'https://a.example/b?c#d',
      'urn:oasis:names',
      'mailto:a@b.example',
      'http://[::1]:80/',
      'http://[v1.a:b]/',
      'a://u:p@h:/',
    ],
    ['//a.example', '/a', 'https://a b', 'http://[::1', 'http://a:b/', 'https://a.example/%zz', '1a:b', 'a:\\b', ''],
  ],
  ['uri-reference', ['/a', '', '#a', 'a/b:c', '//h'], ['\\a', '#a#b', 'a b', '1:a', '%']],
  ['uri-template', ['/a/{b}', '{+x,y*}', '{/z:3}', "it's"], ['/{a', 'a}', '{a b}', '{}', '{a..b}', '{a:0}', '%a']],
  ['uuid', ['2eb8aa08-aa98-11ea-b4aa-73b441d16380'], ['2eb8aa08aa9811eab4aa73b441d16380', '']],
  ['json-pointer', ['', '/a~0b/~1', '/'], ['a', '/~', '/~2']],
  ['relative-json-pointer', ['0', '12/a', '1#'], ['/a', '01/a', '0a', '-1/a', '']],
])('%s', (format, right, wrong) => {
  const check = formatCheck(format);

  test.each(right)('%j fits', (text) => expect(check?.(text)).toBe(true));
  test.each(wrong)('%j does not', (text) => expect(check?.(text)).toBe(false));

  test('a long text is decided', () => {
    const long = 'a'.repeat(200_000);
    for (const text of [long, `${long}@`, `/${long}`, `a:${long}%`, `{${long}`, `${'a.'.repeat(100_000)}`]) {
      expect(typeof check?.(text)).toBe('boolean');
    }
  });
});

test.each(['regex', 'idn-email', 'idn-hostname', 'iri', 'iri-reference', 'url', 'phone', 'constructor', '', 5])(
  '%j is a note: nothing is checked',
  (name) => expect(formatCheck(name)).toBeNull(),
);
