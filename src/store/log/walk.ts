/**
 * How a list finds its rows without an index for each filter: it walks its source in the order of
 * the list and takes what matches, but no further than so many rows. Where it meets that bound
 * before it has enough, it says how far it got, and the next page continues there. One statement,
 * so that what it shows and where it stopped are of the same moment.
 */
import { and, type SQL, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import type { Walk } from '../../core/limits.ts';
import { hasValues, isFrom, type LogFilter, upperBound } from '../filter.ts';
import { attempts } from './schema.ts';
import { type Found, newestFirst, type Position } from '../page.ts';
import { type At, columnsOf, isInAccount, newestAcross, type Source } from './source.ts';

/** `isMatch`: about a row, wherever it lies in the list. */
export type Search = { source: Source; at: At; filter: LogFilter; isMatch: SQL | undefined; after: Position };

/** At most `most` rows, newest first. `positionOf` must say what `at` and the id do. */
export async function findNewest<Row>(
  database: D1Database,
  search: Search,
  { most, walk, positionOf }: { most: number; walk: Walk; positionOf: (row: Row) => Position },
): Promise<Found<Row>> {
  const { source, filter } = search;
  if (!source.isOrdered) {
    const rows = await drizzle(database).all<Row>(sql`SELECT ${columnsOf(source.table)} ${inRange(search)}
      ${descending(search)} LIMIT ${most}`);
    return foundIn(rows, most, positionOf, endOf(filter));
  }
  // The second half runs only where the first leaves room.
  const found = await drizzle(database).all<Row & { isStop: number }>(sql`
    SELECT *, 0 AS "isStop" FROM (${matching(search, walk, most)})
    UNION ALL SELECT *, 1 FROM (${stop(search, walk)}) LIMIT ${most}`);
  const stopped = found.find(({ isStop }) => isStop === 1);
  const rows = found.filter(({ isStop }) => isStop === 0);
  return foundIn(rows, most, positionOf, stopped === undefined ? null : positionOf(stopped));
}

/** `end`: how far it looked. With `most` rows it looked no further than the last of them. */
export function foundIn<Row>(
  rows: Row[],
  most: number,
  positionOf: (row: Row) => Position,
  end: Position | null,
): Found<Row> {
  const last = rows.at(-1);
  const ends = [
    ...(rows.length === most && last !== undefined ? [positionOf(last)] : []),
    ...(end === null ? [] : [end]),
  ];
  return { rows, reached: ends.toSorted(newestFirst)[0] ?? null };
}

/** Where the events that a Shard named end; null where the filter ends before. */
export function endOf({ ofRecord, fromMs }: LogFilter): Position | null {
  const sinceMs = ofRecord?.sinceMs ?? null;
  return sinceMs === null || (fromMs ?? 0) >= sinceMs ? null : { atMs: sinceMs, id: '' };
}

/**
 * The first `most` that match (-1: all), if the walk gets so far. SQLite stops walking as soon as
 * it has enough.
 */
export function matching(search: Search, walk: Walk, most = -1): SQL {
  const { table } = search.source;
  return sql`SELECT ${columnsOf(table)} FROM (${walked(search, boundOf(search, walk), 0)}) AS ${table}
    WHERE ${search.isMatch ?? sql`true`} LIMIT ${most}`;
}

/** The last row that a walk looks at; none where the rows end before. */
export function stop(search: Search, walk: Walk): SQL {
  const { table } = search.source;
  return sql`SELECT ${columnsOf(table)} FROM (${walked(search, 1, boundOf(search, walk) - 1)}) AS ${table}`;
}

/** All that is left of the list, as a range without a bound. */
export function inRange(search: Search): SQL {
  const { source, filter, isMatch } = search;
  return sql`FROM ${source.from} WHERE ${and(isInAccount(source, filter.account), isBehind(search), isMatch)}`;
}

function boundOf({ source, filter }: Search, { byKey, bySeek }: Walk): number {
  // The status of an attempt is its delivery's, which is looked up.
  const isSeeking = source.table === attempts && hasValues(filter.status);
  return source.where === undefined && filter.account !== null && !isSeeking ? byKey : bySeek;
}

/**
 * Whole rows in the order of the list: of one account by a range of its key, of all accounts
 * merged.
 */
function walked(search: Search, most: number, skipped: number): SQL {
  const { source, at, filter, after } = search;
  const { table } = source;
  if (filter.account !== null) {
    return sql`SELECT * FROM ${source.from} WHERE ${isInAccount(source, filter.account)} AND ${isBehind(search)}
      ${descending(search)} LIMIT ${most} OFFSET ${skipped}`;
  }
  const newest = newestAcross(source, at, upperBound(filter, after), filter.fromMs, most + skipped);
  return sql`SELECT ${table}.* FROM (${newest} LIMIT ${most} OFFSET ${skipped}) AS newest CROSS JOIN ${table}
    ON ${table.account} = newest.account AND ${at} = newest.at AND ${table.id} = newest.id`;
}

function isBehind({ source, at, filter, after }: Search): SQL | undefined {
  const before = upperBound(filter, after);
  return and(
    source.where,
    sql`(${at}, ${source.table.id}) < (${before.atMs}, ${before.id})`,
    isFrom(at, filter.fromMs),
  );
}

function descending({ source, at }: Search): SQL {
  return sql`ORDER BY ${at} DESC, ${source.table.id} DESC`;
}
