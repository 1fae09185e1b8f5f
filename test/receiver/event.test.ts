import { describe, expect, it } from 'vitest';
import { parseEvent } from '../../src/receiver/event.ts';

const parse = (body: string | Uint8Array, headers: Record<string, string> = {}) =>
  parseEvent('evt_1', { headers, body });

describe('an event', () => {
  it('has what the envelope and the headers say', () => {
    const body =
      '{"id":"evt_1","type":"a.b","timestamp":"2026-01-01T00:00:00.000Z","record":"a/1","sequence":3,"version":17,' +
      '"schemaVersion":"2","data":{"n":12345678901234567890}}';
    const headers = { 'webhook-attempt': '2', 'webhook-previous': '1', 'webhook-replay': 'dlv_1' };
    expect(parse(body, headers)).toEqual({
      ok: true,
      value: {
        id: 'evt_1',
        type: 'a.b',
        timestamp: '2026-01-01T00:00:00.000Z',
        record: 'a/1',
        sequence: 3,
        version: 17,
        schemaVersion: '2',
        // A double has no more digits: `body` has.
        data: { n: 12_345_678_901_234_567_000 },
        body,
        attempt: 2,
        previous: 1,
        replay: 'dlv_1',
      },
    });
  });

  it('is read permissively: what is unknown is passed over, what is absent or of another kind is null', () => {
    const odd = '{"type":"later.type","record":5,"sequence":"3","version":1e300,"data":[null],"added":{"later":true}}';
    const headers = { 'webhook-previous': 'none', 'webhook-attempt': '-1' };
    expect(parse(odd, headers)).toMatchObject({
      ok: true,
      value: {
        type: 'later.type',
        record: null,
        sequence: null,
        version: null,
        data: [null],
        previous: 'none',
        attempt: null,
      },
    });
    expect(parse('{"type":"a"}')).toMatchObject({ ok: true, value: { data: null, previous: null, replay: null } });
  });

  it.each([
    ['{"type":', 'not-json'],
    ['', 'not-json'],
    ['[{"type":"a"}]', 'not-an-object'],
    ['null', 'not-an-object'],
    ['{"data":1}', 'no-type'],
    [Uint8Array.of(0x7b, 0xff, 0x7d), 'not-utf-8'],
  ])('is not %s', (body, reason) => {
    expect(parse(body)).toEqual({ ok: false, error: { reason } });
  });
});
