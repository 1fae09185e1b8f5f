import fc from 'fast-check';
import { decodeTime } from 'ulid';
import { describe, expect, test } from 'vitest';
import {
  attemptId,
  deliveryId,
  endpointId,
  gateName,
  EVENT_ID,
  isEndpointId,
  jurisdictionOf,
  JURISDICTIONS,
  madeEventId,
  parseAttemptId,
  parseDeliveryId,
  parseGateName,
  parseMadeEventId,
  parseRecordName,
  parseShardName,
  recordName,
  shardName,
} from '../../src/core/ids.ts';

const kind = fc.constantFrom('k' as const, 'u' as const);
const hash = fc.stringMatching(/^[a-z2-7]{32}$/);
const account = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
/** Crockford's alphabet, in upper case as the ulid library writes it. */
const ulid = fc.stringMatching(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
const sequence = fc.integer({ min: 1, max: 999_999_999_999_999 });
const number = fc.integer({ min: 1, max: 999_999 });
const replay = fc.oneof(fc.constant(0), number);
const ref = fc.record({ sequence, endpoint: ulid.map(endpointId), replay });
const generation = fc.integer({ min: 0, max: 31 });
const shard = fc.integer({ min: 0, max: 1_023 });
const at = fc.record({ kind, hash, generation, shard });
const incarnation = fc.stringMatching(/^[a-z2-7]{12}$/);
const jurisdiction = fc.constantFrom(null, ...JURISDICTIONS);

const LIFE = 'abcdefgh2345';
const HASH = 'abcdefghijklmnopqrstuvwxyz234567';
const ULID = '01k9abcdefghjkmnpqrstvwxyz';

describe('names of objects', () => {
  const RECORD = { account: 'acme', incarnation: LIFE, generation: 0, shard: 3, kind: 'k', hash: HASH } as const;

  test('of an account without a jurisdiction name none', () => {
    expect(shardName(RECORD)).toBe(`v1:acme:${LIFE}:0.3`);
    expect(recordName({ ...RECORD, jurisdiction: null, kind: 'u' })).toBe(`v1:acme:${LIFE}:0.3/u${HASH}`);
    expect(gateName({ account: 'acme' }, endpointId(ULID))).toBe(`v1:acme:ep_${ULID}`);
  });

  test('of an account with one say so, and are no names of any other account', () => {
    expect(shardName({ ...RECORD, jurisdiction: 'eu' })).toBe(`v1.eu:acme:${LIFE}:0.3`);
    expect(gateName({ account: 'acme', jurisdiction: 'eu' }, endpointId(ULID))).toBe(`v1.eu:acme:ep_${ULID}`);
  });

  test.each(['v1.mars:acme', 'v1.:acme', 'v2:acme', 'v1.eu.eu:acme', 'v1.EU:acme'])(
    'of %s are none of ours',
    (start) => {
      expect(parseShardName(`${start}:${LIFE}:0.3`)).toBeNull();
      expect(parseRecordName(`${start}:${LIFE}:0.3/k${HASH}`)).toBeNull();
      expect(parseGateName(`${start}:ep_${ULID}`)).toBeNull();
      expect(jurisdictionOf(`${start}:${LIFE}:0.3`)).toBeNull();
    },
  );

  test.each([
    `v1:acme:${LIFE}:0.1024`,
    `v1:acme:${LIFE}:32.0`,
    `v1:acme:${LIFE}:0`,
    `v1:acme:${LIFE}:0.1.2`,
    `v1:acme:${LIFE}:-1.0`,
    'v1:acme:short:0.0',
    `v1:acme:${LIFE}:0.0:more`,
  ])('like %s are no shard', (name) => expect(parseShardName(name)).toBeNull());
});

describe('round trips', () => {
  test('a record name leads back to its shard, kind and hash', () => {
    fc.assert(
      fc.property(account, jurisdiction, incarnation, at, (name, where, life, place) => {
        const address = { account: name, jurisdiction: where, incarnation: life, ...place };
        expect(parseRecordName(recordName(address))).toEqual(address);
        expect(jurisdictionOf(recordName(address))).toBe(where);
      }),
    );
  });

  test('a gate name leads back to its account, jurisdiction and endpoint', () => {
    fc.assert(
      fc.property(account, jurisdiction, ulid, (name, where, u) => {
        const place = { account: name, jurisdiction: where };
        expect(parseGateName(gateName(place, endpointId(u)))).toEqual({ ...place, endpoint: endpointId(u) });
        expect(jurisdictionOf(gateName(place, endpointId(u)))).toBe(where);
      }),
    );
  });

  test('a delivery id leads back to its record, sequence, endpoint and replay', () => {
    fc.assert(
      fc.property(at, ref, (a, r) => {
        expect(parseDeliveryId(deliveryId(a, r))).toEqual({ ...a, ...r });
      }),
    );
  });

  test('an attempt id leads back to its delivery and number', () => {
    fc.assert(
      fc.property(at, ref, number, (a, r, n) => {
        expect(parseAttemptId(attemptId(a, r, n))).toEqual({ ...a, ...r, number: n });
      }),
    );
  });

  test('an event id that we made leads back to its record, and is one that a publisher could use', () => {
    fc.assert(
      fc.property(ulid, at, (u, a) => {
        const id = madeEventId(u, a);
        expect(parseMadeEventId(id)).toEqual({ ...a, atMs: decodeTime(u) });
        expect(id).toMatch(EVENT_ID);
      }),
    );
  });

  test('event ids that we made sort as their ULIDs do', () => {
    fc.assert(
      fc.property(ulid, ulid, at, at, (u1, u2, a1, a2) => {
        fc.pre(u1 !== u2);
        expect(madeEventId(u1, a1) < madeEventId(u2, a2)).toBe(u1 < u2);
      }),
    );
  });

  test('different deliveries have different ids', () => {
    fc.assert(
      fc.property(at, ref, at, ref, (a1, r1, a2, r2) => {
        const same = JSON.stringify([a1, r1]) === JSON.stringify([a2, r2]);
        expect(deliveryId(a1, r1) === deliveryId(a2, r2)).toBe(same);
      }),
    );
  });

  test('an endpoint id is recognised', () => {
    fc.assert(
      fc.property(ulid, (u) => {
        expect(isEndpointId(endpointId(u))).toBe(true);
      }),
    );
  });
});

test('the ids read as documented', () => {
  const at = { kind: 'k' as const, hash: HASH, generation: 1, shard: 35 };
  const ref = { sequence: 7, endpoint: `ep_${ULID}`, replay: 2 };
  expect(recordName({ account: 'acme', incarnation: LIFE, ...at })).toBe(`v1:acme:${LIFE}:1.35/k${HASH}`);
  expect(deliveryId(at, { ...ref, replay: 0 })).toBe(`dlv_k${HASH}113_7_${ULID}`);
  expect(deliveryId(at, ref)).toBe(`dlv_k${HASH}113_7_${ULID}_r2`);
  expect(attemptId(at, ref, 3)).toBe(`att_k${HASH}113_7_${ULID}_r2_a3`);
});

describe('junk never parses', () => {
  const good = `dlv_k${HASH}113_7_${ULID}`;

  test('the good id, for comparison, does', () => {
    expect(parseDeliveryId(good)).not.toBe(null);
  });

  test.each([
    ['nothing', ''],
    ['a prefix alone', 'dlv_'],
    ['another prefix', good.replace('dlv_', 'evt_')],
    ['another kind', good.replace('dlv_k', 'dlv_x')],
    ['a short hash', good.replace(HASH, HASH.slice(1))],
    ['a hash with a digit that base32 lacks', good.replace('234567', '234561')],
    ['an upper-case hash', good.replace(HASH, HASH.toUpperCase())],
    ['sequence 0', good.replace('_7_', '_0_')],
    ['a padded sequence', good.replace('_7_', '_07_')],
    ['a negative sequence', good.replace('_7_', '_-7_')],
    ['a sequence beyond safe integers', good.replace('_7_', `_${'9'.repeat(16)}_`)],
    ['an upper-case endpoint', good.replace(ULID, ULID.toUpperCase())],
    ['replay 0 by name', `${good}_r0`],
    ['an attempt number', `${good}_a1`],
    ['white space after', `${good} `],
    ['a line break after', `${good}\n`],
    ['something before', `x${good}`],
  ])('%s is no delivery id', (_, id) => {
    expect(parseDeliveryId(id)).toBe(null);
  });

  test.each([
    ['a delivery id', good],
    ['one without a number', good.replace('dlv_', 'att_')],
    ['number 0', `${good.replace('dlv_', 'att_')}_a0`],
    ['the number before the replay', `${good.replace('dlv_', 'att_')}_a1_r1`],
  ])('%s is no attempt id', (_, id) => {
    expect(parseAttemptId(id)).toBe(null);
  });

  test.each([
    ['a delivery id', good],
    ['a bare ULID', `evt_${ULID}`],
    ["a publisher's own id", 'evt_1234'],
    ['another kind', `evt_${ULID}x${HASH}`],
  ])('%s is no event id of ours', (_, id) => {
    expect(parseMadeEventId(id)).toBe(null);
  });

  test.each(['', 'ep_', ULID, `ep_${ULID}0`, `ep_${ULID.toUpperCase()}`, `ep_${ULID}\n`])(
    '%j is no endpoint id',
    (id) => {
      expect(isEndpointId(id)).toBe(false);
    },
  );

  test.each(['', 'v1', 'v1:acme', 'v1:acme:k', `v2:acme:k:${HASH}`, `v1:acme:x:${HASH}`, `v1:acme:k:${HASH}:more`])(
    '%j is no record name',
    (name) => {
      expect(parseRecordName(name)).toBe(null);
    },
  );

  test('no random text parses as an id', () => {
    const parsers = [parseDeliveryId, parseAttemptId, parseMadeEventId, parseRecordName];
    const prefix = fc.constantFrom('', 'dlv_k', 'att_u', 'evt_', 'ep_');
    fc.assert(
      fc.property(prefix, fc.string({ unit: 'binary', maxLength: 80 }), (start, text) => {
        for (const parse of parsers) expect(parse(start + text)).toBe(null);
        expect(isEndpointId(start + text)).toBe(false);
      }),
    );
  });

  test('an id that parses is the one that its parts make: there is one spelling', () => {
    const near = fc
      .tuple(fc.nat(good.length), fc.constantFrom('0', 'a', 'A', '_', '-', 'r', '7', '9'))
      .map(([i, c]) => good.slice(0, i) + c + good.slice(i + 1));
    fc.assert(
      fc.property(near, (id) => {
        const parsed = parseDeliveryId(id);
        if (parsed !== null) expect(deliveryId(parsed, parsed)).toBe(id);
      }),
    );
  });
});
