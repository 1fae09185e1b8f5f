/**
 * Which account a Record belongs to. An id is free again once its account was removed, and a Record is found by that id: so what is
 * stored here may be of a former account of it, which the removal could not find. They are told apart by their creation.
 */
import type { AccountSettings } from '../core/endpoint.ts';
import type { Memory } from './memory.ts';

/** `life`: of the account that asks; undefined where its release does not say. */
export function isOfAnother({ life }: Pick<Memory, 'life'>, asking: number | undefined): boolean {
  return life !== null && asking !== undefined && life !== asking;
}

/** `account` as it is now; null: there is none. */
export function isOver(memory: Pick<Memory, 'life'>, account: Pick<AccountSettings, 'createdAtMs'> | null): boolean {
  return account === null || isOfAnother(memory, account.createdAtMs);
}

/**
 * Only inside a turn of a publish. True: what is here is of a former account and must go first. Throws where the publish itself is of
 * one: whoever made it asks its account again.
 */
export function begins(memory: Memory, publishing: number | undefined): boolean {
  if (publishing === undefined || memory.life === publishing) return false;
  if (memory.life !== null && publishing < memory.life)
    throw new Error('this publish is of an account that was removed');
  return memory.life !== null;
}
