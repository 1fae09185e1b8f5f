/**
 * From an event's id to the event (V2). Exact at once where the Shard is known: by the record key,
 * by an id of our making, or for events without a record by the shard that their id chooses. Any
 * other id is looked up in the log, seconds late.
 */
import type { AccountSettings } from '../core/endpoint.ts';
import { parseMadeEventId, recordName, type RecordAddress } from '../core/ids.ts';
import type { EventView } from '../core/view.ts';
import { addressIn, addressOfHash, recordAddress } from '../lookup/address.ts';
import { logDatabase } from '../store/database.ts';
import { findEvent } from '../store/log/events.ts';
import { recordStub } from '../lookup/stubs.ts';
import type { AppContext } from './context.ts';
import { fromDatabase } from './database.ts';
import { eventAddress } from '../lookup/event-address.ts';
import { callObject } from '../lookup/objects.ts';
import { Problem } from './problem.ts';

export type Located = { address: RecordAddress; event: EventView };

/** Null where no Record has it. Throws as `locateEvent`. */
export async function lookUpEvent(
  c: AppContext,
  settings: AccountSettings,
  id: string,
  record: string | undefined,
): Promise<EventView | null> {
  return (await locateEvent(c, settings, id, record))?.event ?? null;
}

/**
 * With the Shard that has it; null where none has. Throws the 409 that names the records where
 * several have it.
 */
export async function locateEvent(
  c: AppContext,
  settings: AccountSettings,
  id: string,
  record: string | undefined,
): Promise<Located | null> {
  const { account } = settings;
  if (record !== undefined) return readEvent(c, await recordAddress(settings, record), id);

  const tried = new Set<string>();
  for (const address of await knownAddresses(settings, id)) {
    if (tried.has(recordName(address))) continue;
    tried.add(recordName(address));
    const located = await readEvent(c, address, id);
    if (located !== null) return located;
  }

  const found = await fromDatabase(findEvent(logDatabase(account, c.env), account, id));
  const fresh = found
    .map(({ at, record: key }) => ({ address: addressIn(settings, at), record: key }))
    .filter(({ address }) => !tried.has(recordName(address)));
  const [first, second] = fresh;
  if (second !== undefined)
    throw severalRecords(
      id,
      fresh.map((event) => event.record),
    );
  return first === undefined ? null : readEvent(c, first.address, id);
}

async function knownAddresses(settings: AccountSettings, id: string): Promise<RecordAddress[]> {
  const shard = await eventAddress(settings, { id, record: null });
  const made = parseMadeEventId(id);
  if (made === null || (made.kind === shard.kind && made.hash === shard.hash)) return [shard];
  // One of a broadcast names the record and no account's shard.
  return [addressIn(settings, made), addressOfHash(settings, made), shard];
}

async function readEvent(c: AppContext, address: RecordAddress, id: string): Promise<Located | null> {
  const event = await callObject(
    () => recordStub(c.env, recordName(address)),
    (stub) => stub.readEvent(id),
  );
  return event === null ? null : { address, event };
}

function severalRecords(id: string, records: (string | null)[]): Problem {
  const named = records.map((record) => record ?? '(no record)');
  const detail = `several records have an event ${id}: ${named.join(', ')}; say which with ?record=`;
  return new Problem('several-records', detail.slice(0, 2_000), { members: { records } });
}
