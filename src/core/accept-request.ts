/**
 * From checked events and an account's settings to what its Shard is asked to accept: the one place
 * that matches events with endpoints, for a publish and for a broadcast. Pure.
 */
import type { AccountSettings, EndpointSettings } from './endpoint.ts';
import { meets } from './filter.ts';
import { EventValues, type FilterBudget } from './filter-values.ts';
import { type Form, formFor, type Forms, pinnedVersion } from './forms.ts';
import { PUBLISH_FILTER_STEPS_MAX, SETTINGS_CARRIED_MAX, SLICE_STEPS } from './limits.ts';
import { wanting } from './match.ts';
import { type AcceptRequest, matchedOf, type NewEvent, type NewForm } from './publish.ts';
import { finish, Slice } from './slices.ts';

/** What one endpoint costs beside its filter, in steps. */
const ENDPOINT_STEPS = 4;

export type ReadyForm = Form & { dataJson: string };

/**
 * One event of a record, with its id and the hash of its content (lookup/address.ts). `data` as
 * parseExact reads it, in the newest form; `older` are the others, newest first.
 */
export type ReadyEvent = Omit<NewEvent, 'matches' | 'forms'> & { data: unknown; older?: ReadyForm[] };

type Known = { settings: AccountSettings; readAtMs: number };

/** For all records of one publish together. */
export function publishBudget(): FilterBudget {
  return { left: PUBLISH_FILTER_STEPS_MAX };
}

/** Events of one record (null: of one shard of events without one), in the publisher's order. */
export function acceptRequest(record: string | null, ready: readonly ReadyEvent[], known: Known): AcceptRequest {
  return finish(acceptInSlices(record, ready, known, publishBudget()));
}

/** Pauses where others should have the thread: a hundred events may meet 10,000 filters. */
export function* acceptInSlices(
  record: string | null,
  ready: readonly ReadyEvent[],
  { settings, readAtMs }: Known,
  budget: FilterBudget,
): Generator<void, AcceptRequest> {
  const matched = new Map<string, EndpointSettings>();
  const events: NewEvent[] = [];
  const slice = new Slice(SLICE_STEPS);
  for (const { data, older = [], ...event } of ready) {
    const { schemaVersion, dataJson } = event;
    const forms: Forms<ReadyForm> = [{ version: schemaVersion, data, dataJson }, ...older];
    const sent = yield* formsSent(record, event, forms, settings.endpoints, budget, slice);
    for (const endpoint of sent.keys()) matched.set(endpoint.id, endpoint);
    const more = older.length === 0 ? {} : { forms: older.map((form) => newForm(form, sent)) };
    events.push({ ...event, ...more, matches: [...sent.keys()].map(({ id }) => id) });
  }
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
function* formsSent(
  record: string | null,
  { type, version }: Pick<NewEvent, 'type' | 'version'>,
  forms: Forms<ReadyForm>,
  endpoints: readonly EndpointSettings[],
  budget: FilterBudget,
  slice: Slice,
): Generator<void, Map<EndpointSettings, ReadyForm>> {
  const values = new Map(
    forms.map((form) => [form, new EventValues({ type, record, version, data: form.data }, budget)]),
  );
  const sent = new Map<EndpointSettings, ReadyForm>();
  for (const endpoint of wanting(endpoints, type)) {
    const { left } = budget;
    const form = formFor(forms, pinnedVersion(endpoint.schemaVersions, type));
    const its = values.get(form);
    if (its !== undefined && meets(endpoint.filter, its)) sent.set(endpoint, form);
    if (slice.isOver(ENDPOINT_STEPS + left - budget.left)) yield;
  }
  return sent;
}

function newForm(form: ReadyForm, sent: ReadonlyMap<EndpointSettings, ReadyForm>): NewForm {
  const endpoints = [...sent].flatMap(([endpoint, its]) => (its === form ? [endpoint.id] : []));
  return { schemaVersion: form.version, dataJson: form.dataJson, endpoints };
}
