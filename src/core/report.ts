/**
 * What a Shard reports to an endpoint's Gate of one attempt, and what its outcome says of the
 * endpoint (C8). Pure.
 */
import type { AttemptOutcome } from './outcome.ts';

/**
 * `refused`: it answered, but not with success, or we may not call it: waiting for a recovery would
 * not help.
 */
export type AnswerKind = 'delivered' | 'refused' | 'failed';

export type Report = {
  answer: AnswerKind;
  /** Of a failure that asked for patience. */
  retryAfterMs: number | null;
  /** Deliveries to this endpoint that its isolate saw of late and did not report. */
  successes: number;
  /** When the attempt started. */
  atMs: number;
  /** A failure that was a 429: the endpoint is up, and limits what it is sent. */
  isTooMany?: boolean | undefined;
};

const TOO_MANY_REQUESTS = 429;

export function answerKind({ statusCode, error }: Pick<AttemptOutcome, 'statusCode' | 'error'>): AnswerKind {
  if (error === null) return 'delivered';
  const isUp = error.kind === 'http-4xx' || error.kind === 'redirect' || error.kind === 'refused-address';
  return isUp && statusCode !== TOO_MANY_REQUESTS ? 'refused' : 'failed';
}

export function isTooMany({ statusCode }: Pick<AttemptOutcome, 'statusCode'>): boolean {
  return statusCode === TOO_MANY_REQUESTS;
}
