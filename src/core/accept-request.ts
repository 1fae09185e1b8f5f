/**
 * From checked events and an account's settings to what its Record is asked to accept: the one place that matches events with
 * endpoints, for a publish and for a broadcast. Pure.
 */
import type { AccountSettings, EndpointSettings } from './endpoint.ts';
import { SETTINGS_CARRIED_MAX } from './limits.ts';
import { wantsEvent } from './match.ts';
import { type AcceptRequest, matchedOf, type NewEvent } from './publish.ts';

/** One event of a record, with its id and the hash of its content (delivery/address.ts). `data` as parseExact reads it. */
export type ReadyEvent = Omit<NewEvent, 'matches'> & { data: unknown };

/** Events of one record (null: of one shard of events without one), in the publisher's order. */
export function acceptRequest(
  record: string | null,
  ready: readonly ReadyEvent[],
  { settings, readAtMs }: { settings: AccountSettings; readAtMs: number },
): AcceptRequest {
  const matched = new Map<string, EndpointSettings>();
  const events = ready.map(({ data, ...event }) => {
    const { type, version } = event;
    const matches = settings.endpoints.filter((endpoint) => wantsEvent(endpoint, { type, record, version, data }));
    for (const endpoint of matches) matched.set(endpoint.id, endpoint);
    return { ...event, matches: matches.map(({ id }) => id) };
  });
  const endpoints = [...matched.values()];
  return {
    account: settings.account,
    record,
    events,
    endpoints: endpoints.map(matchedOf),
    settings:
      endpoints.length <= SETTINGS_CARRIED_MAX
        ? { revision: settings.revision, readAtMs, endpoints, retention: settings.retention }
        : null,
  };
}
