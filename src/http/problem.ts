/**
 * Every error of the API, as RFC 9457 problems with a stable `code`. A code is a promise to
 * clients: it is never renamed. Messages name the field, the rule and the value; they never hold a
 * key, a secret or a payload.
 */
import { FIELD_ERRORS_MAX, RETRY_AFTER_SECONDS_MAX } from '../core/limits.ts';
import type { FieldError } from '../core/result.ts';
import { ObjectUnavailable } from '../lookup/objects.ts';

const PROBLEMS = {
  'invalid-json': [400, 'The body is not JSON'],
  'invalid-request': [400, 'The request breaks a rule'],
  'schema-violation': [400, 'The data does not fit the schema of its event type'],
  unauthorized: [401, 'A key is needed'],
  forbidden: [403, 'The key may not do this'],
  'not-found': [404, 'Nothing has this address'],
  'unknown-account': [404, 'There is no such account'],
  'unknown-endpoint': [404, 'There is no such endpoint'],
  'unknown-secret': [404, 'There is no such secret'],
  'unknown-event-type': [404, 'There is no such event type'],
  'unknown-alert': [404, 'There is no such alert'],
  'unknown-job': [404, 'There is no such job'],
  'method-not-allowed': [405, 'The method is not allowed here'],
  'event-conflict': [409, 'An event with other content has this id'],
  'several-records': [409, 'Several records have an event of this id'],
  'event-type-archived': [409, 'The event type is archived'],
  'breaking-change': [409, 'The schema would break its users'],
  'account-removing': [409, 'The account is being removed'],
  'fixed-field': [409, 'The field is fixed at creation'],
  'external-id-taken': [409, 'Another endpoint has this externalId'],
  'current-secret': [409, 'The secret is the one that must stay'],
  'secrets-full': [409, 'The endpoint has too many live secrets'],
  'idempotency-conflict': [409, 'The Idempotency-Key belongs to another request'],
  'idempotency-in-progress': [409, 'The first request with this Idempotency-Key still runs'],
  'replay-refused': [409, 'The delivery cannot be replayed'],
  'payload-erased': [409, 'The payload was erased'],
  'payload-expired': [409, 'The payload is past its retention'],
  'discard-refused': [409, 'The delivery cannot be discarded'],
  'endpoint-disabled': [409, 'The endpoint is disabled'],
  'job-ended': [409, 'The job has ended'],
  'job-refused': [409, 'The job does not allow this'],
  'too-large': [413, 'The request is too large'],
  'unsupported-media-type': [415, 'The body must be JSON'],
  'upgrade-required': [426, 'A WebSocket or an event stream is needed here'],
  'record-full': [429, 'The record has too many open deliveries'],
  'quota-exceeded': [429, 'The account is over its quota of events'],
  'endpoints-full': [429, 'The account has too many endpoints'],
  'settings-full': [429, 'The settings of the account are too large'],
  'event-types-full': [429, 'The catalogue has too many event types'],
  'versions-full': [429, 'The event type has too many versions'],
  'rate-limited': [429, 'The key sends too many requests'],
  'viewers-full': [429, 'Too many live connections are open'],
  'too-many-tests': [429, 'The account has sent too many tests'],
  'unknown-key': [404, 'There is no such key'],
  internal: [500, 'Tubepost failed'],
  unavailable: [503, 'Storage did not answer'],
  overloaded: [503, 'Too much work is waiting'],
  'record-storage-full': [507, 'The record has too much data'],
  misconfigured: [503, 'The service is not set up'],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemCode = keyof typeof PROBLEMS;

/** For the reference. */
export const PROBLEM_LIST = Object.entries(PROBLEMS).map(([code, [status, title]]) => ({ code, status, title }));

export function problemStatus(code: ProblemCode): number {
  return PROBLEMS[code][0];
}

export type ProblemExtra = {
  /** The field, or the setting, whose rule `detail` states: one entry of `errors`. */
  field?: string;
  errors?: FieldError[];
  headers?: Record<string, string>;
  /** Further members of the problem, such as the `id` of an event to publish again. */
  members?: Record<string, unknown>;
};

export type ProblemBody = {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ProblemCode;
  errors: FieldError[];
  [member: string]: unknown;
};

/**
 * Thrown by handlers, answered in one place (app.ts): a failure that the caller of the API is told
 * about.
 */
export class Problem extends Error {
  readonly body: ProblemBody;
  readonly headers: Record<string, string>;

  constructor(code: ProblemCode, detail: string, { field, errors, headers = {}, members = {} }: ProblemExtra = {}) {
    super(detail);
    const [status, title] = PROBLEMS[code];
    const shown = errors ?? (field === undefined ? [] : [{ field, message: detail }]);
    this.body = {
      type: `https://tubepost.dev/problems/${code}`,
      title,
      status,
      detail,
      code,
      errors: shown.slice(0, FIELD_ERRORS_MAX),
      ...members,
    };
    this.headers = headers;
  }

  get status(): number {
    return this.body.status;
  }

  toResponse(): Response {
    return new Response(JSON.stringify(this.body), {
      status: this.status,
      headers: { 'content-type': 'application/problem+json', ...this.headers },
    });
  }
}

/** The problem that an exception stands for, or null for a bug. */
export function problemOf(error: unknown): Problem | null {
  if (error instanceof Problem) return error;
  if (!(error instanceof ObjectUnavailable)) return null;
  return new Problem('unavailable', error.message, { headers: retryAfter(1_000) });
}

/**
 * When to come again: a whole number of seconds from 1 to RETRY_AFTER_SECONDS_MAX, which every
 * client understands. Some raise on a fraction, some cut what is longer; who comes too early is
 * told again.
 */
export function retryAfter(ms: number): { 'retry-after': string } {
  return { 'retry-after': String(Math.min(RETRY_AFTER_SECONDS_MAX, Math.max(1, Math.ceil(ms / 1_000)))) };
}

/**
 * 400 with a sentence for each field; `detail` is the first, so that a log of `detail` alone
 * already helps.
 */
export function invalid(errors: FieldError[]): Problem {
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return new Problem('invalid-request', `${errors[0]?.message ?? 'the request is not valid'}${more}`, { errors });
}
