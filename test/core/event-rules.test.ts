import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkAccountId,
  checkDataDepth,
  checkDataSize,
  checkEventId,
  checkEventType,
  checkOccurredAt,
  checkRecordKey,
  checkVersion,
} from '../../src/core/event-rules.ts';

describe('account id', () => {
  test.each(['a', 'acme', 'ACME_1-x', '-', '0', 'a'.repeat(64)])('%j is accepted', (id) => {
    expect(checkAccountId(id)).toBe(null);
  });

  test.each(['', 'a'.repeat(65), 'a.b', 'a b', 'a/b', 'a:b', 'é', 'a\n', '\na', '٣', '..', 'a%2f'])(
    '%j is refused',
    (id) => {
      expect(checkAccountId(id)).toMatch(/^must be 1 to 64 letters, digits, "_" or "-"; got "/);
    },
  );
});

describe('event id', () => {
  test.each(['evt_1', 'A', '-_-', 'x'.repeat(128)])('%j is accepted', (id) => {
    expect(checkEventId(id)).toBe(null);
  });

  test.each(['', 'x'.repeat(129), 'evt.1', 'evt 1', 'evt/1', 'évt', 'evt\n', 'evt\u0000', '😀'])(
    '%j is refused',
    (id) => {
      expect(checkEventId(id)).toMatch(/^must be 1 to 128 letters, digits, "_" or "-"; got "/);
    },
  );

  test('the refused value is shown, and cut: a megabyte does not come back', () => {
    expect(checkEventId('evt.1')).toContain('"evt.1"');
    expect(checkEventId('é'.repeat(1_000_000))?.length).toBeLessThan(200);
  });
});

describe('event type', () => {
  test.each(['ticket', 'ticket.created', 'a.b.c.d', 'Ticket_2.re-opened', '1.2', 'x'.repeat(128)])(
    '%j is accepted',
    (type) => {
      expect(checkEventType(type)).toBe(null);
    },
  );

  test.each([
    '',
    '.',
    '.ticket',
    'ticket.',
    'ticket..created',
    'ticket.*',
    '*',
    'ticket created',
    'ticket/created',
    'ticket:created',
    'ticket.créé',
    'ticket.created\n',
  ])('%j is refused', (type) => {
    expect(checkEventType(type)).toMatch(/^must be a dotted name/);
  });

  test('129 characters are refused for their number', () => {
    expect(checkEventType('x'.repeat(129))).toMatch(/^must have at most 128 characters; .* has 129$/);
  });
});

describe('record key', () => {
  test.each([
    'subscription/sub_81',
    'a',
    ' ',
    'a b',
    'a//b',
    '/a/',
    'a/...',
    '.a/b.',
    'a/.b',
    'ключ',
    '日本語',
    'caf\u00e9',
    '😀',
    '\u00a0',
    'x'.repeat(256),
    'é'.repeat(128),
  ])('%j is accepted', (key) => {
    expect(checkRecordKey(key)).toBe(null);
  });

  test.each([
    ['', /must have 1 to 256 bytes/],
    ['x'.repeat(257), /has 257$/],
    [`${'é'.repeat(128)}x`, /has 257$/],
    ['\ud800', /well-formed/],
    ['a\udc00b', /well-formed/],
    ['a\u0000', /U\+0000 at position 1/],
    ['a\nb', /U\+000A at position 1/],
    ['\u001f', /control/],
    ['a\u007f', /U\+007F/],
    ['\u0080', /U\+0080/],
    ['\u009f', /U\+009F/],
    ['cafe\u0301', /NFC/],
    ['\u212b', /NFC/],
    ['.', /has "\."$/],
    ['..', /has "\.\."$/],
    ['a/..', /"\.\."$/],
    ['../a', /"\.\."$/],
    ['a/./b', /"\."$/],
    ['a/../b', /"\.\."$/],
  ])('%j is refused, and the sentence says why', (key, why) => {
    expect(checkRecordKey(key)).toMatch(why);
  });

  test('no two accepted keys look alike by normalisation', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), (key) => {
        if (checkRecordKey(key) === null) expect(key.normalize('NFC')).toBe(key);
      }),
    );
  });
});

describe('version', () => {
  test.each([0, 1, 42, Number.MAX_SAFE_INTEGER])('%d is accepted', (version) => {
    expect(checkVersion(version)).toBe(null);
  });

  test.each([-1, 0.5, 1e-9, 2 ** 53, 1e21, NaN, Infinity, -Infinity])('%d is refused', (version) => {
    expect(checkVersion(version)).toBe(`must be a whole number from 0 to 9007199254740991; got ${String(version)}`);
  });
});

