/**
 * Tries again what a handler asks others for: full jitter, so that receivers that failed together
 * do not come back together.
 */

/** The first pause is drawn from 0 to this, the next from 0 to twice as much, … */
const FIRST_MS = 1_000;
const PAUSE_MS_MAX = 16_000;
/** From the first try on; no try starts later. */
const TOTAL_MS = 60_000;

export type Try = {
  /** From 1. */
  attempt: number;
  /** Until `totalMs` is over: let the call itself end by then. */
  remainingMs: number;
};

export type BackoffOptions = {
  firstMs?: number;
  pauseMsMax?: number;
  totalMs?: number;
  /** Whether a failure passes by itself; all do unless set. */
  shouldRetry?: (error: unknown) => boolean;
  /** Ends the pauses and the tries. */
  signal?: AbortSignal;
  /** Clock, randomness and timer: set by tests. */
  now?: () => number;
  random?: () => number;
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
};

/**
 * Answers what `work` answers. Throws its last error when the time is over, or at once what should
 * not be tried again.
 */
export async function withBackoff<T>(work: (one: Try) => Promise<T>, options: BackoffOptions = {}): Promise<T> {
  const {
    firstMs = FIRST_MS,
    pauseMsMax = PAUSE_MS_MAX,
    totalMs = TOTAL_MS,
    shouldRetry = () => true,
    signal,
  } = options;
  const { now = Date.now, random = Math.random, sleep = wait } = options;
  const endMs = now() + totalMs;
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      return await work({ attempt, remainingMs: endMs - now() });
    } catch (error) {
      const pauseMs = random() * Math.min(firstMs * 2 ** (attempt - 1), pauseMsMax);
      if (now() + pauseMs >= endMs || !shouldRetry(error)) throw error;
      await sleep(pauseMs, signal);
    }
  }
}

function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, signal?.aborted === true ? 0 : ms);
    signal?.addEventListener('abort', end);
  });
}
