/**
 * What the command line ends with, and how a failure becomes a code and a sentence. docs/cli.md is
 * the contract of these numbers.
 */
import { Refusal } from '../../client/client.ts';

export const EXIT = {
  ok: 0,
  /**
   * It ran, and what it looked at is not right: a dead delivery, a failed test, a finding of a
   * rehearsal.
   */
  found: 1,
  /** The arguments are wrong, or something they need is missing. */
  usage: 2,
  /** The service refused: 4xx. */
  refused: 3,
  /** Nothing answered, or the service failed: 5xx. */
  unreachable: 4,
  /** Ctrl+C, as shells count it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An expected end: the message is for a person and names what to do. */
export class Failure extends Error {
  readonly code: ExitCode;

  constructor(code: ExitCode, message: string) {
    super(message);
    this.name = 'Failure';
    this.code = code;
  }
}

/** A sentence for a person, and the code. What is none of these is a bug, and is thrown on. */
export function failureOf(error: unknown): { code: ExitCode; message: string } {
  if (error instanceof Failure) return { code: error.code, message: error.message };
  if (error instanceof Refusal) {
    const { status, problem } = error;
    // One error is the detail itself.
    const fields = problem.errors
      .map(({ field, message }) => `${field} ${message}`)
      .filter((fault) => !problem.detail.includes(fault))
      .map((fault) => `\n  ${fault}`)
      .join('');
    const code = status >= 500 ? EXIT.unreachable : EXIT.refused;
    return { code, message: `${problem.detail} (${status} ${problem.code})${fields}` };
  }
  if (isAbort(error)) return { code: EXIT.interrupted, message: 'interrupted' };
  if (isNetworkFailure(error))
    return { code: EXIT.unreachable, message: `the service did not answer: ${causeOf(error)}` };
  throw error;
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/**
 * `fetch` throws a TypeError where nothing answers, a TimeoutError where nothing answers in time;
 * the client an Error for an answer of something else.
 */
function isNetworkFailure(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return (
    error.name === 'TimeoutError' ||
    (error instanceof TypeError && error.message === 'fetch failed') ||
    error.message.startsWith('no answer of the API')
  );
}

function causeOf(error: Error): string {
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  // A refused connection to a name with two addresses is an AggregateError without a message.
  return cause.message === '' && 'code' in cause ? String(cause.code) : cause.message;
}