describe('occurredAt', () => {
  test.each([
    '2026-11-21T18:00:00Z',
    '2026-11-21T18:00:00.000Z',
    '2026-11-21T18:00:00.123456789+05:30',
    '2026-11-21T23:59:59-12:00',
    '2026-11-21T18:00:00-00:00',
    '2026-11-21t18:00:00z',
    '2024-02-29T00:00:00Z',
    '2000-02-29T00:00:00Z',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999Z',
  ])('%j is accepted', (text) => {
    expect(checkOccurredAt(text)).toBe(null);
  });

  test.each([
    '',
    '2026-11-21',
    '2026-11-21T18:00Z',
    '2026-11-21T18:00:00',
    '2026-11-21 18:00:00Z',
    '2026-11-21T18:00:00+0530',
    '2026-11-21T18:00:00+05',
    '2026-11-21T18:00:00+24:00',
    '2026-11-21T18:00:00+05:60',
    '2026-11-21T18:00:00.Z',
    '2026-11-21T18:00:00,5Z',
    '2026-11-21T24:00:00Z',
    '2026-11-21T18:60:00Z',
    '2016-12-31T23:59:60Z',
    '26-11-21T18:00:00Z',
    '+002026-11-21T18:00:00Z',
    '2026-1-2T18:00:00Z',
    '20261121T180000Z',
    '2026-W47-6T18:00:00Z',
    '1764000000',
    'Sat, 21 Nov 2026 18:00:00 GMT',
    '2026-11-21T18:00:00Z\n',
    ' 2026-11-21T18:00:00Z',
    '٢٠٢٦-11-21T18:00:00Z',
    `2026-11-21T18:00:00.${'0'.repeat(60)}Z`,
  ])('%j is refused: not RFC 3339', (text) => {
    expect(checkOccurredAt(text)).toMatch(/^must be an RFC 3339 time/);
  });

  test.each([
    '2026-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-06-31T00:00:00Z',
    '2026-09-31T00:00:00Z',
    '2026-11-31T00:00:00Z',
    '2026-01-32T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
  ])('%j is refused: there is no such day', (text) => {
    expect(checkOccurredAt(text)).toMatch(/^must be a day that exists/);
  });

  test('every instant that a Date can print is accepted', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
        (date) => {
          expect(checkOccurredAt(date.toISOString())).toBe(null);
        },
      ),
    );
  });

  test('a day is accepted exactly where the calendar has it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9999 }), fc.nat(13), fc.nat(32), (year, month, day) => {
        const text = `${`${year}`.padStart(4, '0')}-${`${month}`.padStart(2, '0')}-${`${day}`.padStart(2, '0')}T00:00:00.000Z`;
        const date = new Date(text);
        const exists = !Number.isNaN(date.getTime()) && date.toISOString() === text;
        expect(checkOccurredAt(text) === null).toBe(exists);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('data', () => {
  const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));

  test.each([
    ['a bare value', 1],
    ['null', null],
    ['an object', { a: [1, { b: 2 }] }],
    ['64 levels', nested(64)],
  ])('%s is shallow enough', (_, data) => {
    expect(checkDataDepth(data)).toBe(null);
  });

  test.each([
    ['65 arrays', nested(65)],
    ['65 objects', JSON.parse('{"a":'.repeat(65) + '1' + '}'.repeat(65))],
    ['a deep last member', [0, { a: 0, z: nested(63) }]],
    ['a hundred thousand levels', nested(100_000)],
  ])('%s are too deep, and the sentence says how deep it may be', (_, data) => {
    expect(checkDataDepth(data)).toBe('must be nested at most 64 levels deep; it is deeper');
  });

  test('256 KiB are accepted, a byte more is not, counted in UTF-8', () => {
    expect(checkDataSize(`"${'x'.repeat(262_142)}"`)).toBe(null);
    expect(checkDataSize(`"${'é'.repeat(131_071)}"`)).toBe(null);
    expect(checkDataSize(`"${'x'.repeat(262_143)}"`)).toBe('must have at most 262144 bytes of JSON; it has 262145');
    expect(checkDataSize(`"${'é'.repeat(131_071)}x"`)).toBe('must have at most 262144 bytes of JSON; it has 262145');
  });
});
