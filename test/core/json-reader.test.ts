/** P1, P5: what a body says, and what is told of one that says nothing. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonError, type JsonFault, readJson } from '../../src/core/json-reader.ts';
import { parseExact } from '../../src/core/json.ts';
import { JSON_DEPTH_MAX, JSON_SLICE_CHARS } from '../../src/core/limits.ts';
import { finish } from '../../src/core/slices.ts';

function faultOf(text: string, numbers: 'exact' | 'double' = 'exact'): JsonFault | null {
  try {
    finish(readJson(text, numbers));
    return null;
  } catch (error) {
    if (error instanceof JsonError) return error.fault;
    throw error;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Texts that are nearly JSON: pieces of its grammar, in any order. */
const pieces = fc
  .array(
    fc.constantFrom(
      ...[
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"',
        '"a"',
        '"\\n"',
        '\\',
        'u00e4',
        '0',
        '-',
        '1',
        '01',
        '1.5',
        'e3',
        '.',
        ' ',
        '\n',
      ],
      ...['true', 'null', 'nul', 'NaN', '\u0001', '\u00a0', '\ud800', 'é', '"__proto__":', '"a":1', '"b":[]', '\ufeff'],
    ),
    { maxLength: 12 },
  )
  .map((some) => some.join(''));

describe('a body', () => {
  test('that is JSON is read as JSON.parse reads it, exactly and as doubles', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom(undefined, 2), (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), null, indent);
        expect(finish(readJson(spaced, 'double'))).toEqual(JSON.parse(spaced));
        expect(JSON.stringify(finish(readJson(spaced, 'exact')))).toBe(JSON.stringify(parseExact(spaced)));
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    '0',
    '-0',
    '1.10',
    '12345678901234567890',
    '1e400',
    '-1e-400',
    '0.1',
    '9007199254740993',
    '1E5',
    '123456789012345',
    '1234567890123456',
  ])('keeps the digits of %s where they count', (text) => {
    expect(JSON.stringify(finish(readJson(text, 'exact')))).toBe(text);
  });

  test('that is none is refused wherever JSON.parse refuses it, and nowhere else but for two members of a name', () => {
    fc.assert(
      fc.property(pieces, (text) => {
        const fault = faultOf(text);
        if (fault?.reason === 'duplicate') return;
        expect(fault === null).toBe(isJson(text));
      }),
      { numRuns: 20_000 },
    );
  });

  test('may have a member __proto__, which is a member and nothing else', () => {
    const read = finish(readJson('{"__proto__":{"a":1}}', 'double'));
    expect(Object.keys(Object(read))).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  });
});

test.each<[text: string, message: string]>([
  ['{"data":{"total":NaN}}', 'NaN at position 17 (line 1 column 18), in data.total'],
  ['[1,\n Infinity]', 'Infinity at position 5 (line 2 column 2), in 1'],
  ['{"a":undefined}', 'undefined at position 5 (line 1 column 6), in a'],
  ['{"a":True}', 'True at position 5 (line 1 column 6), in a'],
  ['{"a":"\\x"}', 'fault at position 6 (line 1 column 7), in a'],
  ['{"a":"tab\there"}', 'fault at position 9 (line 1 column 10), in a'],
  ['{"a":01}', 'fault at position 6 (line 1 column 7), in a'],
  ['{"a":1}}', 'fault at position 7 (line 1 column 8)'],
  ["{'a':1}", 'fault at position 1 (line 1 column 2)'],
  ['{"a":nobody}', 'fault at position 5 (line 1 column 6), in a'],
  ['{"a":[1,2', 'it ends too early'],
])('%s is told %s', (text, message) => {
  expect(faultOf(text)).toEqual({ reason: 'syntax', message });
});

test.each(['9007199254740993', '0.1234567890123456789', '1e400', '1e-400', '-12345678901234567890'])(
  '%s would be another number as a double, and is refused by its path',
  (written) => {
    const text = `{"a":[1,{"b":${written}}]}`;
    expect(faultOf(text)).toBeNull();
    expect(faultOf(text, 'double')).toEqual({ reason: 'rounded', path: 'a.1.b', written });
  },
);

test.each(['1.10', '1e3', '-0', '0.0', '1E-1', '9007199254740992', '0.30000000000000004'])('%s is a double', (text) => {
  expect(finish(readJson(text, 'double'))).toBe(Number(text));
});

test.each<[text: string, path: string]>([
  ['{"a":1,"a":1}', 'a'],
  ['{"events":[{},{"data":{"x":{"b":1,"c":2,"b":3}}}]}', 'events.1.data.x.b'],
  ['{"a":1,"\\u0061":2}', 'a'],
  ['{"__proto__":1,"__proto__":2}', '__proto__'],
])('%s has %s twice', (text, path) => {
  expect(faultOf(text)).toEqual({ reason: 'duplicate', path });
});

test('nesting ends with a fault and not with the stack', () => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  expect(faultOf(nested(JSON_DEPTH_MAX))).toBeNull();
  expect(faultOf(nested(JSON_DEPTH_MAX + 1))?.reason).toBe('depth');
});

test('a long body lets others have the thread while it is read', () => {
  const text = `[${'1,'.repeat(JSON_SLICE_CHARS)}1]`;
  let pauses = 0;
  for (const work = readJson(text, 'exact'); work.next().done !== true;) pauses += 1;
  expect(pauses).toBe(2);
});
