/**
 * What the API's log says, judged against what was published and what the receiver saw (C7, V3).
 */
import type { Schemas } from '../../src/client/client.ts';
import type { Attempt, Delivery } from '../support/tubepost.ts';
import { CAST, isWanted } from './cast.ts';
import type { Published } from './publisher.ts';
import { isSuccess, type Request } from './receiver.ts';

export type Evidence = {
  published: Published[];
  requests: Request[];
  /** Endpoint id to path. */
  paths: ReadonlyMap<string, string>;
  deliveries: Delivery[];
  attempts: Attempt[];
};

export const ENDED = ['delivered', 'dead', 'superseded', 'cancelled'];
export const OPEN: Schemas['DeliveryStatus'][] = ['queued', 'delivering', 'retrying', 'held'];

export function expectedDeliveries(published: Published[]): { path: string; event: string }[] {
  return published.flatMap(({ id, type }) =>
    CAST.filter((role) => isWanted(role, type)).map(({ path }) => ({ path, event: id })),
  );
}

/** Nothing vanishes: each event that an endpoint wanted got there, or its delivery says why not. */
export function vanished({ published, requests, paths, deliveries }: Evidence): string[] {
  const arrived = new Set(requests.filter(isSuccess).map(({ path, event }) => `${path} ${event}`));
  const logged = new Map(
    deliveries
      .filter(({ replayOf }) => replayOf === null)
      .map((one) => [`${paths.get(one.endpoint)} ${one.event}`, one]),
  );
  return expectedDeliveries(published).flatMap(({ path, event }) => {
    const key = `${path} ${event}`;
    const delivery = logged.get(key);
    if (arrived.has(key)) return delivery?.status === 'delivered' || isReplayed(delivery) ? [] : [said(key, delivery)];
    return isExplained(delivery) ? [] : [said(key, delivery)];
  });
}

function isReplayed(delivery: Delivery | undefined): boolean {
  return delivery !== undefined && delivery.replayedBy !== null;
}

function isExplained(delivery: Delivery | undefined): boolean {
  if (delivery?.status === 'superseded') return delivery.supersededBy !== null;
  return (delivery?.status === 'dead' || delivery?.status === 'cancelled') && delivery.reason !== null;
}

function said(key: string, delivery: Delivery | undefined): string {
  return `${key} is ${delivery === undefined ? 'not in the log' : `${delivery.status} (${delivery.note})`}`;
}

/**
 * Deliveries of the log are exactly those that had to be made: from the events, and from replays.
 */
export function deliveryGaps({ published, paths, deliveries }: Evidence, replays: number): string[] {
  const expected = new Set(expectedDeliveries(published).map(({ path, event }) => `${path} ${event}`));
  const faults: string[] = [];
  let replayed = 0;
  for (const one of deliveries) {
    const key = `${paths.get(one.endpoint)} ${one.event}`;
    if (one.replayOf !== null) replayed += 1;
    else if (!expected.delete(key)) faults.push(`the log has ${key} (${one.id}), which nobody asked for, or twice`);
    if (!ENDED.includes(one.status)) faults.push(`the log says ${one.id} is ${one.status}`);
  }
  if (replayed !== replays) faults.push(`the log has ${replayed} replays, and ${replays} were made`);
  return [...faults, ...[...expected].map((key) => `the log lacks ${key}`)];
}

export type AttemptVerdict = { faults: string[]; unseen: number };

/**
 * Attempts of the log are exactly the requests that arrived, with the status that was answered. An
 * attempt without an answer may never have reached the receiver; one whose answer came too late is
 * a timeout.
 */
export function attemptGaps({ requests, paths, deliveries, attempts }: Evidence): AttemptVerdict {
  const replays = new Set(deliveries.filter(({ replayOf }) => replayOf !== null).map(({ id }) => id));
  const logged = new Map<string, Attempt>();
  const faults: string[] = [];
  for (const one of attempts) {
    const key = attemptKey(
      paths.get(one.endpoint),
      one.event,
      replays.has(one.delivery) ? one.delivery : null,
      one.number,
    );
    if (logged.has(key)) faults.push(`the log has two attempts ${key}`);
    logged.set(key, one);
  }
  for (const request of requests) {
    const key = attemptKey(request.path, request.event, request.replay, request.attempt);
    const one = logged.get(key);
    logged.delete(key);
    const answered = request.answer === null || request.answer === 'hang' ? null : request.answer.status;
    if (one === undefined) faults.push(`the log lacks the attempt ${key}`);
    else if (one.statusCode !== answered && one.error?.kind !== 'timeout')
      faults.push(`${key} was answered ${answered}, and the log says ${one.statusCode} ${one.error?.kind ?? ''}`);
  }
  const unseen = [...logged.values()];
  for (const one of unseen) {
    if (one.statusCode !== null) faults.push(`the log says ${one.id} was answered ${one.statusCode}; it never arrived`);
  }
  return { faults, unseen: unseen.length };
}

function attemptKey(path: string | undefined, event: string, replay: string | null, number: number): string {
  return `${path} ${event} ${replay ?? ''} #${number}`;
}

/** A delivery's count of attempts is the number of its attempts. */
export function miscounted({ deliveries, attempts }: Evidence): string[] {
  const counts = Map.groupBy(attempts, ({ delivery }) => delivery);
  return deliveries.flatMap(({ id, attempts: said }) => {
    const listed = counts.get(id)?.length ?? 0;
    return listed === said ? [] : [`${id} says ${said} attempts, and ${listed} are listed`];
  });
}

/** P1: 1, 2, 3 … in the order of publishing. */
export function wrongSequences(published: Published[]): string[] {
  const records = Map.groupBy(published, ({ record }) => record);
  return [...records].flatMap(([record, events]) => {
    const inOrder = events.toSorted((a, b) => a.position - b.position).map(({ accepted }) => accepted.sequence);
    const expected = inOrder.map((_, i) => (record === null ? null : i + 1));
    return inOrder.join() === expected.join() ? [] : [`${record}: ${inOrder.join(' ')}`];
  });
}
