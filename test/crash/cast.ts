/**
 * The endpoints of the crash test: what each asks for, and how its receiver misbehaves. Shared by
 * both processes.
 */
import { createHash } from 'node:crypto';

/**
 * A status, perhaps late; no answer at all; or the work done and the connection dropped before the
 * answer.
 */
export type Behaviour = { kind: 'answer'; status: number; afterMs: number } | { kind: 'hang' } | { kind: 'drop' };

export type Asked = { event: string; attempt: number; isReplay: boolean; atMs: number };

export type Role = {
  path: string;
  ordering: 'ordered' | 'latest' | 'unordered';
  /** Empty: all but `wide.*`. */
  eventTypes: string[];
  timeoutMs: number;
  /** Null: no limit. */
  rateLimitPerSecond: number | null;
  behave(asked: Asked): Behaviour;
};

export const WIDE_ENDPOINTS = 60;
export const PACED_PER_SECOND = 8;
export const ORDER_TYPES = ['order.created', 'order.changed', 'order.shipped'];
export const NOTE_TYPE = 'note.added';
export const WIDE_TYPE = 'wide.sent';
/** Short waits, so that things end; more steps than any trouble here uses up. */
export const RETRY = {
  scheduleSeconds: Array.from({ length: 20 }, (_, i) => (i < 10 ? 1 : 4)),
  windowSeconds: 7_200,
};

const ORDERS = ['order.*'];
const TIMEOUT_MS = 5_000;
const SHORT_TIMEOUT_MS = 1_000;
const OUTAGE_EVERY_MS = 25_000;
const OUTAGE_MS = 7_000;

const fine: Behaviour = { kind: 'answer', status: 200, afterMs: 0 };
const status = (code: number, afterMs = 0): Behaviour => ({ kind: 'answer', status: code, afterMs });

/**
 * In [0, 1), the same for the same words: what a receiver does depends on the request and not on
 * the run.
 */
function share(...words: (string | number)[]): number {
  return createHash('sha256').update(words.join(' ')).digest().readUInt32BE() / 2 ** 32;
}

export function isRejected(event: string): boolean {
  return share('picky', event) < 0.15;
}

function role(path: string, given: Partial<Role> & Pick<Role, 'behave'>): Role {
  return { path, ordering: 'ordered', eventTypes: ORDERS, timeoutMs: TIMEOUT_MS, rateLimitPerSecond: null, ...given };
}

const healthy = (path: string, given: Partial<Role> = {}) => role(path, { ...given, behave: () => fine });

export const PAUSED = '/paused';
export const ROTATED = '/rotated';
export const PICKY = '/picky';
export const PACED = '/paced';

export const CAST: Role[] = [
  healthy('/healthy', { eventTypes: [...ORDERS, NOTE_TYPE] }),
  // Answers 500 for a while, then is fine, over and over.
  role('/failing', { behave: ({ atMs }) => (atMs % OUTAGE_EVERY_MS < OUTAGE_MS ? status(500) : fine) }),
  role('/slow', {
    eventTypes: ['order.shipped'],
    behave: ({ event, attempt }) => status(200, 1_000 + 2_000 * share('slow', event, attempt)),
  }),
  role('/hanging', {
    timeoutMs: SHORT_TIMEOUT_MS,
    behave: ({ event, attempt }) => (share('hang', event, attempt) < 0.1 ? { kind: 'hang' } : fine),
  }),
  role('/losing', {
    behave: ({ event, attempt }) => (share('lose', event, attempt) < 0.2 ? { kind: 'drop' } : fine),
  }),
  role('/latest', {
    ordering: 'latest',
    behave: ({ event, attempt }) =>
      status(share('latest', event, attempt) < 0.25 ? 503 : 200, 400 * share('late', event, attempt)),
  }),
  role('/unordered', {
    ordering: 'unordered',
    eventTypes: [...ORDERS, NOTE_TYPE],
    behave: ({ event, attempt }) => (share('blink', event, attempt) < 0.15 ? status(503) : fine),
  }),
  // Its 404s are dead letters at once; what is replayed, it takes.
  role(PICKY, { behave: ({ event, isReplay }) => (isRejected(event) && !isReplay ? status(404) : fine) }),
  healthy(PACED, { rateLimitPerSecond: PACED_PER_SECOND }),
  healthy(PAUSED),
  healthy(ROTATED),
  ...Array.from({ length: WIDE_ENDPOINTS }, (_, i) => healthy(`/wide/${i}`, { eventTypes: ['wide.*'] })),
];

/** Written again here and not taken from src: the judge does not ask the judged. */
export function wantedBy(type: string): Role[] {
  return CAST.filter(({ eventTypes }) =>
    eventTypes.some((wanted) => (wanted.endsWith('.*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted)),
  );
}
