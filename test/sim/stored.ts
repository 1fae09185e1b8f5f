/**
 * Reads a record's rows as they are, past the code under test: follow src/shard/tables.ts when its
 * tables change.
 */
import { type KeptFacts, keptList, parseFacts } from '../../src/shard/stored.ts';
import type { StoredDelivery } from '../support/invariants.ts';
import type { ObjectStorage } from './sqlite.ts';

export type StoredEvent = { raw: string; facts: KeptFacts; deliveries: StoredDelivery[] };

/**
 * Every event of a record; those whose row is the same text as in `before` are the same objects.
 */
export function readStored(
  storage: ObjectStorage,
  record: string,
  before: ReadonlyMap<number, StoredEvent>,
): Map<number, StoredEvent> {
  const stored = new Map<number, StoredEvent>();
  if (!hasTables(storage)) return stored;
  const wide = new Map<number, string[]>();
  for (const row of storage.query(
    'SELECT sequence, packed FROM wide WHERE record = ? AND chunk > 0 ORDER BY sequence, chunk',
    record,
  )) {
    const sequence = Number(row['sequence']);
    wide.set(sequence, [...(wide.get(sequence) ?? []), String(row['packed'])]);
  }
  for (const row of storage.query(
    'SELECT sequence, accepted_ms, facts, deliveries FROM event WHERE record = ? ORDER BY sequence',
    record,
  )) {
    const sequence = Number(row['sequence']);
    const chunks = [String(row['deliveries']), ...(wide.get(sequence) ?? [])];
    const raw = [String(row['facts']), ...chunks].join('\n');
    const known = before.get(sequence);
    stored.set(sequence, known?.raw === raw ? known : parse(raw, row, chunks));
  }
  return stored;
}

/** Whether anything but retention is waited for: a start would look at these. */
export function isAnythingDue(storage: ObjectStorage): boolean {
  return hasTables(storage) && storage.query('SELECT 1 FROM due LIMIT 1').length > 0;
}

/** Its tombstone is there, and no event. */
export function isRemoved(storage: ObjectStorage): boolean {
  if (!hasTables(storage)) return false;
  return (
    storage.query(`SELECT 1 FROM shard WHERE name = 'removed'`).length > 0 &&
    storage.query('SELECT 1 FROM event LIMIT 1').length === 0
  );
}

function hasTables(storage: ObjectStorage): boolean {
  return storage.query(`SELECT 1 FROM sqlite_master WHERE name = 'event'`).length > 0;
}

function parse(raw: string, row: Record<string, unknown>, chunks: string[]): StoredEvent {
  const columns = { sequence: Number(row['sequence']), acceptedAtMs: Number(row['accepted_ms']) };
  const facts = parseFacts(String(row['facts']), columns);
  const kept = chunks.flatMap((chunk) => keptList.parse(JSON.parse(chunk)));
  const { sequence, type, version, latestGroup, latestOnly, expiresAtMs } = facts;
  const of = { sequence, type, version, latestGroup, latestOnly, expiresAtMs };
  return { raw, facts, deliveries: kept.map(({ delivery }) => ({ ...of, delivery })) };
}

/** Rows that keep anything of an event's payload, or of an answer that may echo it. */
export function payloadRows(storage: ObjectStorage, record: string, sequence: number): number {
  const count = (table: string, condition: string) =>
    storage.query(`SELECT 1 FROM ${table} WHERE record = ? AND sequence = ? AND (${condition})`, record, sequence)
      .length;
  const answered = (column: string) => `${column} LIKE '%"responseBody":"%' OR ${column} LIKE '%"responseHeaders":{%'`;
  return (
    count('event', `body IS NOT NULL OR ${answered('deliveries')}`) +
    count('wide', answered('packed')) +
    count('form', 'true') +
    count('attempt', `facts->>'$.responseBody' IS NOT NULL OR facts->>'$.responseHeaders' IS NOT NULL`)
  );
}

export function keyOf({ sequence, delivery }: StoredDelivery): string {
  return `${sequence}/${delivery.endpoint}/${delivery.replay}`;
}
