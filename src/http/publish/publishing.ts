/**
 * Publishing (P1, P2, P3): from checked bodies to accepted events. Events of one record go to it in
 * one call and in their order; different records in parallel. Whatever fails after an event has its
 * id is a 503 that carries the id: publish it again.
 */
import { ulid } from 'ulid';
import { acceptInSlices, publishBudget, type ReadyEvent } from '../../core/accept-request.ts';
import type { AccountSettings } from '../../core/endpoint.ts';
import type { FilterBudget } from '../../core/filter-values.ts';
import type { Forms } from '../../core/forms.ts';
import { madeEventId, recordId, type RecordAddress, shardName } from '../../core/ids.ts';
import { storageFull } from '../../core/fault.ts';
import { FULL_RETRY_AFTER_SECONDS, SHARD_BYTES_MAX } from '../../core/limits.ts';
import type { Accepted, AcceptRequest, AcceptResult } from '../../core/publish.ts';
import type { QuotaExceeded } from '../../core/quota.ts';
import { ok, type Result } from '../../core/result.ts';
import { HEADER_TRACEPARENT, parseTraceparent, traceparentOf } from '../../core/trace.ts';
import { contentHash, recordAddress } from '../../lookup/address.ts';
import type { KnownSettings } from '../../lookup/settings.ts';
import { inTurns, Turns } from '../../delivery/turns.ts';
import { writeFaults } from '../../store/config/faults.ts';
import { shardStub } from '../../lookup/stubs.ts';
import { unknownAccount } from '../account-settings.ts';
import { type AppContext, catalogueCacheOf, settingsCacheOf } from '../context.ts';
import { eventAddress } from '../../lookup/event-address.ts';
import { callObject } from '../../lookup/objects.ts';
import { Problem, retryAfter } from '../problem.ts';
import { begin } from './overload.ts';
import { type EventBody, formsOf, type GivenForm } from './publish-body.ts';
import { TypeCheck, type TypedEvent } from './type-check.ts';
import { logLine } from '../../log-line.ts';

/** One event on its way: `id` is null until one is made. */
export type Outgoing = { body: EventBody; forms: Forms<GivenForm>; id: string | null };
export type Published =
  { kind: 'accepted'; accepted: Accepted; isKeyless: boolean } | { kind: 'problem'; problem: Problem };

type Placed = { outgoing: Outgoing; id: string; address: RecordAddress; record: string | null };
/** What all events of one request share. */
type Work = { turns: Turns; budget: FilterBudget; traceparent: string | null };
/**
 * `refused`: by the catalogue as it is now. An event that was accepted before is still answered as
 * it was (P2).
 */
type Typed = Placed & { typed: TypedEvent; refused: Published | null };

/**
 * One result for each event, in order. Throws only what concerns all of them, before anything was
 * accepted.
 */
export async function publish(c: AppContext, account: string, events: Outgoing[]): Promise<Published[]> {
  const fallbackIds = events.map(({ id }) => id ?? `evt_${ulid(Date.now()).toLowerCase()}`);
  const chars = events.reduce((total, one) => total + charsOf(one), 0);
  const end = begin(c, account, { events: events.length, chars }, fallbackIds);
  try {
    return await publishNow(c, account, events, fallbackIds);
  } finally {
    end();
  }
}

async function publishNow(
  c: AppContext,
  account: string,
  events: Outgoing[],
  fallbackIds: string[],
): Promise<Published[]> {
  const startedMs = Date.now();
  let admitted: Result<KnownSettings | null, QuotaExceeded>;
  let types: TypeCheck;
  try {
    [admitted, types] = await Promise.all([settingsFor(c, account, events.length), typeCheck(c)]);
  } catch (error) {
    return fallbackIds.map((id) => notStored(id, error));
  }
  if (!admitted.ok) throw quotaExceeded(account, admitted.error, fallbackIds);
  const known = admitted.value;
  if (known === null) throw unknownAccount(account);

  const { settings } = known;
  const placed = await Promise.all(events.map((outgoing, i) => place(settings, outgoing, fallbackIds[i] ?? '')));
  const results = new Map<Outgoing, Published>();
  const typed: Typed[] = [];
  const trace = parseTraceparent(c.req.header(HEADER_TRACEPARENT));
  const traceparent = trace === null ? null : traceparentOf(trace);
  const work: Work = { turns: new Turns(), budget: publishBudget(), traceparent };
  for (const one of placed) {
    const checked = await checkType(types, one);
    await work.turns.after(charsOf(one.outgoing));
    if (!('kind' in checked)) typed.push({ ...one, typed: checked, refused: null });
    else if (one.outgoing.id === null) results.set(one.outgoing, checked);
    else typed.push({ ...one, typed: { forms: one.outgoing.forms, policy: {} }, refused: checked });
  }
  const ofShard = Map.groupBy(typed, ({ address }) => shardName(address));
  await Promise.all(
    [...ofShard].map(async ([name, group]) => {
      for (const [one, result] of await acceptGroup(c, name, group, known, work)) results.set(one.outgoing, result);
    }),
  );
  return placed.map((one) => {
    const result = results.get(one.outgoing) ?? failed(one.id, new Error('an event was not published'));
    logPublish(account, one, result, Date.now() - startedMs);
    return result;
  });
}

