/**
 * From what a publisher names to where it lives: record key or event id to a Record's address, and content to its hash.
 * The shapes of names and ids are core/ids.ts; only the hashing, which is asynchronous, is here.
 */
import { base32 } from '../core/base32.ts';
import { canonicalJson } from '../core/canonical.ts';
import type { AccountPlace, RecordAddress } from '../core/ids.ts';

/** 160 bits: collisions among the records of an account are out of reach, and the name stays short. */
const HASH_BYTES = 20;
const encoder = new TextEncoder();

/** `place`: the account's settings. Whoever leaves its jurisdiction out reaches another object. */
export async function recordAddress(place: AccountPlace, recordKey: string): Promise<RecordAddress> {
  return { ...bound(place), kind: 'k', hash: await addressHash(recordKey) };
}

export async function shardAddress(place: AccountPlace, shardNumber: number): Promise<RecordAddress> {
  return { ...bound(place), kind: 'u', hash: await addressHash(`shard:${shardNumber}`) };
}

function bound({ account, jurisdiction = null }: AccountPlace): Required<AccountPlace> {
  return { account, jurisdiction };
}

/**
 * The shard, 0 to `shards` - 1, of an event without a record. The same for the same id, so that publishing again finds the
 * first: `shards` is therefore fixed for an account.
 */
export async function shardOf(eventId: string, shards: number): Promise<number> {
  const digest = await sha256(eventId);
  return new DataView(digest.buffer).getUint32(0) % shards;
}

export type HashedContent = {
  type: string;
  record: string | null;
  version: number | null;
  /** As given, not as understood: "…Z" and "…+00:00" are other content. */
  occurredAt: string | null;
} & ({ data: unknown } | { forms: unknown });

/** P2: hex SHA-256 of the canonical JSON. Two publishes with one id are the same event exactly if this is the same. */
export async function contentHash({ type, record, version, occurredAt, ...content }: HashedContent): Promise<string> {
  const digest = await sha256(canonicalJson({ type, record, version, occurredAt, ...content }));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function addressHash(name: string): Promise<string> {
  return base32((await sha256(name)).subarray(0, HASH_BYTES));
}

async function sha256(text: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text)));
}
