/**
 * Where a list reads: which index of the log serves a filter, and how lists across all accounts are
 * merged. SQLite is told the index by name, because without statistics it takes an account's part
 * of the primary key for the shortest way to anything. test/worker/log-plans.test.ts asks it for
 * its plan of every combination of filters.
 */
import { getTableColumns, inArray, sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import { hasValues, isFrom } from '../filter.ts';
import type { EventFilter, LogTable, OfRecord } from '../filter.ts';
import { attempts, DEAD, deliveries, TROUBLED } from './schema.ts';
import type { events } from './schema.ts';
import type { Position } from '../page.ts';
import { RESOLVED } from './resolved.ts';

export type Source = {
  table: LogTable;
  from: SQL;
  /** What the index holds, in its own words; without them SQLite would not use it. */
  where: SQL | undefined;
  /** Whether an account's rows lie in the order of lists. */
  isOrdered: boolean;
};

export function sourceOf(table: LogTable, filter: EventFilter & OfRecord): Source {
  const isByEvent = hasValues(filter.event) || filter.ofRecord !== undefined;
  if (table === deliveries) {
    if (isByEvent) return indexed(table, 'deliveries_by_event');
    if (filter.replayJob !== undefined) return ofJob(filter.replayJob);
    if (filter.status?.length === 1 && filter.status[0] === 'dead') return indexed(table, 'deliveries_dead', DEAD);
    if (wantsTrouble(filter)) return indexed(table, 'deliveries_troubled', TROUBLED);
  } else if (isByEvent) {
    return indexed(table, table === attempts ? 'attempts_by_event' : 'events_by_event');
  }
  return { table, from: sql`${table}`, where: undefined, isOrdered: true };
}

function indexed(table: LogTable, index: string, condition?: string): Source {
  const where = condition === undefined ? undefined : sql.raw(condition);
  return { table, from: sql`${table} INDEXED BY ${sql.identifier(index)}`, where, isOrdered: where !== undefined };
}

/**
 * Its rows lie in order for one job. That its index holds nothing without a job, SQLite concludes
 * from the condition.
 */
function ofJob(job: string): Source {
  return { ...indexed(deliveries, 'deliveries_by_job'), where: sql`${deliveries.replayJob} = ${job}`, isOrdered: true };
}

/**
 * Whether a first try that succeeded cannot match: by its status, its code, or what set it off; of
 * the delivery or of its first attempt.
 */
function wantsTrouble({ status = [], statusCode = [], trigger = [] }: EventFilter): boolean {
  return (
    (status.length > 0 && !status.includes('delivered')) ||
    (statusCode.length > 0 && !statusCode.some((code) => code.startsWith('2'))) ||
    (trigger.length > 0 && trigger.every((word) => word === 'retry' || word === 'replay'))
  );
}

/**
 * All columns of a table, by the names that its code has for them; of deliveries also whether a
 * replay of them has arrived.
 */
export function columnsOf(table: LogTable): SQL {
  const columns = Object.entries(getTableColumns(table)).map(
    ([property, column]) => sql`${column} AS ${sql.identifier(property)}`,
  );
  if (table === deliveries) columns.push(sql`${RESOLVED} AS resolved`);
  return sql.join(columns, sql`, `);
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

/** By which time a table's rows lie in order. */
export type At = typeof deliveries.acceptedAtMs | typeof events.acceptedAtMs | typeof attempts.atMs;

/**
 * The keys (account, at, id) of the newest `most` rows across all accounts, as a SELECT. Each
 * account's rows lie in order; this merges them: the queue of a recursive query is sorted and holds
 * the next row of each account, and each row that leaves it is followed by the next of its account.
 * So it reads one row for each account and one for each row that is taken from it, and needs no
 * index by time, which every delivery would pay for. Not for sources by event, whose rows do not
 * lie in order.
 */
export function newestAcross(source: Source, at: At, after: Position, fromMs: number | undefined, most: number): SQL {
  const { table, from, where = sql`true` } = source;
  const atName = sql.identifier(at.name);
  const select = (rest: SQL, account: SQL, before: { at: SQL; id: SQL }) => sql`SELECT t.account, t.${atName}, t.id
    FROM ${rest} CROSS JOIN ${table} AS t ON t.account = ${account} AND (t.${atName}, t.id) = (
      SELECT ${at}, ${table.id} FROM ${from}
      WHERE ${table.account} = ${account} AND ${where} AND (${at}, ${table.id}) < (${before.at}, ${before.id})
        AND ${isFrom(at, fromMs) ?? sql`true`}
      ORDER BY ${at} DESC, ${table.id} DESC LIMIT 1)`;
  const first = select(sql`known`, sql`known.name`, { at: sql`${after.atMs}`, id: sql`${after.id}` });
  const following = select(sql`merged`, sql`merged.account`, { at: sql`merged.at`, id: sql`merged.id` });
  return sql`WITH RECURSIVE ${known(source)}, merged(account, at, id) AS (
    ${first} UNION ALL ${following} ORDER BY 2 DESC, 3 DESC LIMIT ${most}
  ) SELECT account, at, id FROM merged`;
}
