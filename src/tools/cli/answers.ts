/**
 * What a local receiver answers, as a person writes it: `--answer 500,hang,200` is 500 to the first
 * request, nothing to the second, 200 to the third and to all after it.
 */
import { InvalidArgumentError } from 'commander';
import { parseSpanMs } from './words.ts';

export type Answer =
  | { kind: 'status'; status: number; afterMs: number; headers: Record<string, string> }
  /** Never answers; the sender gives up. */
  | { kind: 'hang' }
  /** Closes the connection without an answer. */
  | { kind: 'reset' };

export const FINE: Answer = { kind: 'status', status: 204, afterMs: 0, headers: {} };
/** Longer than any sender waits; beyond it, `hang` is what is meant. */
const AFTER_MS_MAX = 60_000;

export function parseAnswers(text: string): Answer[] {
  return text.split(',').map((part) => parseAnswer(part.trim()));
}

/**
 * `200`, `429/10s` (with Retry-After), `slow:2s`, `slow:2s/500`, `gone` is written 410, `disable`
 * answers the header of that name.
 */
function parseAnswer(text: string): Answer {
  if (text === 'hang' || text === 'reset') return { kind: text };
  if (text === 'disable' || text === 'abort-message') {
    return { kind: 'status', status: 500, afterMs: 0, headers: { 'webhook-delivery': text } };
  }
  const [, slow, code, retryAfter] = /^(?:slow:(\w+)(?=\/\d|$)\/?)?(?:(\d{3})(?:\/(\w+))?)?$/.exec(text) ?? [];
  const afterMs = slow === undefined ? 0 : parseSpanMs(slow);
  const retryAfterMs = retryAfter === undefined ? 0 : parseSpanMs(retryAfter);
  const status = Number(code ?? 204);
  const isRight = (slow ?? code) !== undefined && status >= 200 && status <= 599;
  if (!isRight || afterMs === null || retryAfterMs === null || afterMs > AFTER_MS_MAX) {
    throw new InvalidArgumentError(
      `"${text}" is no answer. Give a status (200), one with Retry-After (429/10s), slow:2s, slow:2s/500, hang, reset, disable or abort-message, several by commas.`,
    );
  }
  const headers: Record<string, string> =
    retryAfterMs === 0 ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) };
  return { kind: 'status', status, afterMs, headers };
}

export function sayAnswer(answer: Answer): string {
  if (answer.kind !== 'status') return answer.kind;
  return answer.afterMs === 0 ? String(answer.status) : `${answer.status} after ${answer.afterMs} ms`;
}
