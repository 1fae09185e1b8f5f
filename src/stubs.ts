/**
 * From the name of a Durable Object to the object: the one place that does, because the name also says where the object may be.
 * An object's jurisdiction is part of its identity: the same name in another one is another object.
 */
import { type AccountPlace, accountName, gateName, jobName, type Jurisdiction, jurisdictionOf } from './core/ids.ts';
import { type Bindings, isLocal } from './env.ts';

type Local = Pick<Bindings, 'LOCAL_MODE'>;

export function accountStub(env: Pick<Bindings, 'ACCOUNT'>, account: string) {
  return env.ACCOUNT.getByName(accountName(account));
}

/** Jobs are bound to no place: what they carry is in the Records. */
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

/** By name, which is what messages and rows carry: `recordName()` of an address. */
export function recordStub(env: Pick<Bindings, 'RECORD'> & Local, name: string) {
  return within(env, env.RECORD, jurisdictionOf(name)).getByName(name);
}

/** workerd on a machine of one's own knows no jurisdictions and throws: there the name alone keeps such objects apart. */
function within<T extends Rpc.DurableObjectBranded>(
  env: Local,
  namespace: DurableObjectNamespace<T>,
  jurisdiction: Jurisdiction | null,
): DurableObjectNamespace<T> {
  return jurisdiction === null || isLocal(env) ? namespace : namespace.jurisdiction(jurisdiction);
}
