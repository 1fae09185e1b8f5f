/**
 * Writes LOG messages to D1: one transaction, in which a message that is doubled, late or out of
 * order writes nothing new. A delivery's row follows the highest revision; an attempt's row is kept
 * as it first came, except that a `lost` one gives way to its true outcome. So the rows depend on
 * which messages arrived, and not on when.
 */
import { getTableColumns, sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import { SQLiteSyncDialect } from 'drizzle-orm/sqlite-core';
import { attemptId, deliveryId, recordName, recordPart } from '../../core/ids.ts';
import { LOG_EMBED_WITHIN_MS, LOG_PARAMETER_BYTES_MAX } from '../../core/limits.ts';
import type { Confirmation, LogEntry, LoggedAttempt, LoggedDelivery, LoggedRecord } from '../../core/log.ts';
import { attempts, deliveries, events } from './schema.ts';
import type { AttemptRow, DeliveryRow, EventRow } from './schema.ts';
import { packAttempt, writeSent } from './stored-attempt.ts';

export type Written = {
  /** As D1 bills them: rows and index entries. */
  rowsWritten: number;
  /** What each record may now forget, by `recordName`. */
  confirmations: Map<string, Confirmation[]>;
};

/** Throws if the transaction fails; then nothing of it is written. */
export async function writeLog(database: D1Database, records: LoggedRecord[]): Promise<Written> {
  const rows = toRows(records);
  const statements = [
    ...packRows(rows.deliveries).map((json) => database.prepare(INSERT_DELIVERIES).bind(json)),
    ...packRows(rows.attempts).map((json) => database.prepare(INSERT_ATTEMPTS).bind(json)),
    ...packRows(rows.events).map((json) => database.prepare(INSERT_EVENTS).bind(json)),
  ];
  const results = statements.length === 0 ? [] : await database.batch(statements);
  const rowsWritten = results.reduce((sum, result) => sum + result.meta.rows_written, 0);
  return { rowsWritten, confirmations: confirm(records) };
}

type Rows = { deliveries: DeliveryRow[]; attempts: AttemptRow[]; events: EventRow[] };

function toRows(records: LoggedRecord[]): Rows {
  const rows: Rows = { deliveries: [], attempts: [], events: [] };
  for (const record of records) {
    for (const entry of record.entries) {
      if (entry.delivery === null) {
        rows.events.push(eventRow(record, entry));
        continue;
      }
      const first = entry.attempts.find((attempt) => isEmbedded(entry, attempt)) ?? null;
      rows.deliveries.push(deliveryRow(record, entry, entry.delivery, first));
      for (const attempt of entry.attempts) {
        if (attempt !== first) rows.attempts.push(attemptRow(record, entry, entry.delivery, attempt));
      }
    }
  }
  return rows;
}

/**
 * Clocks of two machines may differ: an attempt that seems to precede its acceptance gets a row of
 * its own, as listAttempts relies on.
 */
function isEmbedded(entry: LogEntry, attempt: LoggedAttempt): boolean {
  const afterMs = attempt.atMs - entry.event.acceptedAtMs;
  return attempt.number === 1 && afterMs >= 0 && afterMs <= LOG_EMBED_WITHIN_MS;
}

function deliveryRow(
  record: LoggedRecord,
  { event }: LogEntry,
  delivery: LoggedDelivery,
  first: LoggedAttempt | null,
): DeliveryRow {
  return {
    account: record.account,
    acceptedAtMs: event.acceptedAtMs,
    id: deliveryId(record, { ...delivery, sequence: event.sequence }),
    endpoint: delivery.endpoint,
    eventId: event.id,
    eventType: event.type,
    record: record.record,
    sequence: event.sequence,
    version: event.version,
    occurredAt: event.occurredAt,
    deliveryCount: event.deliveryCount,
    revision: delivery.revision,
    status: delivery.status,
    attempts: delivery.attempts,
    lastAtMs: delivery.last?.atMs ?? null,
    lastStatusCode: delivery.last?.statusCode ?? null,
    lastErrorKind: delivery.last?.error?.kind ?? null,
    lastErrorMessage: delivery.last?.error?.message ?? null,
    lastLatencyMs: delivery.last?.latencyMs ?? null,
    nextAttemptAtMs: delivery.nextAttemptAtMs,
    blockedBy: delivery.blockedBy,
    supersededBy: delivery.supersededBy,
    replayOf: delivery.replayOf,
    replayedBy: delivery.replayedBy,
    replayJob: delivery.replayJob ?? null,
    outOfOrder: delivery.isOutOfOrder === true ? true : null,
    reason: delivery.reason,
    endedAtMs: delivery.endedAtMs,
    firstAtMs: first?.atMs ?? null,
    firstAttempt: first === null ? null : packAttempt(first),
    erasedAtMs: event.erasedAtMs ?? null,
  };
}

function attemptRow(
  record: LoggedRecord,
  { event }: LogEntry,
  { endpoint, replay }: LoggedDelivery,
  attempt: LoggedAttempt,
): AttemptRow {
  const ref = { sequence: event.sequence, endpoint, replay };
  return {
    account: record.account,
    atMs: attempt.atMs,
    id: attemptId(record, ref, attempt.number),
    delivery: deliveryId(record, ref),
    acceptedAtMs: event.acceptedAtMs,
    endpoint,
    eventId: event.id,
    eventType: event.type,
    record: record.record,
    number: attempt.number,
    trigger: attempt.trigger,
    statusCode: attempt.statusCode,
    errorKind: attempt.error?.kind ?? null,
    errorMessage: attempt.error?.message ?? null,
    latencyMs: attempt.latencyMs,
    responseHeaders: attempt.responseHeaders === null ? null : JSON.stringify(attempt.responseHeaders),
    responseBody: attempt.responseBody,
    sent: writeSent(attempt.sent),
    willRetry: attempt.willRetry,
    nextAttemptAtMs: attempt.nextAttemptAtMs,
  };
}

function eventRow(record: LoggedRecord, { event }: LogEntry): EventRow {
  return {
    account: record.account,
    acceptedAtMs: event.acceptedAtMs,
    id: `dlv_${recordPart(record)}_${event.sequence}_`,
    eventId: event.id,
    eventType: event.type,
    record: record.record,
    sequence: event.sequence,
    version: event.version,
    occurredAt: event.occurredAt,
  };
}

/**
 * Per delivery only its highest revision: an entry is a whole picture, so that one stands for those
 * before it.
 */
function confirm(records: LoggedRecord[]): Map<string, Confirmation[]> {
  const byRecord = new Map<string, Map<string, Confirmation>>();
  for (const record of records) {
    const name = recordName(record);
    const known = byRecord.get(name) ?? new Map<string, Confirmation>();
    byRecord.set(name, known);
    for (const { event, delivery } of record.entries) {
      const { endpoint, replay, revision } = delivery ?? { endpoint: null, replay: 0, revision: 0 };
      const key = `${event.sequence} ${endpoint} ${replay}`;
      if ((known.get(key)?.revision ?? -1) >= revision) continue;
      known.set(key, { sequence: event.sequence, endpoint, replay, revision });
    }
  }
  return new Map([...byRecord].map(([name, known]) => [name, [...known.values()]]));
}

/** JSON arrays of rows, each short enough for one parameter. One row is far shorter than that. */
function packRows(rows: object[]): string[] {
  const packed: string[] = [];
  let part: string[] = [];
  let partBytes = 0;
  for (const row of rows) {
    const json = JSON.stringify(row);
    const bytes = new TextEncoder().encode(json).length + 1;
    if (part.length > 0 && partBytes + bytes > LOG_PARAMETER_BYTES_MAX) {
      packed.push(`[${part.join(',')}]`);
      part = [];
      partBytes = 0;
    }
    part.push(json);
    partBytes += bytes;
  }
  if (part.length > 0) packed.push(`[${part.join(',')}]`);
  return packed;
}

/** `WHERE true`: without it SQLite reads ON CONFLICT as part of the SELECT. */
function insertFromJson(
  table: typeof deliveries | typeof attempts | typeof events,
  instead = new Map<string, SQL>(),
): SQL {
  const columns = Object.entries(getTableColumns(table));
  const names = columns.map(([, column]) => sql.identifier(column.name));
  const values = columns.map(([property]) => instead.get(property) ?? sql.raw(`value->>'${property}'`));
  return sql`INSERT INTO ${table} (${sql.join(names, sql`, `)}) SELECT ${sql.join(values, sql`, `)} FROM json_each(?) WHERE true`;
}

/**
 * What an event is never changes; `first…` and the erasure have rules of their own; the rest
 * follows the revision.
 */
const EVENT_FACTS = new Set(
  'account acceptedAtMs id endpoint eventId eventType record sequence version occurredAt firstAtMs firstAttempt erasedAtMs'.split(
    ' ',
  ),
);

function deliveriesStatement(): SQL {
  const newer = sql`excluded.revision > deliveries.revision`;
  const first = sql`(excluded.first_attempt IS NOT NULL AND (deliveries.first_attempt IS NULL
    OR (deliveries.first_attempt->>'$.error.kind' = 'lost' AND excluded.first_attempt->>'$.error.kind' IS NOT 'lost')))`;
  const set = Object.entries(getTableColumns(deliveries))
    .filter(([property]) => !EVENT_FACTS.has(property))
    .map(([, column]) => takeIf(newer, column.name));
  const erasing = sql`(excluded.erased_at_ms IS NOT NULL AND deliveries.erased_at_ms IS NULL)`;
  const erasedAtMs = sql`coalesce(deliveries.erased_at_ms, excluded.erased_at_ms)`;
  set.push(takeIf(first, 'first_at_ms'), sql`erased_at_ms = ${erasedAtMs}`);
  set.push(
    sql`first_attempt = CASE WHEN ${erasedAtMs} IS NULL THEN ${choice(first, 'first_attempt')}
      ELSE json_set(${choice(first, 'first_attempt')}, '$.responseHeaders', NULL, '$.responseBody', NULL) END`,
  );
  return sql`${insertFromJson(deliveries)} ON CONFLICT (account, accepted_at_ms, id)
    DO UPDATE SET ${sql.join(set, sql`, `)} WHERE ${newer} OR ${first} OR ${erasing}`;
}

function takeIf(condition: SQL, name: string): SQL {
  return sql`${sql.identifier(name)} = ${choice(condition, name)}`;
}

function choice(condition: SQL, name: string, table = 'deliveries'): SQL {
  const column = sql.identifier(name);
  return sql`CASE WHEN ${condition} THEN excluded.${column} ELSE ${sql.identifier(table)}.${column} END`;
}

/**
 * The row of an attempt's delivery is written before it, in the same transaction. What is erased
 * there has no answers here.
 */
function attemptsStatement(): SQL {
  const isErased = (account: string, acceptedAtMs: string, id: string) =>
    sql.raw(`EXISTS (SELECT 1 FROM deliveries AS d WHERE d.account = ${account}
      AND d.accepted_at_ms = ${acceptedAtMs} AND d.id = ${id} AND d.erased_at_ms IS NOT NULL)`);
  const isNewErased = isErased(`value->>'account'`, `value->>'acceptedAtMs'`, `value->>'delivery'`);
  const isKnownErased = isErased('attempts.account', 'attempts.accepted_at_ms', 'attempts.delivery');
  const unlessErased = (property: string): [string, SQL] => [
    property,
    sql`CASE WHEN ${isNewErased} THEN NULL ELSE ${sql.raw(`value->>'${property}'`)} END`,
  ];
  const truer = sql`(attempts.error_kind = 'lost' AND excluded.error_kind IS NOT 'lost')`;
  const erasing = sql`((attempts.response_headers IS NOT NULL OR attempts.response_body IS NOT NULL) AND ${isKnownErased})`;
  const set = [
    'status_code',
    'error_kind',
    'error_message',
    'latency_ms',
    'sent',
    'will_retry',
    'next_attempt_at_ms',
  ].map((name) => sql`${sql.identifier(name)} = ${choice(truer, name, 'attempts')}`);
  // Whichever it is, an erased one comes without them.
  set.push(sql`response_headers = excluded.response_headers, response_body = excluded.response_body`);
  const instead = new Map([unlessErased('responseHeaders'), unlessErased('responseBody')]);
  return sql`${insertFromJson(attempts, instead)} ON CONFLICT (account, at_ms, id) DO UPDATE SET ${sql.join(set, sql`, `)}
    WHERE ${truer} OR ${erasing}`;
}

const dialect = new SQLiteSyncDialect();
const INSERT_DELIVERIES = dialect.sqlToQuery(deliveriesStatement()).sql;
const INSERT_ATTEMPTS = dialect.sqlToQuery(attemptsStatement()).sql;
const INSERT_EVENTS = dialect.sqlToQuery(
  sql`${insertFromJson(events)} ON CONFLICT (account, accepted_at_ms, id) DO NOTHING`,
).sql;
