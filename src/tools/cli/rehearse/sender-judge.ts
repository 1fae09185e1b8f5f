/**
 * What the contract promises (docs/contract.md), asked of what was seen. Pure: each check is a
 * sentence and its faults.
 */
import type { Schemas } from '../../../client/client.ts';
import type { Arrival } from '../hook.ts';
import { span } from '../words.ts';
import type { Result } from './result.ts';
import { EVENTS, JITTER_SHARE, type Role, ROLES, SCHEDULE_SECONDS } from './sender-cast.ts';

/** Clocks and sockets of one machine: how much earlier than planned a retry may look. */
const EARLY_MS = 50;
const FAILING = ROLES.filter(({ answers }) => answers.length > 0);

/** What there is to judge by. */
export type Seen = {
  arrivals: readonly Arrival[];
  /** By the role's path. */
  endpoints: ReadonlyMap<string, string>;
  events: readonly string[];
  /**
   * What the record's status said of each endpoint while it failed: the first that said "retrying".
   */
  retrying: ReadonlyMap<string, Schemas['Delivery']>;
  /** Each delivery in the end, by endpoint. */
  deliveries: ReadonlyMap<string, Schemas['DeliveryDetail'][]>;
  tookMs: number;
};

type Judge = { check: string; title: string; risk: string; faults: (seen: Seen) => string[] };

const JUDGES: readonly Judge[] = [
  {
    check: 'arrived',
    title: 'every event arrived at every endpoint',
    risk: 'an event that was accepted is not where it belongs.',
    faults: (seen) =>
      ROLES.flatMap((role) =>
        seen.events
          .filter((id) => !arrivalsOf(seen, role).some((arrival) => arrival.id === id && isWell(arrival)))
          .map((id) => `${id} never reached ${role.what} while it was well`),
      ),
  },
  {
    check: 'signed',
    title: 'every request was signed with the secret of its endpoint',
    risk: 'a receiver that verifies refuses what it should take.',
    faults: ({ arrivals }) =>
      arrivals.filter(({ fault }) => fault !== null).map(({ path, id, fault }) => `${path} ${id}: ${fault}`),
  },
  {
    check: 'retried',
    title: 'what failed was sent again, with the same id and the same bytes, and its number counted on',
    risk: 'a receiver cannot tell a retry from a new event.',
    faults: (seen) => FAILING.flatMap((role) => retryFaults(seen, role)),
  },
  {
    check: 'schedule',
    title: 'no retry came before its time',
    risk: 'a receiver that fails is pressed while it recovers.',
    faults: (seen) => FAILING.flatMap((role) => scheduleFaults(seen, role)),
  },
  {
    check: 'order',
    title: 'each endpoint got the events of the record in their order',
    risk: 'an older state overwrites a newer one.',
    faults: (seen) => ROLES.flatMap((role) => orderFaults(seen, role)),
  },
  {
    check: 'patience',
    title: 'who is slow, but within its timeout, was sent each event once',
    risk: 'work that takes its time is done twice.',
    faults: (seen) =>
      ROLES.filter(({ answers }) => answers.length === 0).flatMap((role) => {
        const requests = arrivalsOf(seen, role).length;
        return requests === EVENTS ? [] : [`${role.what} got ${requests} requests for ${EVENTS} events`];
      }),
  },
  {
    check: 'shown',
    title: 'meanwhile the status said that it is retried, why, and when next',
    risk: 'support cannot answer "where is it?" while it matters.',
    faults: (seen) =>
      FAILING.flatMap((role) => {
        const shown = seen.retrying.get(endpointOf(seen, role));
        if (shown === undefined) return [`${role.what} was never shown as retrying`];
        const kind = shown.lastAttempt?.error?.kind;
        const isWhy = kind !== undefined && role.kinds.includes(kind);
        return isWhy && shown.nextAttemptAt !== null
          ? []
          : [`${role.what} was shown as ${kind ?? 'no error'}, next ${shown.nextAttemptAt}`];
      }),
  },
  {
    check: 'logged',
    title: 'the log has every request, with what came of it',
    risk: 'what happened cannot be found out afterwards.',
    faults: (seen) => ROLES.flatMap((role) => logFaults(seen, role)),
  },
  {
    check: 'recovered',
    title: 'in the end all of it is delivered',
    risk: 'what has recovered is still shown as failing.',
    faults: ({ deliveries }) =>
      [...deliveries.values()]
        .flat()
        .filter(({ status }) => status !== 'delivered')
        .map(({ id, status, note }) => `${id} is ${status}: ${note}`),
  },
];

