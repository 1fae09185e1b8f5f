/**
 * Why an endpoint has no delivery of an event (V8): by the endpoint's settings of now, and what the
 * event says. An event is matched once, when it is accepted; what has changed since then is said as
 * such. Pure.
 */
import type { EndpointSettings } from './endpoint.ts';
import { meets } from './filter.ts';
import { unmet } from './filter-why.ts';
import { EventValues } from './filter-values.ts';
import { formFor, type Forms, pinnedVersion } from './forms.ts';
import { NOT_SENT_SHOWN_MAX, PUBLISH_FILTER_STEPS_MAX } from './limits.ts';
import { wants } from './match.ts';

/** In the order in which a person wants to read them. */
export const NOT_SENT_REASONS = ['filter', 'changed-later', 'payload-gone', 'added-later', 'not-subscribed'] as const;
export type NotSentReason = (typeof NOT_SENT_REASONS)[number];
export type NotSent = { endpoint: string; reason: NotSentReason; note: string };
/** `nowhere`: a sentence where the event went to no endpoint at all. */
export type Unsent = { notSent: NotSent[]; nowhere: string | null };

/** `forms` null: its payload is gone. `sentTo`: the endpoints that have a delivery of it. */
export type AskedEvent = {
  type: string;
  record: string | null;
  version: number | null;
  acceptedAtMs: number;
  forms: Forms | null;
  sentTo: ReadonlySet<string>;
};
export type NamedEndpoint = { settings: EndpointSettings; name: string };

/**
 * `endpoints`: all of the account; those that are disabled would have been sent nothing.
 * NOT_SENT_SHOWN_MAX of them are named.
 */
export function whyNotSent(event: AskedEvent, endpoints: readonly NamedEndpoint[]): Unsent {
  const valuesOf = valuesOfForms(event);
  const live = endpoints.filter(({ settings }) => settings.status !== 'disabled');
  const all = live
    .filter(({ settings }) => !event.sentTo.has(settings.id))
    .map((endpoint) => whyNot(event, endpoint, valuesOf))
    .toSorted((a, b) => NOT_SENT_REASONS.indexOf(a.reason) - NOT_SENT_REASONS.indexOf(b.reason));
  return { notSent: all.slice(0, NOT_SENT_SHOWN_MAX), nowhere: event.sentTo.size === 0 ? nowhere(event, all) : null };
}

function whyNot(
  event: AskedEvent,
  { settings, name }: NamedEndpoint,
  valuesOf: (endpoint: EndpointSettings) => EventValues | null,
): NotSent {
  const because = (reason: NotSentReason, note: string) => ({ endpoint: settings.id, reason, note });
  if (settings.createdAtMs > event.acceptedAtMs) return because('added-later', `${name} was added after it`);
  if (!wants(settings, event.type)) return because('not-subscribed', `${name} is not subscribed to ${event.type}`);
  const filter = settings.filter ?? null;
  const values = filter === null ? null : valuesOf(settings);
  if (filter !== null && values === null) {
    return because('payload-gone', `${name} has a filter; whether it matched is not known, because the data is gone`);
  }
  if (filter === null || values === null || meets(filter, values)) {
    return because('changed-later', `${name} did not ask for it when it was accepted; its settings have changed since`);
  }
  const did = settings.updatedAtMs > event.acceptedAtMs ? 'does' : 'did';
  return because('filter', `${name}'s filter ${did} not match: ${unmet(filter, values)}`);
}

/** Each form is read once, and all endpoints share what a publish may look at. */
function valuesOfForms({ forms, type, record, version }: AskedEvent) {
  const budget = { left: PUBLISH_FILTER_STEPS_MAX };
  const known = new Map<string | null, EventValues>();
  return (endpoint: EndpointSettings): EventValues | null => {
    if (forms === null) return null;
    const form = formFor(forms, pinnedVersion(endpoint.schemaVersions, type));
    let values = known.get(form.version);
    if (values === undefined) {
      values = new EventValues({ type, record, version, data: form.data }, budget);
      known.set(form.version, values);
    }
    return values;
  };
}

function nowhere({ type }: AskedEvent, all: readonly NotSent[]): string {
  const [first, ...others] = all;
  if (first === undefined) return 'Sent to nobody: the account has no enabled endpoint';
  if (others.length === 0) return `Sent to nobody: ${first.note}`;
  const counts = Map.groupBy(all, ({ reason }) => reason);
  const [reason] = counts.size === 1 ? [first.reason] : [];
  if (reason === 'not-subscribed') return `Sent to nobody: no endpoint is subscribed to ${type}`;
  if (reason === 'filter') return `Sent to nobody: no endpoint's filter matched`;
  if (reason === 'added-later') return 'Sent to nobody: all endpoints were added after it';
  const said = [...counts].map(([why, { length }]) => `${length} ${COUNTED[why]}`);
  return `Sent to nobody: of ${all.length} endpoints ${said.join(', ')}`;
}

const COUNTED: Record<NotSentReason, string> = {
  filter: 'by filter',
  'changed-later': 'because of settings that have changed since',
  'payload-gone': 'by a filter, perhaps',
  'added-later': 'added after it',
  'not-subscribed': 'not subscribed',
};
