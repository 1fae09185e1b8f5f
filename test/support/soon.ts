/**
 * Waiting, in a test of the Worker, for what happens a moment later: the attempt, the log, a
 * projection.
 */
import { vi } from 'vitest';

/**
 * Not vitest's one second: the LOG queue alone may take that long to hand over a batch, and the
 * machine does other work too. Shorter than a test may take, so that what is shown at the end is
 * the check that failed.
 */
const WITHIN = { timeout: 15_000, interval: 50 };

/**
 * What `check` answers, once it no longer throws. A clock that the test has set moves on by the
 * interval at each look.
 */
export function soon<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, WITHIN);
}
