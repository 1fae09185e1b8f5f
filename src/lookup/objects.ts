/**
 * Calls to Durable Objects. The platform repeats calls that surely did not arrive, and marked ones.
 * A call that it gives up on as retryable is tried again here on a new stub, because an exception
 * may break the old one.
 */
import { OBJECT_TRIES_MAX } from '../core/limits.ts';

/** The object did not answer. A call that changes something may have happened, or not. */
export class ObjectUnavailable extends Error {
  constructor(fault: 'overloaded' | 'unreachable', cause: unknown) {
    super(MESSAGES[fault], { cause });
    this.name = 'ObjectUnavailable';
  }

  /**
   * With the cause: for log lines and notes of jobs, which are the operator's. `message` has none
   * of it.
   */
  override toString(): string {
    return `${this.name}: ${this.message} (${String(this.cause)})`;
  }
}

const MESSAGES = {
  overloaded: 'storage has more requests than it can take',
  unreachable: 'storage did not answer',
};

/**
 * Only for calls that are safe to repeat. Throws ObjectUnavailable where the object cannot be
 * reached; an exception of the object's own code passes through.
 */
export async function callObject<S, R>(open: () => S, call: (stub: S) => R): Promise<Awaited<R>> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call(open());
    } catch (error) {
      const fault = faultOf(error);
      if (fault === 'ours') throw error;
      if (fault === 'overloaded' || tries >= OBJECT_TRIES_MAX) throw new ObjectUnavailable(fault, error);
    }
  }
}

/** For calls that answer differently when they run twice: one try. */
export async function callObjectOnce<S, R>(open: () => S, call: (stub: S) => R): Promise<Awaited<R>> {
  try {
    return await call(open());
  } catch (error) {
    const fault = faultOf(error);
    if (fault === 'ours') throw error;
    throw new ObjectUnavailable(fault, error);
  }
}

/**
 * The flags are the platform's. `remote`: thrown by the object's own code, which is a bug of ours.
 */
function faultOf(error: unknown): 'overloaded' | 'unreachable' | 'ours' {
  if (!(error instanceof Error)) return 'ours';
  if ('overloaded' in error && error.overloaded === true) return 'overloaded';
  if ('retryable' in error && error.retryable === true) return 'unreachable';
  return 'remote' in error && error.remote === true ? 'ours' : 'unreachable';
}
