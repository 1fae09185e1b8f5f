/**
 * What came of one attempt, and what follows from it (C5). Pure: the attempt itself is
 * delivery/attempt.ts.
 */

import type { Sent } from './sent.ts';

/**
 * The words themselves, for the schemas of everything that stores or carries them: core holds no
 * zod.
 */
export const ERROR_KINDS = [
  'timeout',
  'dns',
  'connect',
  'tls',
  'reset',
  'refused-address',
  'redirect',
  'http-4xx',
  'http-5xx',
  'lost',
  'not-sent',
] as const;
/**
 * Of us and not of the receiver: nobody knows what came of it (`lost`), or a fault of ours kept it
 * from leaving (`not-sent`: a secret that does not open, variables that are wrong, a bug). Neither
 * uses up a retry, opens a circuit, or counts against an endpoint anywhere.
 */
export function isOurs(kind: ErrorKind | null): boolean {
  return kind === 'lost' || kind === 'not-sent';
}

export type ErrorKind = (typeof ERROR_KINDS)[number];

/** What the receiver asked for in the answer header `webhook-delivery`. */
export type ReceiverDirective = 'disable' | 'abort-message';

export type AttemptOutcome = {
  /** When the request started. */
  atMs: number;
  latencyMs: number;
  /** Null when no status line arrived. */
  statusCode: number | null;
  /** Null exactly for a 2xx. */
  error: { kind: ErrorKind; message: string } | null;
  /** Of failures (without set-cookie), capped; null for successes and where none arrived. */
  responseHeaders: Record<string, string> | null;
  /** As far as it was read (C6), as text; null where there is none. */
  responseBody: string | null;
  /** The answer's Retry-After, as a delay from its arrival; null if absent or unreadable. */
  retryAfterMs: number | null;
  directive: ReceiverDirective | null;
  /**
   * The connection of a first request broke at once, before an answer, and this is what came of the
   * second (delivery/attempt.ts).
   */
  isRepeated?: boolean | undefined;
  /** Absent: nothing was sent, or what is not known. */
  sent?: Sent | undefined;
};

export type Verdict =
  | { kind: 'delivered' }
  | { kind: 'retry' }
  /** `reason` becomes the dead letter's reason. */
  | { kind: 'dead'; reason: string };

/** Client errors that pass by themselves: request timeout, too early, too many requests. */
const PASSING_CLIENT_ERRORS: readonly number[] = [408, 425, 429];
const GONE = 410;

/**
 * What a status code is counted as; null for success. Codes outside 200-599 are treated as a 5xx
 * (RFC 9110, 15), and an informational one cannot be a final answer.
 */
export function kindOfStatus(statusCode: number): 'redirect' | 'http-4xx' | 'http-5xx' | null {
  if (statusCode < 200 || statusCode >= 500) return 'http-5xx';
  if (statusCode < 300) return null;
  return statusCode < 400 ? 'redirect' : 'http-4xx';
}

/**
 * What the attempt means for its delivery. Success stands whatever else the answer says.
 * `alsoRetry` is the endpoint's. Whether a retry is left is retry.ts; that ours (`isOurs`) use up
 * none is status.ts.
 */
export function verdict(
  outcome: Pick<AttemptOutcome, 'statusCode' | 'error' | 'directive'>,
  alsoRetry: readonly number[],
): Verdict {
  const { statusCode, error } = outcome;
  if (error === null) return { kind: 'delivered' };
  if (outcome.directive === 'abort-message') return { kind: 'dead', reason: 'abort-message' };
  if (statusCode !== null && alsoRetry.includes(statusCode)) return { kind: 'retry' };
  switch (error.kind) {
    case 'timeout':
    case 'dns':
    case 'connect':
    case 'tls':
    case 'reset':
    case 'lost':
    case 'not-sent':
    case 'http-5xx':
      return { kind: 'retry' };
    case 'http-4xx':
      if (statusCode !== null && PASSING_CLIENT_ERRORS.includes(statusCode)) return { kind: 'retry' };
      return { kind: 'dead', reason: deadReason(statusCode, error.kind) };
    case 'redirect':
      return { kind: 'dead', reason: deadReason(statusCode, error.kind) };
    case 'refused-address':
      // The URL itself is forbidden: the same text is refused again until a person changes it, and
      // then it can be replayed.
      return { kind: 'dead', reason: error.kind };
  }
}

function deadReason(statusCode: number | null, kind: ErrorKind): string {
  return statusCode === null ? kind : `http-${statusCode}`;
}

/**
 * Null, or why the endpoint must be disabled (C5), as a clause for its `statusReason`. Independent
 * of the delivery's own fate.
 */
export function disables(outcome: Pick<AttemptOutcome, 'statusCode' | 'directive'>): string | null {
  if (outcome.statusCode === GONE) return 'its receiver answered 410 (Gone)';
  if (outcome.directive === 'disable') return 'its receiver asked for it (webhook-delivery: disable)';
  return null;
}
