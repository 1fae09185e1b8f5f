/**
 * Pages of lists: newest first, cut by key and not by offset, so that a page stays the same page
 * while rows arrive. A cursor is the key of the last row shown; it is opaque to callers and bound
 * to its list.
 */
import type { Walk } from '../core/limits.ts';
import { fail, ok } from '../core/result.ts';
import type { FieldError, Result } from '../core/result.ts';

export type PageRequest = { limit: number; cursor: string | null };
export type Page<T> = { data: T[]; next: string | null };

/** Of the log: `walk` is how far it may look for rows (LIST_WALK unless said otherwise). */
export type LogPageRequest = PageRequest & { walk?: Walk };
/**
 * May be short, even empty, and still have a `next`: then rows beyond `searchedToMs` have not been
 * looked at. Null with `next`: to the end.
 */
export type LogPage<T> = Page<T> & { searchedToMs: number | null };

/** Rows after this one, in descending order of (atMs, id). */
export type Position = { atMs: number; id: string };

/**
 * All rows that belong to a list, from a cursor down to `reached` (itself included); null: to the
 * end.
 */
export type Found<T> = { rows: T[]; reached: Position | null };
export type ListName =
  | 'deliveries'
  | 'attempts'
  | 'events'
  | 'records'
  | 'accounts'
  | 'endpoints'
  | 'audit'
  | 'audit-of-operators'
  | 'jobs'
  | 'keys'
  | 'event-types'
  | 'alerts';

/** Above every id: they are ASCII below it. */
export const KEY_END = '~';
const START: Position = { atMs: Number.MAX_SAFE_INTEGER, id: KEY_END };
/** Without an id, or with KEY_END, it stands between two milliseconds. */
const CURSOR = /^([a-z-]+) ([0-9]{1,16}) ([A-Za-z0-9_.~-]{0,200})$/;

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
  return { data, next: cursorAt(list, position(last)) };
}

/**
 * The same of a search that walks a bounded part of a list. `end`: the last row that it may look
 * at, where there are so many.
 */
export function cutWalk<T>(
  list: ListName,
  rows: T[],
  end: T | undefined,
  limit: number,
  position: (row: T) => Position,
): Page<T> {
  if (rows.length > limit || end === undefined) return cutPage(list, rows, limit, position);
  return { data: rows, next: cursorAt(list, position(end)) };
}

/**
 * A page of the log, merged from what was found in each place. It ends where the first of them
 * stopped looking: behind that another may have rows that belong between.
 */
export function mergePage<T>(
  list: ListName,
  parts: readonly Found<T>[],
  limit: number,
  position: (row: T) => Position,
): LogPage<T> {
  const reached = parts.flatMap((part) => part.reached ?? []).toSorted(newestFirst)[0] ?? null;
  const rows = parts
    .flatMap((part) => part.rows)
    .filter((row) => reached === null || newestFirst(position(row), reached) <= 0)
    .sort((a, b) => newestFirst(position(a), position(b)));
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  const end = rows.length > limit && last !== undefined ? position(last) : reached;
  return { data, next: end === null ? null : cursorAt(list, end), searchedToMs: end?.atMs ?? null };
}

function cursorAt(list: ListName, { atMs, id }: Position): string {
  return encode(`${list} ${atMs} ${id}`);
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
