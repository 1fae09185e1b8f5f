/**
 * Where an event lives. With a record key: in the Shard that the key chooses. Without: in the one
 * that the event's id chooses, so that publishing again finds the first. An id of our making
 * carries its record's hash; its shard is therefore chosen by the part before, also when a
 * publisher sends such an id back.
 */
import { type RecordAddress, parseMadeEventId, type ShardsOf } from '../core/ids.ts';
import { recordAddress, shardOfEvent, unkeyedAddress } from './address.ts';

/** `evt_` and 26 characters. */
const MADE_ID_START = 30;

export async function eventAddress(
  settings: ShardsOf,
  event: { id: string; record: string | null },
): Promise<RecordAddress> {
  if (event.record !== null) return recordAddress(settings, event.record);
  const shardKey = parseMadeEventId(event.id) === null ? event.id : event.id.slice(0, MADE_ID_START);
  return unkeyedAddress(settings, await shardOfEvent(shardKey, settings.shards));
}
