import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseRecordName, recordName, shardName } from '../../src/core/ids.ts';
import {
  addressOfHash,
  contentHash,
  recordAddress,
  shardOfEvent,
  shardsOf,
  unkeyedAddress,
} from '../../src/lookup/address.ts';

const ACME = { account: 'acme', incarnation: 'a'.repeat(12), shards: 4 };

describe('addresses', () => {
  it('a record lives where the first 160 bits of the SHA-256 of its key say', async () => {
    const address = await recordAddress({ ...ACME, account: 'acme' }, 'subscription/sub_81');
    // echo -n subscription/sub_81 | sha256sum | head -c 40 | xxd -r -p | base32
    expect(address).toMatchObject({
      account: 'acme',
      jurisdiction: null,
      kind: 'k',
      hash: base32Of('subscription/sub_81'),
    });
    expect(parseRecordName(recordName(address))).toEqual(address);
  });

  it('records spread over all shards of an account, and their hash alone says where', async () => {
    const keys = Array.from({ length: 400 }, (_, i) => `sub/${i}`);
    const addresses = await Promise.all(keys.map((key) => recordAddress(ACME, key)));
    for (const address of addresses) expect(addressOfHash(ACME, address)).toEqual(address);
    const names = new Set(addresses.map(shardName));
    expect([...names].sort()).toEqual(shardsOf(ACME).map(shardName).sort());
  });

  it('the same key in another jurisdiction is another object', async () => {
    const [anywhere, eu] = [
      await recordAddress({ ...ACME, account: 'acme' }, 'r'),
      await recordAddress({ ...ACME, account: 'acme', jurisdiction: 'eu' }, 'r'),
    ];
    expect(recordName(eu)).toBe(recordName(anywhere).replace('v1:', 'v1.eu:'));
  });

  it('readable names that would collide do not', async () => {
    const [a, b] = [
      await recordAddress({ ...ACME, account: 'a' }, 'b/c'),
      await recordAddress({ ...ACME, account: 'a' }, 'b'),
    ];
    expect(recordName(a)).not.toBe(recordName(b));
    expect(recordName(await unkeyedAddress({ ...ACME, account: 'a' }, 1))).not.toBe(
      recordName(await unkeyedAddress({ ...ACME, account: 'a' }, 2)),
    );
    expect(recordName(await unkeyedAddress({ ...ACME, account: 'a' }, 1))).not.toBe(
      recordName(await recordAddress({ ...ACME, account: 'a' }, 'shard:1')),
    );
  });

  it('an event without a record always finds the same shard, and events spread over all of them', async () => {
    const ids = Array.from({ length: 2_000 }, (_, i) => `evt-${i}`);
    const shards = await Promise.all(ids.map((id) => shardOfEvent(id, 64)));
    expect(await shardOfEvent('evt-7', 64)).toBe(shards[7]);
    expect(new Set(shards).size).toBe(64);
    expect(Math.min(...shards)).toBe(0);
    expect(Math.max(...shards)).toBe(63);
  });
});

describe('content hash', () => {
  const content = { type: 'a.b', record: null, version: 1, occurredAt: null, data: { x: 1, y: [2] } };

  it('is hex SHA-256 of the canonical JSON', async () => {
    const canonical = '{"data":{"x":1,"y":[2]},"occurredAt":null,"record":null,"type":"a.b","version":1}';
    expect(await contentHash(content)).toBe(createHash('sha256').update(canonical).digest('hex'));
  });

  it('is the same for another order of members, and other for any other content', async () => {
    const same = await contentHash(content);
    expect(await contentHash({ ...content, data: { y: [2], x: 1 } })).toBe(same);
    for (const change of [
      { type: 'a.c' },
      { record: 'r' },
      { version: null },
      { occurredAt: '2026-01-01T00:00:00Z' },
      { data: { x: 2, y: [2] } },
    ]) {
      expect(await contentHash({ ...content, ...change })).not.toBe(same);
    }
  });
});

/** Bit by bit and from the RFC's alphabet, independent of core/base32.ts. */
function base32Of(text: string): string {
  const digest = createHash('sha256').update(text).digest().subarray(0, 20);
  const bits = [...digest].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? [])
    .map((five) => 'abcdefghijklmnopqrstuvwxyz234567'.charAt(parseInt(five, 2)))
    .join('');
}
