/** Waiting in a worker test for what the running Worker does a moment later. */
import { vi } from 'vitest';

/**
 * Until `check` no longer throws. Not vitest's second: the LOG queue alone takes one to hand over a batch, and the machine may be busy.
 * A bound for what never comes, not a measure of speed.
 */
export function soon<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 15_000, interval: 50 });
}
