/**
 * When a delivery is tried again, or that it is not (C4, and Retry-After of C5). Whether an outcome
 * may be retried at all is outcome.ts; what becomes of the delivery is status.ts.
 */
import type { RetryPolicy } from './endpoint.ts';
import { NOT_SENT_WAIT_MS_MAX, NOT_SENT_WAIT_MS_MIN, RETRY_AFTER_MS_CAP, RETRY_JITTER_SHARE } from './limits.ts';
import { parseHttpDate } from './time.ts';

export type RetryPlan =
  | { kind: 'retry'; dueMs: number }
  /** The reason becomes the dead letter's. */
  | { kind: 'exhausted'; reason: 'attempts-exhausted' | 'window-passed' };

export type RetryQuestion = {
  policy: Pick<RetryPolicy, 'scheduleSeconds' | 'windowSeconds'>;
  /** Retries of the schedule that are used up: 0 after the first attempt. */
  retries: number;
  firstAttemptAtMs: number;
  /** Time spent held since the first attempt. */
  heldMs: number;
  nowMs: number;
  /** What the receiver asked for, from now; null if it did not. */
  retryAfterMs: number | null;
  /** In [0, 1). */
  random: () => number;
};

/**
 * The planned delay is the schedule's step, shortened by a random 0-25 %. A Retry-After only ever
 * lengthens it, up to the larger of twice the step and an hour, and not past the window's end:
 * asking for patience must not kill the delivery. A planned delay that itself ends after the window
 * is not waited for.
 */
export function planRetry(question: RetryQuestion): RetryPlan {
  const { policy, nowMs, retryAfterMs } = question;
  const stepSeconds = policy.scheduleSeconds[question.retries];
  if (stepSeconds === undefined) return { kind: 'exhausted', reason: 'attempts-exhausted' };

  const stepMs = stepSeconds * 1_000;
  const plannedMs = Math.ceil(stepMs * (1 - RETRY_JITTER_SHARE * question.random()));
  const windowLeftMs = question.firstAttemptAtMs + question.heldMs + policy.windowSeconds * 1_000 - nowMs;
  if (plannedMs > windowLeftMs) return { kind: 'exhausted', reason: 'window-passed' };

  const askedMs = Math.min(retryAfterMs ?? 0, Math.max(2 * stepMs, RETRY_AFTER_MS_CAP), windowLeftMs);
  return { kind: 'retry', dueMs: nowMs + Math.max(plannedMs, askedMs) };
}

/**
 * How long to wait with what a fault of ours kept from leaving. `unsent`: how often that happened
 * to the delivery, about. Shortened like every other delay: one fault meets all deliveries at once.
 */
export function notSentWaitMs(unsent: number, random: () => number): number {
  const waitMs = Math.min(NOT_SENT_WAIT_MS_MAX, NOT_SENT_WAIT_MS_MIN * 2 ** (unsent - 1));
  return Math.ceil(waitMs * (1 - RETRY_JITTER_SHARE * random()));
}

/** Some servers write fractions of a second. */
const SECONDS = /^[0-9]+(?:\.[0-9]+)?$/;
const OUTER_SPACE = /^[ \t]+|[ \t]+$/g;
/** Between values, and not after the name of a day. */
const COMMA = /(?<!Mon|Tue|Wed|Thu|Fri|Sat|Sun|day),/;

/**
 * A Retry-After header (RFC 9110, 10.2.3: whole seconds or an HTTP-date) as a delay in ms from
 * `nowMs`; 0 for a date that has passed, null for what is neither. A fraction of a second counts as
 * a whole one. Several lines arrive as one list: of what it asks for, the longest delay. Not yet
 * bounded by the plan: planRetry does that.
 */
export function parseRetryAfter(header: string, nowMs: number): number | null {
  const delays = header.split(COMMA).flatMap((value) => parseOne(value, nowMs) ?? []);
  return delays.length === 0 ? null : delays.reduce((a, b) => Math.max(a, b));
}

function parseOne(value: string, nowMs: number): number | null {
  const text = value.replace(OUTER_SPACE, '');
  if (SECONDS.test(text)) return Math.min(Math.ceil(Number(text)) * 1_000, Number.MAX_SAFE_INTEGER);
  const atMs = parseHttpDate(text, nowMs);
  return atMs === null ? null : Math.max(0, atMs - nowMs);
}
