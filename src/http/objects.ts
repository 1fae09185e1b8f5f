/**
 * Calls to Durable Objects. The platform repeats calls that surely did not arrive, and marked ones; what it gives up on as
 * retryable is tried again here on a new stub, because an exception may break the old one.
 */
import { OBJECT_TRIES_MAX } from '../core/limits.ts';
import { Problem } from './problem.ts';

/** Only for calls that are safe to repeat. Throws a 503 problem when the object cannot be reached; what it throws itself passes. */
export async function callObject<S, R>(open: () => S, call: (stub: S) => R): Promise<Awaited<R>> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call(open());
    } catch (error) {
      const fault = faultOf(error);
      if (fault === 'ours') throw error;
      if (fault === 'overloaded' || tries >= OBJECT_TRIES_MAX) throw unavailable(fault);
    }
  }
}

/** For calls that answer differently when they run twice: one try here, and a failure may or may not have happened. */
export async function callObjectOnce<S, R>(open: () => S, call: (stub: S) => R): Promise<Awaited<R>> {
  try {
    return await call(open());
  } catch (error) {
    const fault = faultOf(error);
    if (fault === 'ours') throw error;
    throw unavailable(fault);
  }
}

function unavailable(fault: 'overloaded' | 'unreachable'): Problem {
  const detail = fault === 'overloaded' ? 'storage has more requests than it can take' : 'storage did not answer';
  return new Problem('unavailable', detail, { headers: { 'retry-after': '1' } });
}

/** The flags are the platform's (`remote`: thrown by the object's own code, which is a bug of ours). */
function faultOf(error: unknown): 'overloaded' | 'unreachable' | 'ours' {
  if (!(error instanceof Error)) return 'ours';
  if ('overloaded' in error && error.overloaded === true) return 'overloaded';
  if ('retryable' in error && error.retryable === true) return 'unreachable';
  return 'remote' in error && error.remote === true ? 'ours' : 'unreachable';
}
