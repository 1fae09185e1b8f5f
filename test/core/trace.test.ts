import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTraceparent, spanIdOf, traceIdOf, traceparentOf, traceparentOfAttempt } from '../../src/core/trace.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const PUBLISH = `00-${TRACE}-${SPAN}-01`;

describe('a traceparent', () => {
  test('is its trace, the span of the caller and its flags', () => {
    expect(parseTraceparent(PUBLISH)).toEqual({ traceId: TRACE, spanId: SPAN, flags: '01' });
    expect(parseTraceparent(` ${PUBLISH} `)).not.toBeNull();
  });

  test('of a newer version may have more at its end', () => {
    expect(parseTraceparent(`01-${TRACE}-${SPAN}-01-more`)).toEqual({ traceId: TRACE, spanId: SPAN, flags: '01' });
  });

  test.each([
    ['nothing', null],
    ['an empty text', ''],
    ['version ff', `ff-${TRACE}-${SPAN}-01`],
    ['version 00 with more', `${PUBLISH}-more`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['upper case', PUBLISH.toUpperCase()],
    ['two of them', `${PUBLISH},${PUBLISH}`],
    ['a short one', `00-${TRACE.slice(1)}-${SPAN}-01`],
  ])('is ignored where it is %s', (_, header) => {
    expect(parseTraceparent(header)).toBeNull();
  });
});

describe('the spans of attempts', () => {
  test('are in the trace of the publish, each by its own id', () => {
    const first = traceparentOfAttempt(PUBLISH, 'att_k1_1_e_a1');
    expect(first).toBe(`00-${TRACE}-${spanIdOf('att_k1_1_e_a1')}-01`);
    expect(traceparentOfAttempt(PUBLISH, 'att_k1_1_e_a2')).not.toBe(first);
    expect(traceparentOfAttempt(undefined, 'att_k1_1_e_a1')).toBeNull();
  });

  test('ids are hex of the right length, the same again, and differ', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(spanIdOf(a)).toMatch(/^(?!0+$)[0-9a-f]{16}$/);
        expect(traceIdOf(a)).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
        expect(spanIdOf(a) === spanIdOf(b)).toBe(a === b);
      }),
    );
    expect(
      parseTraceparent(traceparentOf({ traceId: traceIdOf('x'), spanId: spanIdOf('x'), flags: '00' })),
    ).not.toBeNull();
  });
});
