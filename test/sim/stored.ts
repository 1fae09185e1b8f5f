/** Reads a Record's rows as they are, past the code under test: follow src/record/rows.ts when its tables change. */
import type { Kept, KeptFacts } from '../../src/record/stored.ts';
import type { StoredDelivery } from '../support/invariants.ts';
import type { ObjectStorage } from './sqlite.ts';

export type StoredEvent = { raw: string; facts: KeptFacts; deliveries: StoredDelivery[] };

/** Every event; those whose row is the same text as in `before` are the same objects. */
export function readStored(storage: ObjectStorage, before: ReadonlyMap<number, StoredEvent>): Map<number, StoredEvent> {
  const tables = new Set(
    storage.query(`SELECT name FROM sqlite_master WHERE type = 'table'`).map((row) => String(row['name'])),
  );
  const stored = new Map<number, StoredEvent>();
  if (!tables.has('event')) return stored;
  const wide = new Map<number, string[]>();
  if (tables.has('wide')) {
    for (const row of storage.query('SELECT sequence, deliveries FROM wide ORDER BY sequence, chunk')) {
      const sequence = Number(row['sequence']);
      wide.set(sequence, [...(wide.get(sequence) ?? []), String(row['deliveries'])]);
    }
  }
  for (const row of storage.query('SELECT sequence, facts, deliveries FROM event ORDER BY sequence')) {
    const sequence = Number(row['sequence']);
    const chunks = [String(row['deliveries']), ...(wide.get(sequence) ?? [])];
    const raw = [String(row['facts']), ...chunks].join('\n');
    const known = before.get(sequence);
    stored.set(sequence, known?.raw === raw ? known : parse(raw, String(row['facts']), chunks));
  }
  return stored;
}

// The rows are what the code under test wrote: a shape that it could not read back would fail there.
function parse(raw: string, factsJson: string, chunks: string[]): StoredEvent {
  const facts = JSON.parse(factsJson) as KeptFacts;
  const kept = chunks.flatMap((chunk) => JSON.parse(chunk) as Kept[]);
  const { sequence, type, version, latestGroup, latestOnly, expiresAtMs } = facts;
  const of = { sequence, type, version, latestGroup, latestOnly, expiresAtMs };
  return { raw, facts, deliveries: kept.map(({ delivery }) => ({ ...of, delivery })) };
}

/** Rows that keep anything of an event's payload, or of an answer that may echo it. */
export function payloadRows(storage: ObjectStorage, sequence: number): number {
  const tables = new Set(
    storage.query(`SELECT name FROM sqlite_master WHERE type = 'table'`).map((row) => String(row['name'])),
  );
  const count = (table: string, condition: string) =>
    tables.has(table)
      ? storage.query(`SELECT 1 FROM ${table} WHERE sequence = ? AND (${condition})`, sequence).length
      : 0;
  const answered = `deliveries LIKE '%"responseBody":"%' OR deliveries LIKE '%"responseHeaders":{%'`;
  return (
    count('event', `body IS NOT NULL OR ${answered}`) +
    count('wide', answered) +
    count('form', 'true') +
    count('attempt', `facts->>'$.responseBody' IS NOT NULL OR facts->>'$.responseHeaders' IS NOT NULL`)
  );
}

export function keyOf({ sequence, delivery }: StoredDelivery): string {
  return `${sequence}/${delivery.endpoint}/${delivery.replay}`;
}
