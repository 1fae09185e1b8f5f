/**
 * What the receiver saw, judged against the delivery contract (C1-C5). Every function answers the
 * faults it found.
 */
import { CAST, isWanted, PAUSED, RETRY_AFTER_SECONDS, type Role } from './cast.ts';
import type { Published } from './publisher.ts';
import { hashOf, isSuccess, type Request } from './receiver.ts';

/** Timers on both sides round to milliseconds. */
const CLOCK_MS = 5;

const deliveryKey = (request: Request) => `${request.path} ${request.event}`;
const laneKey = (request: Request) => `${request.path} ${request.record}`;

/** The live requests of each record to each endpoint of these orderings, as they came. */
export function lanes(requests: Request[], ordering: Role['ordering'][]): [string, Request[]][] {
  const paths = new Set(CAST.filter((role) => ordering.includes(role.ordering)).map(({ path }) => path));
  const live = requests.filter(({ path, record, replay }) => paths.has(path) && record !== null && replay === null);
  return [...Map.groupBy(live, laneKey)];
}

export function unknownEvents(requests: Request[], published: Published[]): string[] {
  const known = new Map(published.map((one) => [one.id, one]));
  return requests.flatMap(({ path, event, type, record, sequence }) => {
    const one = known.get(event);
    if (one === undefined) return [`${path} got ${event}, which nobody published`];
    const isSame = one.type === type && one.record === record && one.accepted.sequence === sequence;
    return isSame ? [] : [`${path} got ${event} as ${type} ${record} ${sequence}`];
  });
}

export function unwanted(requests: Request[]): string[] {
  return requests.flatMap(({ path, event, type }) => {
    const role = CAST.find((one) => one.path === path);
    return role !== undefined && isWanted(role, type) ? [] : [`${path} did not ask for ${type} (${event})`];
  });
}

export function changedBytes(requests: Request[]): string[] {
  return [...Map.groupBy(requests, ({ event }) => event)].flatMap(([event, all]) => {
    const hashes = new Set(all.map(({ bodyHash }) => bodyHash));
    return hashes.size === 1 ? [] : [`${event} had ${hashes.size} different bodies in ${all.length} requests`];
  });
}

export function changedData(requests: Request[], published: Published[]): string[] {
  const hashes = new Map(published.map(({ id, data }) => [id, hashOf(JSON.stringify(data))]));
  return requests.flatMap(({ path, event, dataHash }) =>
    hashes.get(event) === dataHash ? [] : [`${path} got other data for ${event} than was published`],
  );
}

export function outOfOrder(lane: [string, Request[]][]): string[] {
  return lane.flatMap(([key, requests]) => {
    const firsts = firstSuccesses(requests).map(({ sequence }) => sequence ?? 0);
    const wrong = firsts.find((sequence, i) => i > 0 && sequence <= (firsts[i - 1] ?? 0));
    return wrong === undefined ? [] : [`${key}: ${wrong} came late in ${firsts.join(' ')}`];
  });
}

export function firstSuccesses(requests: Request[]): Request[] {
  const seen = new Set<string>();
  return requests.filter((request) => {
    if (!isSuccess(request) || seen.has(request.event)) return false;
    seen.add(request.event);
    return true;
  });
}

/** One at a time: no request of a lane may begin before the one before it is over. */
export function overlapping(lane: [string, Request[]][]): string[] {
  return lane.flatMap(([key, requests]) =>
    requests.flatMap((request, i) => {
      const before = requests[i - 1];
      if (before === undefined || (before.doneMs !== null && before.doneMs <= request.atMs)) return [];
      return [`${key}: ${request.event} began while ${before.event} was under way`];
    }),
  );
}

/** C2: the sequence sent before it in this lane, the same on every attempt. */
export function brokenChain(lane: [string, Request[]][]): string[] {
  return lane.flatMap(([key, requests]) => {
    const sent: number[] = [];
    return requests.flatMap(({ event, sequence, previous }) => {
      if (sequence === null) return [`${key}: ${event} has no sequence`];
      if (!sent.includes(sequence)) sent.push(sequence);
      const expected = String(sent[sent.indexOf(sequence) - 1] ?? 'none');
      return previous === expected ? [] : [`${key}: ${sequence} names ${previous}, but ${expected} was sent before it`];
    });
  });
}

export function backwards(lane: [string, Request[]][]): string[] {
  return lane.flatMap(([key, requests]) => {
    let newest = 0;
    return requests.flatMap(({ event, version }) => {
      if (version === null || version >= newest) {
        newest = version ?? newest;
        return [];
      }
      return [`${key}: ${event} of version ${version} after ${newest}`];
    });
  });
}

/** How many attempts came after an answer that asked for patience, and those that came too soon. */
export function impatient(requests: Request[]): { of: number; faults: string[] } {
  const gaps = [...Map.groupBy(requests, deliveryKey).values()].flatMap((attempts) =>
    attempts.flatMap((request, i) => {
      const before = attempts[i - 1];
      const asked = before?.answer !== null && before?.answer !== 'hang' && before?.answer.status === 429;
      return asked && before !== undefined ? [{ request, ms: request.atMs - (before.doneMs ?? 0) }] : [];
    }),
  );
  const soon = gaps.filter(({ ms }) => ms < RETRY_AFTER_SECONDS * 1_000 - CLOCK_MS);
  return { of: gaps.length, faults: soon.map(({ request, ms }) => `${request.event} came after ${Math.round(ms)} ms`) };
}

/** E7: the pause holds from `effectiveWithinMs` after its answer until the resume was asked for. */
export function sentWhilePaused(requests: Request[], fromMs: number, toMs: number): string[] {
  return requests
    .filter(({ path, atMs }) => path === PAUSED && atMs > fromMs && atMs < toMs)
    .map(({ event, atMs }) => `${event} was sent ${Math.round(toMs - atMs)} ms before the resume`);
}

export function doubledAttempts(requests: Request[]): string[] {
  return [...Map.groupBy(requests, (request) => `${deliveryKey(request)} ${request.replay} ${request.attempt}`)]
    .filter(([, all]) => all.length > 1)
    .map(([key, all]) => `${key} came ${all.length} times`);
}