export function judgeSender(seen: Seen): Result[] {
  return JUDGES.map(({ check, title, risk, faults }) => {
    const found = faults(seen);
    const isRight = found.length === 0;
    return {
      check,
      title,
      verdict: isRight ? ('pass' as const) : ('fail' as const),
      sent: `${EVENTS} events of a record to ${ROLES.map(({ what }) => what).join(', ')}`,
      got: isRight ? `${seen.arrivals.length} requests in ${span(seen.tookMs)}` : found.slice(0, 5).join('; '),
      risk: isRight ? null : risk,
      mend: isRight
        ? null
        : 'this is a fault of the service, or something between it and here answers in its place: docs/contract.md says what it promises.',
      durationMs: 0,
    };
  });
}

function endpointOf({ endpoints }: Seen, { path }: Role): string {
  return endpoints.get(path) ?? '';
}

function arrivalsOf({ arrivals }: Seen, { path }: Role): Arrival[] {
  return arrivals.filter((arrival) => arrival.path === path);
}

function isWell({ answer }: Arrival): boolean {
  return answer.kind === 'status' && answer.status < 300;
}

/**
 * The requests of one event at one role, as attempts. A connection that breaks at once is tried
 * once more within the same attempt (docs/contract.md, "A connection that breaks at once").
 */
function attemptsOf(seen: Seen, role: Role, id: string): Arrival[][] {
  const attempts: Arrival[][] = [];
  for (const request of arrivalsOf(seen, role)) {
    if (request.id !== id) continue;
    const last = attempts.at(-1);
    const isRepeat = last?.length === 1 && last[0]?.answer.kind === 'reset' && last[0].attempt === request.attempt;
    if (isRepeat) last.push(request);
    else attempts.push([request]);
  }
  return attempts;
}

/** The failures of a role all fall on its first event: the others of the record wait. */
function retryFaults(seen: Seen, role: Role): string[] {
  const faults: string[] = [];
  for (const id of seen.events) {
    const attempts = attemptsOf(seen, role, id);
    const numbers = attempts.map(([first]) => first?.attempt).join();
    const expected = attempts.map((_, at) => at + 1).join();
    if (numbers !== expected) faults.push(`${role.what} got attempts ${numbers} of ${id}`);
    const bodies = new Set(attempts.flat().map(({ body }) => body.toString()));
    if (bodies.size > 1) faults.push(`${role.what} got other bytes in a retry of ${id}`);
  }
  const requests = attemptsOf(seen, role, seen.events[0] ?? '').flat().length;
  if (requests !== role.answers.length + 1) {
    faults.push(`${role.what} got ${requests} requests of the first event, ${role.answers.length + 1} were due`);
  }
  return faults;
}

function scheduleFaults(seen: Seen, role: Role): string[] {
  const attempts = attemptsOf(seen, role, seen.events[0] ?? '');
  return attempts.slice(1).flatMap(([first], at) => {
    const before = attempts[at]?.at(-1);
    if (first === undefined || before === undefined) return [];
    const waitedMs = Date.parse(first.at) - Date.parse(before.at);
    const leastMs = (SCHEDULE_SECONDS[at] ?? 0) * 1_000 * (1 - JITTER_SHARE) - EARLY_MS;
    return waitedMs >= leastMs ? [] : [`${role.what} was asked again after ${span(waitedMs)}, before ${span(leastMs)}`];
  });
}

function orderFaults(seen: Seen, role: Role): string[] {
  const ids = [...new Set(arrivalsOf(seen, role).map(({ id }) => id))];
  const faults = ids.join() === seen.events.join() ? [] : [`${role.what} got ${ids.join(', ')}`];
  const previous = seen.events.map(
    (id) => arrivalsOf(seen, role).find((arrival) => arrival.id === id)?.previous ?? 'nothing',
  );
  if (previous.join() !== ['none', '1', '2'].join())
    faults.push(`${role.what} was told webhook-previous ${previous.join(', ')}`);
  return faults;
}

function logFaults(seen: Seen, role: Role): string[] {
  const logged = (seen.deliveries.get(endpointOf(seen, role)) ?? []).flatMap(({ attemptLog }) => attemptLog);
  const attempts = seen.events.flatMap((id) => attemptsOf(seen, role, id));
  const failed = attempts.filter((attempt) => !attempt.some(isWell)).length;
  const failures = logged.filter(({ error }) => error !== null);
  const faults: string[] = [];
  if (logged.length !== attempts.length) {
    faults.push(`${role.what} got ${attempts.length} attempts, the log has ${logged.length}`);
  }
  if (failures.length !== failed) faults.push(`${role.what} failed ${failed} times, the log says ${failures.length}`);
  const wrong = failures.find(({ error }) => error !== null && !role.kinds.includes(error.kind));
  if (wrong !== undefined)
    faults.push(`${role.what}: the log calls attempt ${wrong.number} ${wrong.error?.kind ?? 'well'}`);
  return faults;
}