/**
 * Every publish asks the Account whether anything has changed: an endpoint made a moment ago,
 * through any isolate, gets the event (E7), and the Account counts the events against its quota
 * (E0). Only one that does not answer is stood in for by what is remembered, for SETTINGS_FRESH_MS
 * at most: meanwhile nothing is counted.
 */
async function settingsFor(
  c: AppContext,
  account: string,
  events: number,
): Promise<Result<KnownSettings | null, QuotaExceeded>> {
  const cache = settingsCacheOf(c.env);
  const nowMs = Date.now();
  try {
    return await cache.forPublish(account, nowMs, events);
  } catch (error) {
    const known = cache.remembered(account, nowMs);
    if (known === null) throw error;
    return ok(known);
  }
}

/**
 * Of all events together, before any was stored: nothing of a batch is half done. The ids make it
 * safe to publish again.
 */
function quotaExceeded(account: string, { eventsPerSecond, retryAfterMs }: QuotaExceeded, ids: string[]): Problem {
  const seconds = Math.ceil(retryAfterMs / 1_000);
  const detail = `account "${account}" may publish ${eventsPerSecond} events a second (quota.eventsPerSecond); nothing of this request was stored: publish it again in ${seconds} s`;
  logLine('log', 'quota exceeded', { account, events: ids.length, retryAfterMs });
  const headers = retryAfter(retryAfterMs);
  return new Problem('quota-exceeded', detail, { field: 'quota.eventsPerSecond', members: { ids }, headers });
}

export async function typeCheck(c: AppContext): Promise<TypeCheck> {
  const cache = catalogueCacheOf(c.env);
  return new TypeCheck(cache, await cache.get(Date.now()));
}

/** A Catalogue that does not answer fails the event: nothing is accepted half-checked. */
async function checkType(types: TypeCheck, { outgoing, id }: Placed): Promise<TypedEvent | Published> {
  try {
    const checked = await types.check(outgoing.body, outgoing.forms);
    return checked instanceof Problem ? { kind: 'problem', problem: checked } : checked;
  } catch (error) {
    return notStored(id, error);
  }
}

async function place(settings: AccountSettings, outgoing: Outgoing, fallbackId: string): Promise<Placed> {
  const record = outgoing.body.record ?? null;
  const address =
    record === null
      ? await eventAddress(settings, { id: outgoing.id ?? fallbackId, record })
      : await recordAddress(settings, record);
  const id = outgoing.id ?? madeEventId(fallbackId.slice('evt_'.length), address);
  return { outgoing, id, address, record };
}

/** Everything for one Shard in one call. */
async function acceptGroup(
  c: AppContext,
  name: string,
  group: Typed[],
  known: KnownSettings,
  work: Work,
): Promise<[Typed, Published][]> {
  try {
    const ofRecord = [...Map.groupBy(group, ({ address }) => recordId(address))];
    const publishes: { record: string; request: AcceptRequest }[] = [];
    for (const [record, of] of ofRecord) publishes.push({ record, request: await requestOf(of, known, work) });
    const results = await callObject(
      () => shardStub(c.env, name),
      (stub) => stub.accept(publishes),
    );
    return ofRecord.flatMap(([, of], index) => answersOf(c, of, results[index] ?? []));
  } catch (error) {
    return group.map((one) => [one, failed(one.id, error)]);
  }
}

/** What the Shard is asked to accept of one record. */
async function requestOf(
  of: Typed[],
  known: KnownSettings,
  { turns, budget, traceparent }: Work,
): Promise<AcceptRequest> {
  const events: ReadyEvent[] = [];
  for (const one of of) {
    const event = await ready(one);
    events.push(traceparent === null ? event : { ...event, traceparent });
    await turns.after(charsOf(one.outgoing));
  }
  return inTurns(acceptInSlices(of[0]?.record ?? null, events, known, budget));
}

/** Of events of one record. */
function answersOf(c: AppContext, of: Typed[], results: AcceptResult[]): [Typed, Published][] {
  noteFull(c, of[0], results);
  return of.map((one, i) => {
    const result = results[i];
    if (result === undefined) return [one, failed(one.id, new Error('a Shard answered too few results'))];
    if (result.kind === 'failed') return [one, failed(result.id, result.error)];
    if (result.kind === 'unknown') return [one, one.refused ?? failed(result.id, result)];
    return [one, shown(result, one.record === null)];
  });
}

