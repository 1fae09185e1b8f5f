/**
 * The events of the record that a list of the log is asked for, named by its Shard: the log has an
 * index by event and none by record (it would be paid with each delivery), so a record's rows are
 * found by their keys, however large the log is.
 */
import type { AccountSettings } from '../core/endpoint.ts';
import { recordName } from '../core/ids.ts';
import { DAY_MS, RECORD_EVENT_IDS_MAX, RETENTION_DAYS_MIN } from '../core/limits.ts';
import { recordAddress } from '../lookup/address.ts';
import { recordStub } from '../lookup/stubs.ts';
import type { EventFilter, OfRecord } from '../store/filter.ts';
import type { AppContext } from './context.ts';
import { callObject } from '../lookup/objects.ts';
import { logLine } from '../log-line.ts';

/**
 * Empty where the rows are looked for one by one: several records, an event as well, a very large
 * record, or one that knows nothing.
 */
export async function ofRecord(
  c: AppContext,
  settings: AccountSettings,
  { record = [], event = [] }: EventFilter,
): Promise<OfRecord> {
  const [key] = record;
  if (key === undefined || record.length > 1 || event.length > 0) return {};
  const name = recordName(await recordAddress(settings, key));
  const known = await callObject(
    () => recordStub(c.env, name),
    (stub) => stub.readEventIds(RECORD_EVENT_IDS_MAX),
  ).catch((error: unknown) => {
    // The log answers also where the Shard does not: only more slowly.
    logLine('error', 'record not asked', { account: settings.account, error: String(error) });
    return null;
  });
  if (known === null || known.ids.length === 0) return {};
  const sinceMs = known.isWhole ? null : Date.now() - RETENTION_DAYS_MIN * DAY_MS;
  return { ofRecord: { events: known.ids, sinceMs } };
}
