/**
 * The endpoints of the demo: what each asks for, and how its receiver misbehaves for a while before
 * it recovers.
 */
import type { Answer, Mood } from './receiver.ts';

export type Role = {
  path: string;
  /** Its description, which Tubepost's notes call it by. */
  name: string;
  ordering: 'ordered' | 'latest' | 'unordered';
  /** Empty: all. */
  eventTypes: string[];
  timeoutMs: number;
  /** What its receiver does, for people. */
  story: string;
  mood: Mood;
};

/** Long enough that no load on this machine uses it up; each wait is short. */
export const RETRY = {
  scheduleSeconds: [1, 1, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6],
  windowSeconds: 600,
};
export const MISSING_TYPE = 'release.created';
export const RETRY_AFTER_SECONDS = 2;

/**
 * Troubles last at least this long, then until the story lets them end; but never so long that
 * retries run out.
 */
const TROUBLE_MS_MIN = 6_000;
const TROUBLE_MS_MAX = 30_000;
const TIMEOUT_MS = 10_000;
const SHORT_TIMEOUT_MS = 1_000;
const BLINK_EVERY = 7;

const fine: Answer = { status: 200 };
/**
 * What the story decides: when the receivers may recover, and when Choosy's missing route is
 * deployed.
 */
export const stage = { mayRecover: false, isRouteDeployed: false };

function isTrouble(sinceMs: number): boolean {
  return sinceMs < TROUBLE_MS_MIN || (!stage.mayRecover && sinceMs < TROUBLE_MS_MAX);
}

export const CAST: Role[] = [
  {
    path: '/steady',
    name: 'Steady',
    ordering: 'ordered',
    eventTypes: [],
    timeoutMs: TIMEOUT_MS,
    story: 'always answers',
    mood: () => fine,
  },
  {
    path: '/flaky',
    name: 'Flaky',
    ordering: 'ordered',
    eventTypes: [],
    timeoutMs: TIMEOUT_MS,
    story: 'answers 500 for a while',
    mood: (_, sinceMs) => (isTrouble(sinceMs) ? { status: 500 } : fine),
  },
  {
    path: '/hanging',
    name: 'Hanging',
    ordering: 'ordered',
    eventTypes: ['issues.*', 'pull_request.*', 'workflow_job.*', 'push'],
    timeoutMs: SHORT_TIMEOUT_MS,
    story: `never answers for a while (its timeout is ${SHORT_TIMEOUT_MS / 1_000} s)`,
    mood: (_, sinceMs) => (isTrouble(sinceMs) ? 'hang' : fine),
  },
  {
    path: '/limited',
    name: 'Limited',
    ordering: 'ordered',
    eventTypes: ['check_run.*', 'check_suite.*', 'discussion.*', 'deployment.*'],
    timeoutMs: TIMEOUT_MS,
    story: `answers 429 with Retry-After: ${RETRY_AFTER_SECONDS} for a while`,
    mood: (_, sinceMs) => (isTrouble(sinceMs) ? { status: 429, retryAfterSeconds: RETRY_AFTER_SECONDS } : fine),
  },
  {
    path: '/choosy',
    name: 'Choosy',
    ordering: 'ordered',
    eventTypes: ['release.*', 'repository.*', 'label.*', 'milestone.*'],
    timeoutMs: TIMEOUT_MS,
    story: `answers 404 to ${MISSING_TYPE} until its missing route is deployed`,
    mood: (request) => (request.type === MISSING_TYPE && !stage.isRouteDeployed ? { status: 404 } : fine),
  },
  {
    path: '/latest',
    name: 'Latest',
    ordering: 'latest',
    eventTypes: ['pull_request.*', 'issues.*', 'check_run.*', 'push', 'status'],
    timeoutMs: TIMEOUT_MS,
    story: 'answers 503 for a while, and wants only the newest of each',
    mood: (_, sinceMs) => (isTrouble(sinceMs) ? { status: 503 } : fine),
  },
  {
    path: '/unordered',
    name: 'Unordered',
    ordering: 'unordered',
    eventTypes: [],
    timeoutMs: TIMEOUT_MS,
    story: `answers 503 to the first try of every ${BLINK_EVERY}th event and does not care about order`,
    mood: (request) =>
      request.attempt === 1 && parseInt(request.bodyHash.slice(0, 8), 16) % BLINK_EVERY === 0 ? { status: 503 } : fine,
  },
  {
    path: '/paused',
    name: 'Night shift',
    ordering: 'ordered',
    eventTypes: ['issues.*', 'issue_comment.*', 'pull_request.*', 'project_card.*', 'team.*'],
    timeoutMs: TIMEOUT_MS,
    story: 'always answers, but its owner pauses it half-way',
    mood: () => fine,
  },
];

export const PAUSED = '/paused';
export const HANGING = '/hanging';
export const CHOOSY = '/choosy';

/** Written again here and not taken from src: the judge does not ask the judged. */
export function isWanted({ eventTypes }: Role, type: string): boolean {
  return (
    eventTypes.length === 0 ||
    eventTypes.some((wanted) => (wanted.endsWith('.*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted))
  );
}
