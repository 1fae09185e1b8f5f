/**
 * Where a list reads: which index of the log serves a filter, and how lists across all accounts are merged. SQLite is told the index
 * by name, because without statistics it takes an account's part of the primary key for the shortest way to anything.
 * test/worker/log-plans.test.ts asks it for its plan of every combination of filters.
 */
import { and, getTableColumns, inArray, sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import { ACROSS_ACCOUNTS_LOOK_BACK_MS, LIST_LIMIT_MAX } from '../core/limits.ts';
import { hasValues } from './filter.ts';
import type { EventFilter, LogFilter, LogTable } from './filter.ts';
import { attempts, DEAD, deliveries, TROUBLED } from './log-schema.ts';
import type { events } from './log-schema.ts';
import type { Position } from './page.ts';

export type Source = {
  table: LogTable;
  from: SQL;
  /** What the index holds, in its own words; without them SQLite would not use it. */
  where: SQL | undefined;
  /** Whether an account's rows lie in the order of lists. */
  isOrdered: boolean;
};

export function sourceOf(table: LogTable, filter: EventFilter): Source {
  if (table === deliveries) {
    if (hasValues(filter.event)) return indexed(table, 'deliveries_by_event');
    if (filter.status?.length === 1 && filter.status[0] === 'dead') return indexed(table, 'deliveries_dead', DEAD);
    if (wantsTrouble(filter)) return indexed(table, 'deliveries_troubled', TROUBLED);
  } else if (hasValues(filter.event)) {
    return indexed(table, table === attempts ? 'attempts_by_event' : 'events_by_event');
  }
  return { table, from: sql`${table}`, where: undefined, isOrdered: true };
}

function indexed(table: LogTable, index: string, condition?: string): Source {
  const where = condition === undefined ? undefined : sql.raw(condition);
  return { table, from: sql`${table} INDEXED BY ${sql.identifier(index)}`, where, isOrdered: where !== undefined };
}

/** Whether a first try that succeeded cannot match: by its status, its code, or what set it off; of the delivery or of its first attempt. */
function wantsTrouble({ status = [], statusCode = [], trigger = [] }: EventFilter): boolean {
  return (
    (status.length > 0 && !status.includes('delivered')) ||
    (statusCode.length > 0 && !statusCode.some((code) => code.startsWith('2'))) ||
    (trigger.length > 0 && trigger.every((word) => word === 'retry' || word === 'replay'))
  );
}

/** Whole rows of the table, by the names that its code has for them. */
export function selectFrom({ table, from }: Pick<Source, 'table' | 'from'>): SQL {
  const columns = Object.entries(getTableColumns(table)).map(
    ([property, column]) => sql`${column} AS ${sql.identifier(property)}`,
  );
  return sql`SELECT ${sql.join(columns, sql`, `)} FROM ${from}`;
}

export function isInAccount(source: Source, account: string | null): SQL {
  const { table } = source;
  if (account !== null) return sql`${table.account} = ${account}`;
  return inArray(table.account, sql`(WITH RECURSIVE ${known(source)} SELECT name FROM known WHERE name IS NOT NULL)`);
}

/** Every account that has rows in a source, one seek each. */
function known({ table, from, where }: Source): SQL {
  const held = where ?? sql`true`;
  return sql`known(name) AS (
    SELECT min(${table.account}) FROM ${from} WHERE ${held}
    UNION ALL
    SELECT (SELECT min(${table.account}) FROM ${from} WHERE ${table.account} > known.name AND ${held})
    FROM known WHERE known.name IS NOT NULL)`;
}

/** By which time a table's rows lie in order, and which of them are listed, whatever their account. */
export type Order = {
  at: typeof deliveries.acceptedAtMs | typeof events.acceptedAtMs | typeof attempts.atMs;
  matching: SQL | undefined;
};

/**
 * The keys (account, at, id) of the newest `most` rows across all accounts, as a SELECT. Each account's rows lie in order; this merges
 * them: the queue of a recursive query is sorted and holds the next row of each account, and each row that leaves it is followed by the
 * next of its account. So it reads one row for each account and one for each row shown, and needs no index by time, which every
 * delivery would pay for. Not for sources by event, whose rows do not lie in order.
 */
export function newestAcross(source: Source, { at, matching }: Order, after: Position, most: number): SQL {
  const { table, from, where = sql`true` } = source;
  const atName = sql.identifier(at.name);
  const select = (rest: SQL, account: SQL, before: { at: SQL; id: SQL }) => sql`SELECT t.account, t.${atName}, t.id
    FROM ${rest} CROSS JOIN ${table} AS t ON t.account = ${account} AND (t.${atName}, t.id) = (
      SELECT ${at}, ${table.id} FROM ${from}
      WHERE ${table.account} = ${account} AND ${where} AND (${at}, ${table.id}) < (${before.at}, ${before.id})
        AND ${matching ?? sql`true`}
      ORDER BY ${at} DESC, ${table.id} DESC LIMIT 1)`;
  const first = select(sql`known`, sql`known.name`, { at: sql`${after.atMs}`, id: sql`${after.id}` });
  const following = select(sql`merged`, sql`merged.account`, { at: sql`merged.at`, id: sql`merged.id` });
  return sql`WITH RECURSIVE ${known(source)}, merged(account, at, id) AS (
    ${first} UNION ALL ${following} ORDER BY 2 DESC, 3 DESC LIMIT ${most}
  ) SELECT account, at, id FROM merged`;
}

/** A page of whole rows, newest first: of one account by a range of its key, of all accounts merged. */
export function newestRows(source: Source, account: string | null, order: Order, after: Position, most: number): SQL {
  const { table, where } = source;
  const { at } = order;
  const descending = sql`ORDER BY ${at} DESC, ${table.id} DESC LIMIT ${most}`;
  if (account === null && source.isOrdered) {
    return sql`${selectFrom({ table, from: sql`(${newestAcross(source, order, after, most)}) AS newest CROSS JOIN ${table}` })}
      ON ${table.account} = newest.account AND ${at} = newest.at AND ${table.id} = newest.id ${descending}`;
  }
  const matches = and(
    isInAccount(source, account),
    where,
    sql`(${at}, ${table.id}) < (${after.atMs}, ${after.id})`,
    order.matching,
  );
  return sql`${selectFrom(source)} WHERE ${matches} ${descending}`;
}

/**
 * The times at which to begin looking, in the order to try them: the next is needed only if the page is not full. Only for lists across
 * accounts with a filter that no index serves: there, an account without a match would be read to its beginning before the first
 * row is shown. An export reads all of it in any case. The clock only chooses spans, never rows.
 */
export function lookBack(source: Source, filter: LogFilter, beforeMs: number, limit: number): (number | undefined)[] {
  const isServed = source.where !== undefined || hasValues(filter.event) || !hasOther(filter);
  if (filter.account !== null || isServed || limit > LIST_LIMIT_MAX) return [filter.fromMs];
  const end = Math.min(Date.now(), beforeMs, filter.toMs ?? Number.MAX_SAFE_INTEGER);
  const starts = ACROSS_ACCOUNTS_LOOK_BACK_MS.map((ms) => end - ms);
  return [...starts.filter((start) => start > (filter.fromMs ?? 0)), filter.fromMs];
}

/** A filter beyond the account, the event and the time. */
function hasOther({ endpoint, eventType, record, status, statusCode, trigger }: EventFilter): boolean {
  return [endpoint, eventType, record, status, statusCode, trigger].some(hasValues);
}
