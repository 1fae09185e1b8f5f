/**
 * What the receiver saw of each lane: order, one at a time, versions (C2, C3, I3). Every function
 * answers the faults it found.
 */
import { CAST, PAUSED, ROTATED, type Role } from './cast.ts';
import type { Published } from './load.ts';
import type { Pause, Rotation } from './owner.ts';
import { isAnswered, type Seen } from './seen.ts';

type Lane = { key: string; role: Role; requests: Seen[] };

const OVERLAP_MS = 10_000;
const SECOND_MS = 1_000;

/** Those of each record to each endpoint of these orderings, replays included. */
export function lanesOf(seen: Seen[], orderings: Role['ordering'][]): Lane[] {
  const roles = new Map(CAST.filter(({ ordering }) => orderings.includes(ordering)).map((role) => [role.path, role]));
  const keyed = seen.filter(({ path, record }) => roles.has(path) && record !== null);
  return [...Map.groupBy(keyed, ({ path, record }) => `${path} ${record}`)].flatMap(([key, requests]) => {
    const role = roles.get(requests[0]?.path ?? '');
    return role === undefined ? [] : [{ key, role, requests }];
  });
}

/**
 * I3: a request leaves only when every earlier event that this endpoint wanted has been answered
 * for good, and none comes back.
 */
export function outOfOrder(lanes: Lane[], wanted: ReadonlyMap<string, Published[]>): string[] {
  return lanes.flatMap(({ key, requests }) => {
    const live = requests.filter(({ replay }) => replay === null);
    return live.flatMap((request, i) => {
      const sequence = request.sequence ?? 0;
      const later = live.slice(0, i).find((one) => (one.sequence ?? 0) > sequence);
      const answered = new Set(
        live.filter((one) => isAnswered(one) && (one.over?.atMs ?? Infinity) <= request.atMs).map(({ event }) => event),
      );
      const open = (wanted.get(key) ?? []).filter(
        ({ id, accepted }) => (accepted.sequence ?? 0) < sequence && !answered.has(id),
      );
      return [
        ...(later === undefined ? [] : [`${key}: ${sequence} (#${request.n}) after ${later.sequence} (#${later.n})`]),
        ...open.map((one) => `${key}: ${sequence} (#${request.n}) before ${one.accepted.sequence} was answered`),
      ];
    });
  });
}

/** One at a time: no request of a lane begins before the one before it is over. */
export function overlaps(lanes: Lane[]): string[] {
  return lanes.flatMap(({ key, requests }) =>
    requests.flatMap((request, i) => {
      const running = requests.slice(0, i).find((one) => one.over === null || one.over.atMs > request.atMs);
      return running === undefined ? [] : [`${key}: #${request.n} began while #${running.n} was under way`];
    }),
  );
}

/** `latest`: no version below one that was attempted. */
export function backwards(lanes: Lane[]): string[] {
  return lanes.flatMap(({ key, requests }) => {
    let newest = 0;
    return requests.flatMap(({ version, n, replay }) => {
      if (version === null || replay !== null) return [];
      if (version < newest) return [`${key}: version ${version} (#${n}) after ${newest}`];
      newest = version;
      return [];
    });
  });
}

/**
 * C2: in an ordered lane, exactly the event before it that this endpoint wanted; everywhere the
 * same on each attempt.
 */
export function brokenChains(lanes: Lane[], wanted: ReadonlyMap<string, Published[]>): string[] {
  return lanes.flatMap(({ key, role, requests }) => {
    const sequences = (wanted.get(key) ?? []).map(({ accepted }) => accepted.sequence ?? 0).sort((a, b) => a - b);
    const said = new Map<string, string>();
    return requests.flatMap(({ event, sequence, previous, replay, n }) => {
      if (replay !== null) return [];
      const first = said.get(event) ?? previous;
      said.set(event, first);
      const before = String(sequences[sequences.indexOf(sequence ?? 0) - 1] ?? 'none');
      const expected = role.ordering === 'ordered' ? before : first;
      return previous === expected ? [] : [`${key}: #${n} names ${previous}, and not ${expected}`];
    });
  });
}

/** E5, E7: nothing arrives from when a pause is in force until the resume was asked for. */
export function sentWhilePaused(seen: Seen[], pauses: Pause[]): string[] {
  const sent = seen.filter(({ path }) => path === PAUSED);
  return pauses.flatMap(({ fromMs, toMs }) =>
    sent.filter(({ atMs }) => atMs > fromMs && atMs < toMs).map(({ n, event }) => `#${n} ${event} while paused`),
  );
}

/**
 * E2: each secret signs from when it is in force until the overlap after its rotation has ended,
 * and not much longer.
 */
export function wronglySigned(seen: Seen[], rotations: Rotation[]): string[] {
  const spans = [{ index: 0, fromMs: 0 }, ...rotations].map(({ index, fromMs }) => {
    const next = rotations.find((one) => one.index === index + 1);
    return { index, fromMs, untilMs: next?.oldUntilMs ?? Infinity, goneMs: (next?.fromMs ?? Infinity) + OVERLAP_MS };
  });
  return seen
    .filter(({ path }) => path === ROTATED)
    .flatMap(({ n, signedBy, signedAtSeconds }) => {
      const atMs = signedAtSeconds * SECOND_MS;
      const lacks = spans.filter(
        ({ index, fromMs, untilMs }) => atMs > fromMs && atMs < untilMs - SECOND_MS && !signedBy.includes(index),
      );
      const over = spans.filter(({ index, goneMs }) => atMs > goneMs && signedBy.includes(index));
      return [
        ...lacks.map(({ index }) => `#${n} is not signed with secret ${index}, which is in force`),
        ...over.map(({ index }) => `#${n} is signed with secret ${index}, which has ended`),
      ];
    });
}
