/**
 * Who receives in the rehearsal of the sender: one endpoint for each way to fail, all of the same
 * events of one record. Each recovers, so that all of it can be over within the minute.
 */
import { type Answer, FINE } from '../answers.ts';
import type { Schemas } from '../../../client/client.ts';

export type ErrorKind = NonNullable<Schemas['AttemptError']>['kind'];
export type Role = {
  path: string;
  /** What people read. */
  what: string;
  /** To the first requests, in turn; after them it is well. */
  answers: readonly Answer[];
  /**
   * What the log may call each of those failures: a broken connection has no one name on every
   * runtime.
   */
  kinds: readonly ErrorKind[];
  timeoutMs: number;
};

const answer = (status: number, afterMs = 0): Answer => ({ kind: 'status', status, afterMs, headers: {} });
/** The least that an endpoint may ask for. */
const TIMEOUT_MS = 1_000;

export const EVENTS = 3;
/**
 * Short, or nobody would wait for it. The service shortens each by up to a quarter
 * (docs/contract.md).
 */
export const SCHEDULE_SECONDS: readonly number[] = [1, 2, 2];
export const JITTER_SHARE = 0.25;

export const ROLES: readonly Role[] = [
  { path: '/well', what: 'one that is well', answers: [], kinds: [], timeoutMs: TIMEOUT_MS },
  {
    path: '/fails',
    what: 'one that answers 500 twice',
    answers: [answer(500), answer(500)],
    kinds: ['http-5xx'],
    timeoutMs: TIMEOUT_MS,
  },
  {
    path: '/hangs',
    what: 'one that does not answer once',
    answers: [{ kind: 'hang' }],
    kinds: ['timeout'],
    timeoutMs: TIMEOUT_MS,
  },
  { path: '/slow', what: 'one that takes 700 ms each time', answers: [], kinds: [], timeoutMs: 3 * TIMEOUT_MS },
  {
    path: '/resets',
    what: 'one that breaks the connection twice',
    answers: [{ kind: 'reset' }, { kind: 'reset' }],
    kinds: ['connect', 'reset'],
    timeoutMs: TIMEOUT_MS,
  },
];

/** What a role answers when it has recovered. */
export function wellAnswer({ path }: Role): Answer {
  return path === '/slow' ? answer(204, 700) : FINE;
}
