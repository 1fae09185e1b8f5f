/**
 * From what a publisher names to where it lives: record key or event id to its place in a Shard,
 * and content to its hash. The shapes of names and ids are core/ids.ts; only the hashing, which is
 * asynchronous, is here.
 */
import { BASE32, base32 } from '../core/base32.ts';
import { canonicalJson } from '../core/canonical.ts';
import type { RecordAddress, RecordLocator, RecordRef, ShardAddress, ShardsOf } from '../core/ids.ts';
import { sha256 } from './sha256.ts';

/**
 * 160 bits: collisions among the records of an account are out of reach, and the name stays short.
 */
const HASH_BYTES = 20;

/**
 * All accounts begin with this generation; another number of shards would be another generation.
 */
const GENERATION = 0;

/** The same in every account. */
export async function recordHash(recordKey: string): Promise<string> {
  return hashOf(await sha256(recordKey));
}

/** `place`: the account's settings. */
export async function recordAddress(place: ShardsOf, recordKey: string): Promise<RecordAddress> {
  return addressOfHash(place, { kind: 'k', hash: await recordHash(recordKey) });
}

/** The record's hash chooses its shard. */
export function addressOfHash(place: ShardsOf, { kind, hash }: RecordRef): RecordAddress {
  return { ...shardIn(place, firstBits(hash) % place.shards), kind, hash };
}

/** Where the events without a record of one shard are. */
export async function unkeyedAddress(place: ShardsOf, shard: number): Promise<RecordAddress> {
  return { ...shardIn(place, shard), kind: 'u', hash: hashOf(await sha256(`shard:${shard}`)) };
}

/** Every shard of an account: nothing of its events is anywhere else. */
export function shardsOf(place: ShardsOf): ShardAddress[] {
  return Array.from({ length: place.shards }, (_, shard) => shardIn(place, shard));
}

/** Where an id leads in this account. */
export function addressIn(place: ShardsOf, { generation, shard, kind, hash }: RecordLocator): RecordAddress {
  return { ...shardIn(place, shard), generation, kind, hash };
}

function shardIn({ account, jurisdiction = null, incarnation }: ShardsOf, shard: number): ShardAddress {
  return { account, jurisdiction, incarnation, generation: GENERATION, shard };
}

/**
 * The shard, 0 to `shards` - 1, of an event without a record. The same for the same id, so that
 * publishing again finds the first: `shards` is therefore fixed for an account.
 */
export async function shardOfEvent(eventId: string, shards: number): Promise<number> {
  return numberOf(await sha256(eventId), shards);
}

function numberOf(digest: Uint8Array<ArrayBuffer>, shards: number): number {
  return new DataView(digest.buffer).getUint32(0) % shards;
}

export type HashedContent = {
  type: string;
  record: string | null;
  version: number | null;
  /** As given, not as understood: "…Z" and "…+00:00" are other content. */
  occurredAt: string | null;
} & ({ data: unknown } | { forms: unknown });

/**
 * P2: hex SHA-256 of the canonical JSON. Two publishes with one id are the same event exactly if
 * this is the same.
 */
export async function contentHash({ type, record, version, occurredAt, ...content }: HashedContent): Promise<string> {
  const digest = await sha256(canonicalJson({ type, record, version, occurredAt, ...content }));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The first 30 bits of a hash. */
function firstBits(hash: string): number {
  let bits = 0;
  for (const char of hash.slice(0, 6)) bits = bits * 32 + BASE32.indexOf(char);
  return bits;
}

function hashOf(digest: Uint8Array): string {
  return base32(digest.subarray(0, HASH_BYTES));
}