/** The event as its Shard takes it, but for who wants it. */
async function ready({ outgoing, id, record, typed: { forms, policy }, refused }: Typed): Promise<ReadyEvent> {
  const { type, version = null, occurredAt = null, forms: given } = outgoing.body;
  const [{ version: schemaVersion, data, dataJson }, ...older] = forms;
  const content = given ? { forms: given } : { data };
  const hash = await contentHash({ type, record, version, occurredAt, ...content });
  const isOnlyAsked = refused !== null;
  return {
    id,
    type,
    version,
    schemaVersion,
    occurredAt,
    contentHash: hash,
    dataJson,
    data,
    older,
    isOnlyAsked,
    isMade: outgoing.id === null,
    ...policy,
  };
}

function shown(result: Exclude<AcceptResult, { kind: 'unknown' | 'failed' }>, isKeyless: boolean): Published {
  switch (result.kind) {
    case 'accepted':
      return { kind: 'accepted', accepted: result, isKeyless };
    case 'conflict': {
      const detail = `the event id ${result.id} is taken by an event with other content`;
      return {
        kind: 'problem',
        problem: new Problem('event-conflict', detail, { field: 'id', members: { id: result.id } }),
      };
    }
    case 'full': {
      const detail = `the record holds ${result.open} open deliveries, which is its most; publish again once some have ended`;
      const headers = { 'retry-after': String(FULL_RETRY_AFTER_SECONDS) };
      return {
        kind: 'problem',
        problem: new Problem('record-full', detail, { field: 'record', members: { id: result.id }, headers }),
      };
    }
    case 'storage-full': {
      const detail = `the record's shard holds ${result.bytes} bytes, and takes no event from ${SHARD_BYTES_MAX} on: nothing of this one was stored`;
      return {
        kind: 'problem',
        problem: new Problem('record-storage-full', detail, { field: 'record', members: { id: result.id } }),
      };
    }
    case 'busy': {
      const detail = `more work is waiting than can be done in time: nothing of this event was stored; publish it again with the id ${result.id}`;
      const headers = { 'retry-after': String(result.retryAfterSeconds) };
      return { kind: 'problem', problem: new Problem('overloaded', detail, { members: { id: result.id }, headers }) };
    }
  }
}

/**
 * An alert opens by it. It is not waited for: the publisher has its answer also where D1 does not
 * answer.
 */
function noteFull(c: AppContext, one: Typed | undefined, results: AcceptResult[]): void {
  const full = results.find((result) => result.kind === 'storage-full');
  if (full === undefined || one === undefined) return;
  const noted = writeFaults(c.env.CONFIG, [storageFull(one.address, full.bytes)], Date.now());
  c.executionCtx.waitUntil(
    noted.catch((error: unknown) => logLine('error', 'fault not noted', { error: String(error) })),
  );
}

/** Whether it was stored is unknown: the same id makes publishing again safe. */
function failed(id: string, error: unknown): Published {
  logLine('error', 'publish failed', { event: id, error: String(error) });
  const detail = `it is not known whether the event was stored: publish it again with the id ${id}`;
  const headers = { 'retry-after': '1' };
  return { kind: 'problem', problem: new Problem('unavailable', detail, { members: { id }, headers }) };
}

/**
 * Before the Shard was asked: nothing of this request was stored, and a repetition under the same
 * id is as safe.
 */
function notStored(id: string, error: unknown): Published {
  logLine('error', 'publish failed before it was stored', { event: id, error: String(error) });
  const detail = `storage did not answer, and nothing was stored: publish the event again, with the id ${id}`;
  const headers = { 'retry-after': '1' };
  return { kind: 'problem', problem: new Problem('unavailable', detail, { members: { id }, headers }) };
}

/** O6. The record's hash and not its key, which may be a person's name; never data. */
function logPublish(account: string, { id, address, outgoing }: Placed, result: Published, ms: number): void {
  const facts = {
    event: id,
    account,
    record: `${address.kind}${address.hash}`,
    type: outgoing.body.type,
  };
  const outcome =
    result.kind === 'accepted'
      ? {
          sequence: result.accepted.sequence,
          duplicate: result.accepted.duplicate,
          deliveryCount: result.accepted.deliveryCount,
        }
      : { code: result.problem.body.code };
  logLine('log', 'publish', { ...facts, ...outcome, ms });
}

export function charsOf({ forms }: Outgoing): number {
  return forms.reduce((sum, { dataJson }) => sum + dataJson.length, 0);
}

export function outgoing(body: EventBody, id: string | null): Outgoing {
  return { body, forms: formsOf(body), id };
}

/** The answer of P1. */
export function showAccepted({ accepted, isKeyless }: Extract<Published, { kind: 'accepted' }>) {
  const { id, sequence, duplicate, deliveryCount, deliveries } = accepted;
  return { id, sequence: isKeyless ? null : sequence, duplicate, deliveryCount, deliveries };
}
