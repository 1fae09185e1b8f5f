import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eventBody, rfc3339 } from '../../src/core/body.ts';

const FACTS = {
  id: 'evt_1',
  type: 'subscription.updated',
  timestamp: '2026-11-21T18:00:00.000Z',
  record: 'subscription/sub_81',
  sequence: 3,
  version: 7,
  schemaVersion: '2',
  dataJson: '{"plan":"pro"}',
};

describe('eventBody', () => {
  test('the members stand in the order of the contract', () => {
    expect(eventBody(FACTS)).toBe(
      '{"id":"evt_1","type":"subscription.updated","timestamp":"2026-11-21T18:00:00.000Z",' +
        '"record":"subscription/sub_81","sequence":3,"version":7,"schemaVersion":"2","data":{"plan":"pro"}}',
    );
  });

  test('what is absent is null, never missing', () => {
    const absent = { ...FACTS, record: null, sequence: null, version: null, schemaVersion: null, dataJson: 'null' };
    expect(eventBody(absent)).toBe(
      '{"id":"evt_1","type":"subscription.updated","timestamp":"2026-11-21T18:00:00.000Z",' +
        '"record":null,"sequence":null,"version":null,"schemaVersion":null,"data":null}',
    );
  });

  test.each([
    ['digits beyond a double', '{"amount":12345678901234567890.10}'],
    ['white space', '{ "a" : [ 1 ] }'],
    ['escapes', String.raw`"\u00e9\/"`],
    ['repeated members', '{"a":1,"a":2}'],
    ['dollar signs', '"$& $1 $$"'],
  ])('%s in data reach the receiver as the publisher wrote them', (_, dataJson) => {
    expect(eventBody({ ...FACTS, dataJson }).endsWith(`,"data":${dataJson}}`)).toBe(true);
  });

  test('any record key and any data come out of the body as they went in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.json(), (record, dataJson) => {
        const { data, ...rest } = JSON.parse(eventBody({ ...FACTS, record, dataJson }));
        expect(rest.record).toBe(record);
        expect(data).toEqual(JSON.parse(dataJson));
      }),
    );
  });
});

test('rfc3339 writes UTC with milliseconds, also where they are zero', () => {
  expect(rfc3339(Date.UTC(2026, 10, 21, 18))).toBe('2026-11-21T18:00:00.000Z');
  expect(rfc3339(1)).toBe('1970-01-01T00:00:00.001Z');
});
