/** Expected failure as a value. `throw` is kept for bugs and dead dependencies. */
export type Result<T, E> = { ok: true; value: T } | { ok: false; error: E };

export function ok<T>(value: T): { ok: true; value: T } {
  return { ok: true, value };
}

export function fail<E>(error: E): { ok: false; error: E } {
  return { ok: false, error };
}

/**
 * One thing wrong with one field of a request: the sentence names the rule and, capped, the value.
 */
export type FieldError = { field: string; message: string };
