/**
 * From an account and a record key to the Shard that holds the record, for tests that look inside.
 */
import { env } from 'cloudflare:workers';
import { type RecordAddress, recordId, recordName, shardName, type ShardsOf } from '../../src/core/ids.ts';
import { recordAddress, shardsOf } from '../../src/lookup/address.ts';
import { accountStub, recordStub, shardStub } from '../../src/lookup/stubs.ts';

/** Remembered, because a test may keep the Account from answering. */
const places = new Map<string, ShardsOf>();

async function shardsPlace(account: string): Promise<ShardsOf> {
  const known = places.get(account);
  if (known !== undefined) return known;
  const settings = await accountStub(env, account).settings();
  if (settings === null) throw new Error(`there is no account ${account}`);
  places.set(account, settings);
  return settings;
}

export async function addressOf(account: string, record: string): Promise<RecordAddress> {
  return recordAddress(await shardsPlace(account), record);
}

/** The Durable Object. */
export async function shardOf(account: string, record: string) {
  const address = await addressOf(account, record);
  return shardStub(env, shardName(address));
}

/** How the Shard's rows and calls name the record. */
export async function recordOf(account: string, record: string): Promise<string> {
  return recordId(await addressOf(account, record));
}

/** The calls of the Shard that concern the record. */
export async function recordCalls(account: string, record: string) {
  return recordStub(env, recordName(await addressOf(account, record)));
}

/** All Shards of an account. */
export async function shardsIn(account: string) {
  return shardsOf(await shardsPlace(account)).map((shard) => shardStub(env, shardName(shard)));
}
