/** The Catalogue's protocol over SQL, on node:sqlite. */
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, expect, test } from 'vitest';
import { CatalogueLedger } from '../../src/catalogue/ledger.ts';
import { EVENT_TYPES_MAX, SCHEMA_VERSIONS_MAX } from '../../src/core/limits.ts';
import { sqlOf } from '../shard/bench.ts';

const NOW_MS = 1_000;
const schema = (properties: object) => JSON.stringify({ type: 'object', properties });
const A = schema({ a: { type: 'string' } });
const B = schema({ b: { type: 'string' } });

let database: DatabaseSync;
let faults: { failsNext: boolean };
let ledger: CatalogueLedger;

beforeEach(() => {
  database = new DatabaseSync(':memory:');
  faults = { failsNext: false };
  ledger = new CatalogueLedger(sqlOf(database, faults));
});

const tables = () => database.prepare(`SELECT name FROM sqlite_master WHERE type = 'table'`).all().length;

test('reading a catalogue that nobody uses writes nothing', () => {
  expect([ledger.revision, ledger.index().types, ledger.types(), ledger.detail('a')]).toEqual([0, [], [], null]);
  expect(tables()).toBe(0);
});

test('a change that changes nothing keeps the revision, so that no isolate reads it again', () => {
  ledger.put('a', { description: 'x', schemaJson: A }, NOW_MS);
  const { revision } = ledger;
  expect(ledger.put('a', { description: 'x', schemaJson: A }, NOW_MS + 1)).toMatchObject({
    ok: true,
    value: { created: false },
  });
  expect(ledger.revision).toBe(revision);
  ledger.put('a', { strict: true }, NOW_MS);
  expect(ledger.revision).toBe(revision + 1);
});

test('a change whose turn fails leaves everything as it was', () => {
  ledger.put('a', { schemaJson: A }, NOW_MS);
  faults.failsNext = true;
  expect(() => ledger.putVersion('a', '2', { schemaJson: B }, NOW_MS)).toThrow('the disk is full');
  expect(ledger.detail('a')?.versions.length).toBe(1);
  expect(ledger.putVersion('a', '2', { schemaJson: B }, NOW_MS)).toMatchObject({ ok: true, value: { created: true } });
});

test('another instance reads from the rows what this one knew', () => {
  ledger.put('a', { schemaJson: A, strict: true, expireAfterSeconds: 5 }, NOW_MS);
  ledger.putVersion('a', '2', { schemaJson: B }, NOW_MS);
  const again = new CatalogueLedger(sqlOf(database));
  expect(again.index()).toEqual(ledger.index());
  expect(again.index().types).toEqual([
    expect.objectContaining({ name: 'a', strict: true, expireAfterSeconds: 5, dataVersion: '1', versionCount: 2 }),
  ]);
});

test.each([
  ['a breaking change', () => ledger.put('a', { schemaJson: B }, NOW_MS), 'breaking'],
  ['a breaking change of an older version', () => ledger.putVersion('a', '1', { schemaJson: B }, NOW_MS), 'breaking'],
  ['a version that leaves a gap', () => ledger.putVersion('a', '4', { schemaJson: B }, NOW_MS), 'not-next'],
  ['a version of an unknown type', () => ledger.putVersion('z', '1', { schemaJson: B }, NOW_MS), 'not-found'],
  ['a dataVersion that is not there', () => ledger.put('a', { dataVersion: '3' }, NOW_MS), 'unknown-version'],
  ['strictness without a schema', () => ledger.put('z', { strict: true }, NOW_MS), 'no-schema'],
])('%s is refused', (_what, change, reason) => {
  ledger.put('a', { schemaJson: A }, NOW_MS);
  ledger.putVersion('a', '2', { schemaJson: JSON.stringify({}) }, NOW_MS);
  expect(change()).toMatchObject({ ok: false, error: { reason } });
});

test('a catalogue and a type have a most', () => {
  for (let n = 0; n < EVENT_TYPES_MAX; n += 1) ledger.put(`t${n}`, {}, NOW_MS);
  expect(ledger.put('one.more', {}, NOW_MS)).toMatchObject({
    ok: false,
    error: { reason: 'full', most: EVENT_TYPES_MAX },
  });
  expect(ledger.put('t1', { archived: true }, NOW_MS).ok).toBe(true);
  for (let n = 1; n <= SCHEMA_VERSIONS_MAX; n += 1) {
    expect(ledger.putVersion('t0', String(n), { schemaJson: n % 2 ? A : B }, NOW_MS).ok).toBe(true);
  }
  const next = String(SCHEMA_VERSIONS_MAX + 1);
  expect(ledger.putVersion('t0', next, { schemaJson: A }, NOW_MS)).toMatchObject({
    error: { reason: 'versions-full' },
  });
});
