/**
 * Where an event lives. With a record key: the Record of that key. Without: one of the account's shards, chosen by the event's
 * id, so that publishing again finds the first. An id of our making carries its Record's hash; its shard is therefore chosen by
 * the part before, also when a publisher sends such an id back.
 */
import type { AccountSettings } from '../core/endpoint.ts';
import { type AccountPlace, type RecordAddress, parseMadeEventId } from '../core/ids.ts';
import { recordAddress, shardAddress, shardOf } from './address.ts';

/** `evt_` and 26 characters. */
const MADE_ID_START = 30;

export async function eventAddress(
  settings: AccountPlace & Pick<AccountSettings, 'unkeyedShards'>,
  event: { id: string; record: string | null },
): Promise<RecordAddress> {
  if (event.record !== null) return recordAddress(settings, event.record);
  const shardKey = parseMadeEventId(event.id) === null ? event.id : event.id.slice(0, MADE_ID_START);
  return shardAddress(settings, await shardOf(shardKey, settings.unkeyedShards));
}
