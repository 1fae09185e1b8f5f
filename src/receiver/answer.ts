/** The outcome of a request and its answer. Only a 2xx ends the sender's tries. */
import type { EventFault } from './event.ts';
import type { Refusal } from './verify.ts';

export type Outcome =
  /** The handler's work is committed, and the id remembered. */
  | { kind: 'handled' }
  /** It was done before. */
  | { kind: 'duplicate' }
  /** A higher version was done before. */
  | { kind: 'stale'; version: number }
  /** The handler cannot take it: it is among the receiver's dead letters. */
  | { kind: 'set-aside'; error: unknown }
  /** Not to be believed. */
  | { kind: 'refused'; refusal: Refusal }
  /** Believed, and no event. */
  | { kind: 'malformed'; fault: EventFault }
  | { kind: 'too-large'; bytesMax: number }
  | { kind: 'not-a-post' }
  /** The handler gave it up, and there are no dead letters here. */
  | { kind: 'given-up'; error: unknown }
  /** Another copy is being worked on, or another event of its record. */
  | { kind: 'busy'; retryAfterSeconds: number }
  | { kind: 'later'; retryAfterSeconds: number }
  | { kind: 'failed'; error: unknown }
  /** The handler took longer than its lease, and another copy runs. */
  | { kind: 'lost' }
  | { kind: 'store-failed'; error: unknown };

export type Answer = { status: number; headers: Record<string, string>; body: string };

/**
 * The sender keeps a few bytes of the answer, so it says what became of the event; never why a
 * handler failed.
 */
export function answerOf(outcome: Outcome): Answer {
  const status = statusOf(outcome);
  const reason =
    outcome.kind === 'refused' ? outcome.refusal.reason : outcome.kind === 'malformed' ? outcome.fault.reason : null;
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if ('retryAfterSeconds' in outcome) headers['retry-after'] = String(outcome.retryAfterSeconds);
  if (outcome.kind === 'not-a-post') headers['allow'] = 'POST';
  return { status, headers, body: JSON.stringify({ outcome: outcome.kind, ...(reason === null ? {} : { reason }) }) };
}

function statusOf(outcome: Outcome): number {
  switch (outcome.kind) {
    case 'handled':
    case 'duplicate':
    case 'stale':
    case 'set-aside':
      return 200;
    case 'refused':
      return statusOfRefusal(outcome.refusal);
    case 'malformed':
      return 400;
    case 'too-large':
      return 413;
    case 'not-a-post':
      return 405;
    case 'given-up':
      return 422;
    // Too early: tried again, and no sign that the endpoint is down.
    case 'busy':
      return 425;
    case 'failed':
      return 500;
    case 'later':
    case 'lost':
    case 'store-failed':
      return 503;
  }
}

function statusOfRefusal({ reason }: Refusal): number {
  switch (reason) {
    case 'missing-header':
    case 'malformed-header':
    case 'bad-timestamp':
      return 400;
    case 'too-old':
    case 'too-new':
    case 'no-match':
      return 401;
    // Our own settings.
    case 'no-secret':
    case 'bad-secret':
      return 500;
  }
}
