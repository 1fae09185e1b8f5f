/**
 * What came back for one request, and what the service would make of it (docs/contract.md, "What
 * you answer").
 */
import { plain, span } from '../words.ts';

export type Outcome =
  | { kind: 'answered'; status: number; latencyMs: number; text: string }
  /**
   * `timeout`: nothing within the endpoint's timeout. `broken`: no connection, or one that ended
   * before an answer.
   */
  | { kind: 'timeout' | 'broken'; latencyMs: number; message: string };

export type Consequence = 'delivered' | 'retried' | 'dead';

/** Client errors that pass by themselves. */
const PASSING: readonly number[] = [408, 425, 429];

export function consequenceOf(outcome: Outcome): Consequence {
  if (outcome.kind !== 'answered') return 'retried';
  const { status } = outcome;
  if (status >= 200 && status < 300) return 'delivered';
  return status >= 500 || PASSING.includes(status) ? 'retried' : 'dead';
}

export function isTaken(outcome: Outcome): boolean {
  return consequenceOf(outcome) === 'delivered';
}

/** 4xx, by which a receiver says "this is not for me": the only right answer to a forgery. */
export function isRefused(outcome: Outcome): boolean {
  return outcome.kind === 'answered' && outcome.status >= 400 && outcome.status < 500;
}

export function sayOutcome(outcome: Outcome): string {
  if (outcome.kind !== 'answered') {
    const { kind, latencyMs, message } = outcome;
    return kind === 'timeout' ? `no answer within ${span(latencyMs)}` : `no answer: ${plain(message, 120)}`;
  }
  const { status, latencyMs, text } = outcome;
  const said = status < 300 || plain(text) === '' ? '' : ` and "${plain(text, 80)}"`;
  return `${status} in ${span(latencyMs)}${said}`;
}

/** The consequence as a sentence, for a request that should have been taken. */
export function riskOf(outcome: Outcome): string {
  if (outcome.kind === 'answered' && outcome.status >= 300 && outcome.status < 400) {
    return 'redirects are never followed: each such event is a dead letter at once.';
  }
  return consequenceOf(outcome) === 'dead'
    ? 'any other 4xx ends the delivery: it is a dead letter at once, and nobody tries it again.'
    : 'the event is sent again and again for a day, and all later events of its record wait behind it.';
}
