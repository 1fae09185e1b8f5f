/** Errors by which a handler says whether, and when, another try can help. */

/** Not now: `Retry-After` names the time of the next try. */
export class RetryLater extends Error {
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number, message = 'not now') {
    super(message);
    this.name = 'RetryLater';
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/**
 * Never: trying again cannot help. It goes to the receiver's dead letters where there are some, and
 * else to the sender's.
 */
export class GiveUp extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'GiveUp';
  }
}

/** By name, because a package that is installed twice has two classes. */
export function retryAfterOf(error: unknown): number | null {
  if (!(error instanceof Error) || error.name !== 'RetryLater' || !('retryAfterSeconds' in error)) return null;
  const seconds = Number(error.retryAfterSeconds);
  return Number.isFinite(seconds) ? Math.max(Math.ceil(seconds), 0) : null;
}

export function isGivenUp(error: unknown): boolean {
  return error instanceof Error && error.name === 'GiveUp';
}
