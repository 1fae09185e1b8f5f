/**
 * Pages of lists: newest first, cut by key and not by offset, so that a page stays the same page while rows arrive. A cursor is
 * the key of the last row shown; it is opaque to callers and bound to its list.
 */
import { fail, ok } from '../core/result.ts';
import type { FieldError, Result } from '../core/result.ts';

export type PageRequest = { limit: number; cursor: string | null };
export type Page<T> = { data: T[]; next: string | null };

/** Rows after this one, in descending order of (atMs, id). */
export type Position = { atMs: number; id: string };
export type ListName =
  | 'deliveries'
  | 'attempts'
  | 'events'
  | 'accounts'
  | 'endpoints'
  | 'audit'
  | 'jobs'
  | 'keys'
  | 'event-types'
  | 'alerts';

/** Above every id: they are ASCII below it. */
export const KEY_END = '~';
const START: Position = { atMs: Number.MAX_SAFE_INTEGER, id: KEY_END };
const CURSOR = /^([a-z-]+) ([0-9]{1,16}) ([A-Za-z0-9_.-]{1,200})$/;

/** A null cursor is the first page. Anything we did not make for this list is refused. */
export function parseCursor(list: ListName, cursor: string | null): Result<Position, FieldError> {
  if (cursor === null) return ok(START);
  const match = /^[A-Za-z0-9_-]{1,400}$/.test(cursor) ? CURSOR.exec(decode(cursor)) : null;
  const atMs = Number(match?.[2]);
  if (match === null || match[1] !== list || !Number.isSafeInteger(atMs)) {
    return fail({ field: 'cursor', message: `cursor must be the "next" of an earlier page of this list of ${list}` });
  }
  return ok({ atMs, id: match[3] ?? '' });
}

/** `rows` holds up to one more than `limit`: the one more only says that there is a next page. */
export function cutPage<T>(list: ListName, rows: T[], limit: number, position: (row: T) => Position): Page<T> {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  if (rows.length <= limit || last === undefined) return { data, next: null };
  const { atMs, id } = position(last);
  return { data, next: encode(`${list} ${atMs} ${id}`) };
}

/** The order of every list. */
export function newestFirst(a: Position, b: Position): number {
  if (a.atMs !== b.atMs) return b.atMs - a.atMs;
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
}

function encode(text: string): string {
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Empty for what is not base64url. */
function decode(text: string): string {
  try {
    return atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return '';
  }
}
