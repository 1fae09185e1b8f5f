import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { disables, kindOfStatus, verdict, type ErrorKind, type ReceiverDirective } from '../../src/core/outcome.ts';

/** What delivery/ makes of a status line: an error of its kind, none for success. */
function answered(statusCode: number, directive: ReceiverDirective | null = null) {
  const kind = kindOfStatus(statusCode);
  return { statusCode, directive, error: kind === null ? null : { kind, message: `answered ${statusCode}` } };
}

function failed(kind: ErrorKind) {
  return { statusCode: null, directive: null, error: { kind, message: kind } };
}

describe('kindOfStatus', () => {
  test.each([
    [200, null],
    [202, null],
    [204, null],
    [299, null],
    [300, 'redirect'],
    [304, 'redirect'],
    [399, 'redirect'],
    [400, 'http-4xx'],
    [499, 'http-4xx'],
    [500, 'http-5xx'],
    [599, 'http-5xx'],
    [101, 'http-5xx'],
    [199, 'http-5xx'],
    [600, 'http-5xx'],
    [999, 'http-5xx'],
  ])('%d counts as %s', (statusCode, kind) => {
    expect(kindOfStatus(statusCode)).toBe(kind);
  });
});

describe('verdict', () => {
  test.each(['timeout', 'dns', 'connect', 'tls', 'reset', 'lost', 'not-sent'] as const)('%s is tried again', (kind) => {
    expect(verdict(failed(kind), [])).toEqual({ kind: 'retry' });
  });

  test.each([408, 425, 429, 500, 501, 502, 503, 504, 599, 999])('%d is tried again', (statusCode) => {
    expect(verdict(answered(statusCode), [])).toEqual({ kind: 'retry' });
  });

  test.each([300, 301, 302, 304, 307, 308, 400, 401, 403, 404, 409, 410, 413, 422, 451, 499])(
    '%d goes to the dead letters at once, named as the reason',
    (statusCode) => {
      expect(verdict(answered(statusCode), [])).toEqual({ kind: 'dead', reason: `http-${statusCode}` });
    },
  );

  test('an address that E3 forbids goes to the dead letters: the same URL would be refused again', () => {
    expect(verdict(failed('refused-address'), [])).toEqual({ kind: 'dead', reason: 'refused-address' });
  });

  test('a code of alsoRetry is tried again, and only that code', () => {
    expect(verdict(answered(401), [401, 302])).toEqual({ kind: 'retry' });
    expect(verdict(answered(302), [401, 302])).toEqual({ kind: 'retry' });
    expect(verdict(answered(403), [401, 302])).toEqual({ kind: 'dead', reason: 'http-403' });
  });

  test('a failure without a status is not taken for one of alsoRetry', () => {
    expect(verdict(failed('refused-address'), [401])).toEqual({ kind: 'dead', reason: 'refused-address' });
  });

  test.each([400, 429, 503])('abort-message ends the delivery even where %d would be tried again', (statusCode) => {
    const dead = { kind: 'dead', reason: 'abort-message' };
    expect(verdict(answered(statusCode, 'abort-message'), [400])).toEqual(dead);
  });

  test('success is success, whatever directive comes with it and whatever alsoRetry names', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 299 }),
        fc.constantFrom(null, 'disable' as const, 'abort-message' as const),
        fc.array(fc.integer({ min: 200, max: 599 })),
        (statusCode, directive, alsoRetry) => {
          expect(verdict(answered(statusCode, directive), alsoRetry)).toEqual({ kind: 'delivered' });
        },
      ),
    );
  });

  test('disable alone does not decide the delivery: its status does', () => {
    expect(verdict(answered(503, 'disable'), [])).toEqual({ kind: 'retry' });
    expect(verdict(answered(404, 'disable'), [])).toEqual({ kind: 'dead', reason: 'http-404' });
  });
});

describe('disables', () => {
  test.each([
    ['410', answered(410), 'its receiver answered 410 (Gone)'],
    ['disable on failure', answered(503, 'disable'), 'its receiver asked for it (webhook-delivery: disable)'],
    ['disable on success', answered(200, 'disable'), 'its receiver asked for it (webhook-delivery: disable)'],
    ['404', answered(404), null],
    ['abort-message', answered(400, 'abort-message'), null],
    ['success', answered(200), null],
    ['a timeout', failed('timeout'), null],
  ])('%s: %s', (_, outcome, reason) => {
    expect(disables(outcome)).toBe(reason);
  });
});
