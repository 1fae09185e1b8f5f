/**
 * From the name of a Durable Object to the object: the one place that does, because the name also
 * says where the object may be. An object's jurisdiction is part of its identity: the same name in
 * another one is another object.
 */
import {
  type AccountPlace,
  accountName,
  type DeliveryRef,
  gateName,
  jobName,
  type Jurisdiction,
  jurisdictionOf,
  liveName,
  splitRecordName,
} from '../core/ids.ts';
import type { AcceptRequest } from '../core/publish.ts';
import type { Replayer } from '../core/rpc.ts';
import { type Bindings, isLocal } from '../env.ts';

type Local = Pick<Bindings, 'LOCAL_MODE'>;

export function accountStub(env: Pick<Bindings, 'ACCOUNT'>, account: string) {
  return env.ACCOUNT.getByName(accountName(account));
}

/** Jobs are bound to no place: what they carry is in the Shards. */
export function jobStub(env: Pick<Bindings, 'JOB'>, id: string) {
  return env.JOB.getByName(jobName(id));
}

/** `limiterName()` of a key or of an account. */
export function limiterStub(env: Pick<Bindings, 'LIMITER'>, name: string) {
  return env.LIMITER.getByName(name);
}

export function gateStub(env: Pick<Bindings, 'GATE'> & Local, place: AccountPlace, endpoint: string) {
  return within(env, env.GATE, place.jurisdiction ?? null).getByName(gateName(place, endpoint));
}

export function liveStub(env: Pick<Bindings, 'LIVE'> & Local, place: AccountPlace) {
  return within(env, env.LIVE, place.jurisdiction ?? null).getByName(liveName(place));
}

/** By name, which is what messages and rows carry: `shardName()` of an address. */
export function shardStub(env: Pick<Bindings, 'SHARD'> & Local, name: string) {
  return within(env, env.SHARD, jurisdictionOf(name)).getByName(name);
}

/** The calls of a Shard that concern one record, by `recordName()` of its address. */
export function recordStub(env: Pick<Bindings, 'SHARD'> & Local, name: string) {
  const parts = splitRecordName(name);
  if (parts === null) throw new Error(`"${name.slice(0, 128)}" names no record`);
  const { shard, record } = parts;
  const stub = shardStub(env, shard);
  return {
    readRecord: () => stub.readRecord(record),
    readEvent: (id: string) => stub.readEvent(record, id),
    readEvents: (after: number, limit: number) => stub.readEvents(record, after, limit),
    readEventIds: (most: number) => stub.readEventIds(record, most),
    readDelivery: (ref: DeliveryRef) => stub.readDelivery(record, ref),
    replay: (ref: DeliveryRef, by: Replayer) => stub.replay(record, ref, by),
    replayMissing: (at: { sequence: number; endpoint: string }, by: Replayer) => stub.replayMissing(record, at, by),
    erasePayload: (id: string) => stub.erasePayload(record, id),
    discard: (ref: DeliveryRef, by: { key: string; reason: string | null }) => stub.discard(record, ref, by),
    /** Publishes of one record. */
    accept: async (request: AcceptRequest) => (await stub.accept([{ record, request }]))[0] ?? [],
  };
}

/**
 * workerd on a machine of one's own knows no jurisdictions and throws: there the name alone keeps
 * such objects apart.
 */
function within<T extends Rpc.DurableObjectBranded>(
  env: Local,
  namespace: DurableObjectNamespace<T>,
  jurisdiction: Jurisdiction | null,
): DurableObjectNamespace<T> {
  return jurisdiction === null || isLocal(env) ? namespace : namespace.jurisdiction(jurisdiction);
}
