/**
 * From checked events and an account's settings to what its Shard is asked to accept: the one place that matches events with
 * endpoints, for a publish and for a broadcast. Pure.
 */
import type { AccountSettings, EndpointSettings } from './endpoint.ts';
import { type Form, formFor, type Forms, pinnedVersion } from './forms.ts';
import { SETTINGS_CARRIED_MAX } from './limits.ts';
import { wantsEvent } from './match.ts';
import { type AcceptRequest, matchedOf, type NewEvent, type NewForm } from './publish.ts';

export type ReadyForm = Form & { dataJson: string };

/**
 * One event of a record, with its id and the hash of its content (delivery/address.ts). `data` as parseExact reads it, in the newest
 * form; `older` are the others, newest first.
 */
export type ReadyEvent = Omit<NewEvent, 'matches' | 'forms'> & { data: unknown; older?: ReadyForm[] };

/** Events of one record (null: of one shard of events without one), in the publisher's order. */
export function acceptRequest(
  record: string | null,
  ready: readonly ReadyEvent[],
  { settings, readAtMs }: { settings: AccountSettings; readAtMs: number },
): AcceptRequest {
  const matched = new Map<string, EndpointSettings>();
  const events = ready.map(({ data, older = [], ...event }) => {
    const { schemaVersion, dataJson } = event;
    const sent = formsSent(record, event, [{ version: schemaVersion, data, dataJson }, ...older], settings.endpoints);
    for (const endpoint of sent.keys()) matched.set(endpoint.id, endpoint);
    const forms = older.length === 0 ? {} : { forms: older.map((form) => newForm(form, sent)) };
    return { ...event, ...forms, matches: [...sent.keys()].map(({ id }) => id) };
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

/** The endpoints that want the event, and the form that each is sent: by that form they decide. */
function formsSent(
  record: string | null,
  { type, version }: Pick<NewEvent, 'type' | 'version'>,
  forms: Forms<ReadyForm>,
  endpoints: EndpointSettings[],
): Map<EndpointSettings, ReadyForm> {
  const sent = new Map<EndpointSettings, ReadyForm>();
  for (const endpoint of endpoints) {
    const form = formFor(forms, pinnedVersion(endpoint.schemaVersions, type));
    if (wantsEvent(endpoint, { type, record, version, data: form.data })) sent.set(endpoint, form);
  }
  return sent;
}

function newForm(form: ReadyForm, sent: ReadonlyMap<EndpointSettings, ReadyForm>): NewForm {
  const endpoints = [...sent].flatMap(([endpoint, its]) => (its === form ? [endpoint.id] : []));
  return { schemaVersion: form.version, dataJson: form.dataJson, endpoints };
}
