/**
 * Which event is which, in publisher and receiver alike. Events are numbered in the order of
 * publishing; a batch holds one event for each record of one account, and the batches of all
 * accounts make a round, so a record gets one event in each round.
 */
export type Layout = { accounts: number; recordsOfAccount: number; rounds: number; seed: number };

export type Place = { account: number; record: number; round: number };

export function eventCount({ accounts, recordsOfAccount, rounds }: Layout): number {
  return accounts * recordsOfAccount * rounds;
}

export function placeOf({ accounts, recordsOfAccount }: Layout, event: number): Place {
  const batch = Math.floor(event / recordsOfAccount);
  const account = batch % accounts;
  return {
    account,
    record: account * recordsOfAccount + (event % recordsOfAccount),
    round: Math.floor(batch / accounts),
  };
}

export function eventIdOf(event: number): string {
  return `size-${event}`;
}

/** Null: not one of ours. */
export function eventOf(id: string): number | null {
  const number = /^size-(\d+)$/.exec(id)?.[1];
  return number === undefined ? null : Number(number);
}

export function accountName(account: number): string {
  return `size-${account}`;
}

/**
 * Whether a receiver fails request `request` (from 0) of an event: the same in each run of a seed.
 */
export function isFailed({ seed }: Layout, event: number, request: number): boolean {
  let hash = Math.imul(event + 1, 0x9e3779b1) ^ Math.imul(request + 1, 0x85ebca6b) ^ seed;
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) % 1_000 < FAILED_PER_THOUSAND;
}
const FAILED_PER_THOUSAND = 5;
