/**
 * Where an event lives. With a record key: the Record of that key. Without: one of the account's shards, chosen by the event's
 * id, so that publishing again finds the first. An id of our making carries its Record's hash; its shard is therefore chosen by
 * the part before, also when a publisher sends such an id back.
 */
import { type RecordAddress, parseMadeEventId } from '../core/ids.ts';
import { recordAddress, shardAddress, shardOf } from './address.ts';

/** `evt_` and 26 characters. */
const MADE_ID_START = 30;

export async function eventAddress(
  account: string,
  event: { id: string; record: string | null },
  unkeyedShards: number,
): Promise<RecordAddress> {
  if (event.record !== null) return recordAddress(account, event.record);
  const shardKey = parseMadeEventId(event.id) === null ? event.id : event.id.slice(0, MADE_ID_START);
  return shardAddress(account, await shardOf(shardKey, unkeyedShards));
}
