/**
 * V8: the endpoints that an event was not sent to, and why. For one event, and for a record about
 * its newest.
 */
import type { AccountSettings } from '../core/endpoint.ts';
import type { Form, Forms } from '../core/forms.ts';
import { type Unsent, whyNotSent } from '../core/not-sent.ts';
import type { EventView, RecordView } from '../core/view.ts';
import { recordStub } from '../lookup/stubs.ts';
import type { Bindings } from '../env.ts';
import { callObject } from '../lookup/objects.ts';
import { nameOf, type Present } from './overlay.ts';
import { dataOf, schemaVersionOf } from './render.ts';

export function unsentOf(event: EventView, { endpoints }: Present): Unsent {
  const { type, record, version, acceptedAtMs } = event;
  const sentTo = new Set(event.deliveries.map(({ endpoint }) => endpoint));
  const named = [...endpoints.values()].map((settings) => ({ settings, name: nameOf(settings) }));
  return whyNotSent({ type, record, version, acceptedAtMs, forms: formsOf(event), sentTo }, named);
}

/**
 * Of the newest event of a record. Asks its Shard again only where an endpoint has no delivery of
 * it.
 */
export async function unsentOfNewest(
  env: Bindings,
  name: string,
  view: RecordView,
  settings: AccountSettings,
  present: Present,
): Promise<Unsent> {
  // Of a view that is cut it is not known which endpoints were sent nothing.
  if (view.endpointCount !== undefined) return { notSent: [], nowhere: null };
  const sentTo = new Set(
    view.endpoints.flatMap(({ endpoint, delivery }) => (delivery.sequence === view.sequence ? [endpoint] : [])),
  );
  if (settings.endpoints.every(({ id, status }) => status === 'disabled' || sentTo.has(id)) && sentTo.size > 0) {
    return { notSent: [], nowhere: null };
  }
  const { events } = await callObject(
    () => recordStub(env, name),
    (stub) => stub.readEvents(view.sequence - 1, 1),
  );
  const [newest] = events;
  // It is past its retention.
  return newest === undefined ? { notSent: [], nowhere: null } : unsentOf(newest, present);
}

function formsOf({ body, forms: older = [] }: EventView): Forms | null {
  if (body === null) return null;
  const newest: Form = { version: schemaVersionOf(body), data: dataOf(body) };
  const rest = older.flatMap((form) =>
    form.body === null ? [] : [{ version: form.version, data: dataOf(form.body) }],
  );
  return [newest, ...rest];
}
