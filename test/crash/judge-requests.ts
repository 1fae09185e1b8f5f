/**
 * What each request was, whatever its lane (C1, I4, I7). Every function answers the faults it
 * found.
 */
import { wantedBy } from './cast.ts';
import type { Published } from './load.ts';
import { isDone, type Seen } from './seen.ts';

export const deliveryKey = ({ path, event, replay }: Seen) => `${path} ${event}${replay === null ? '' : ` ${replay}`}`;

export function unverified(seen: Seen[], unreadable: string[]): string[] {
  const wrong = seen.flatMap(({ n, path, event, fault }) =>
    fault === null ? [] : [`#${n} ${path} ${event}: ${fault}`],
  );
  return [...unreadable, ...wrong];
}

/**
 * I7: the same id is the same bytes, at every endpoint, in every attempt and replay; and they say
 * what was published.
 */
export function changed(seen: Seen[], published: Published[]): string[] {
  const known = new Map(published.map((one) => [one.id, one]));
  const hashes = new Map<string, string>();
  return seen.flatMap((request) => {
    const { n, event, path, bodyHash } = request;
    const one = known.get(event);
    if (one === undefined) return [`#${n} ${path} got ${event}, which nobody published`];
    const first = hashes.get(event) ?? bodyHash;
    hashes.set(event, first);
    const isSaid =
      one.type === request.type &&
      one.record === request.record &&
      one.accepted.sequence === request.sequence &&
      one.version === request.version &&
      one.dataHash === request.dataHash;
    return [
      ...(first === bodyHash ? [] : [`#${n} ${path} ${event} came with other bytes`]),
      ...(isSaid ? [] : [`#${n} ${path} ${event} does not say what was published`]),
      ...(wantedBy(one.type).some((role) => role.path === path) ? [] : [`#${n} ${path} did not ask for ${one.type}`]),
    ];
  });
}

/**
 * Requests as attempts: of one whose connection broke at once and that was made once more, the
 * second.
 */
export function asAttempts(seen: Seen[]): Seen[] {
  const broken = new Set<Seen>();
  for (const requests of Map.groupBy(seen, deliveryKey).values()) {
    for (const [i, { attempt }] of requests.entries()) {
      const before = requests[i - 1];
      const isRepeat = before?.attempt === attempt && before.over?.end === 'dropped';
      if (isRepeat && requests[i - 2]?.attempt !== attempt) broken.add(before);
    }
  }
  return seen.filter((request) => !broken.has(request));
}

/** I4: an attempt is one request, and numbers only grow. */
export function misnumbered(seen: Seen[]): string[] {
  return [...Map.groupBy(asAttempts(seen), deliveryKey)].flatMap(([key, requests]) =>
    requests.flatMap(({ attempt, n }, i) => {
      const before = requests[i - 1]?.attempt ?? 0;
      return attempt > before ? [] : [`${key}: attempt ${attempt} (#${n}) after attempt ${before}`];
    }),
  );
}

/**
 * Allowed (C1): what was done already and was sent again, because the answer got lost or we died
 * before noting it.
 */
export function duplicates(seen: Seen[]): number {
  const done = seen.filter(isDone);
  return done.length - new Set(done.map(deliveryKey)).size;
}
