/**
 * What an endpoint never had a delivery of (R2), because it was not there yet or did not want it
 * then: it is sent as a replay that repeats nothing. The endpoint as it is now decides: its event
 * types, its filter, the form that it pins, its ordering. Refuses what it has a delivery of,
 * whatever became of that. Part of a Ledger turn.
 */
import { SLACK_FORM, slackBodyOfEvent } from '../core/alert-slack.ts';
import type { EndpointSettings } from '../core/endpoint.ts';
import { type Form, formFor, type Forms, pinnedVersion } from '../core/forms.ts';
import { deliveryId } from '../core/ids.ts';
import { parseExact } from '../core/json.ts';
import { isOutOfOrder } from '../core/lane.ts';
import { wants, wantsEvent } from '../core/match.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { ReplayRefusal } from '../core/rpc.ts';
import { created } from '../core/status.ts';
import type { DeliveryView } from '../core/view.ts';
import { cancelCutOff } from './departing.ts';
import type { MemoryEvent } from './lanes.ts';
import type { Memory } from './memory.ts';
import { appendReplay, factsOf, ofJob, refuseReplay, type ReplayedAt, type Replayer } from './replaying.ts';
import type { KeptFacts } from './stored.ts';
import { viewDelivery } from './views.ts';

/** `endpoint` as it is now; undefined once removed. */
export function replayMissing(
  memory: Memory,
  { sequence, endpoint: id }: { sequence: number; endpoint: string },
  by: Replayer,
  endpoint: EndpointSettings | undefined,
  { nowMs, storageBytes }: ReplayedAt,
): Result<DeliveryView, ReplayRefusal> {
  const event = memory.load(sequence);
  if (event === null) return fail({ reason: 'not-found' });
  const own = ofJob(memory, { sequence, endpoint: id, replay: 0 }, by.job);
  if (own !== null) return ok(own);
  if (endpoint !== undefined) cancelCutOff(memory, endpoint, nowMs);
  const refusal = refuseReplay(memory, event, id, by.force, endpoint, storageBytes) ?? refuseThere(memory, event, id);
  if (refusal !== null) return fail(refusal);
  if (endpoint === undefined) throw new Error('a removed endpoint was not refused');
  const form = formOf(event.facts, endpoint);
  const data = dataOf(memory, sequence, form);
  const unwanted = refuseUnwanted(event.facts, data, endpoint);
  if (unwanted !== null) return fail(unwanted);
  const lane = memory.lanes.get(id);
  const isOut = lane !== undefined && isOutOfOrder(event.facts, lane);
  const delivery = created({
    endpoint: id,
    ordering: memory.address.kind === 'k' ? endpoint.ordering : 'unordered',
    dueMs: nowMs,
    form: endpoint.payloadFormat === 'slack' ? slackForm(memory, event.facts, data) : form,
    replay: { number: 1, facts: { ...factsOf(0, by, isOut, nowMs), isMissing: true }, previous: null },
  });
  return ok(viewDelivery(memory, appendReplay(memory, event, delivery, nowMs)));
}

function refuseThere(memory: Memory, event: MemoryEvent, id: string): ReplayRefusal | null {
  const there = event.slots.find(({ delivery: { endpoint } }) => endpoint === id)?.delivery;
  if (there === undefined) return null;
  const { sequence } = event.facts;
  return {
    reason: 'not-missing',
    delivery: deliveryId(memory.address, { sequence, endpoint: id, replay: there.replay }),
  };
}

/** As at acceptance: the older form that it is sent; undefined: the newest. */
function formOf(
  { type, schemaVersion, forms = [] }: KeptFacts,
  { schemaVersions }: EndpointSettings,
): string | undefined {
  const newest: Form<null> = { version: schemaVersion, data: null };
  const all: Forms<Form<null>> = [newest, ...forms.map((version) => ({ version, data: null }))];
  const form = formFor(all, pinnedVersion(schemaVersions, type));
  return form === newest ? undefined : (form.version ?? undefined);
}

function dataOf(memory: Memory, sequence: number, form: string | undefined): unknown {
  const body = form === undefined ? memory.rows.body(sequence) : memory.rows.form(sequence, form);
  if (body === null) throw new Error(`the body of event ${sequence} is missing`);
  const sent = parseExact(body);
  return typeof sent === 'object' && sent !== null && 'data' in sent ? sent.data : null;
}

/**
 * What Slack endpoints were sent when the alert was sent; where none was there then, what its event
 * says.
 */
function slackForm(memory: Memory, { sequence, type }: KeptFacts, data: unknown): string {
  if (memory.rows.form(sequence, SLACK_FORM) === null) {
    memory.rows.insertForm(sequence, SLACK_FORM, slackBodyOfEvent(type, data));
  }
  return SLACK_FORM;
}

function refuseUnwanted(
  { type, record, version }: KeptFacts,
  data: unknown,
  endpoint: EndpointSettings,
): ReplayRefusal | null {
  if (!wants(endpoint, type)) return { reason: 'not-subscribed' };
  return wantsEvent(endpoint, { type, record, version, data }) ? null : { reason: 'filtered' };
}
