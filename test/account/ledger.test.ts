/**
 * The Account's protocol over SQL, on node:sqlite: what a caller that knows a revision is told, and
 * the budget of bytes.
 */
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { AccountLedger } from '../../src/account/ledger.ts';
import { BY_RECEIVER } from '../../src/core/audit.ts';
import type { AccountSettings } from '../../src/core/endpoint.ts';
import { SETTINGS_BYTES_MAX, SETTINGS_PART_BYTES } from '../../src/core/limits.ts';
import { applied } from '../../src/core/settings-changes.ts';
import { sqlOf } from '../shard/bench.ts';
import { anEndpoint } from '../support/settings.ts';

const NOW_MS = 1_000;
let database: DatabaseSync;
let ledger: AccountLedger;

beforeEach(() => {
  database = new DatabaseSync(':memory:');
  ledger = anew();
  ledger.put({}, 'test', NOW_MS, 'a'.repeat(12));
});

function anew(): AccountLedger {
  return new AccountLedger(sqlOf(database, { failsNext: false }), 'acme');
}

const create = (id: string, description = '') =>
  ledger.createEndpoint(anEndpoint({ id, description, schemaVersions: {} }), 'test', NOW_MS);
const large = 'x'.repeat(64 * 1024);

/** As an isolate: what it knew, brought up to now. */
function read(known: AccountSettings | null): AccountSettings | null {
  const { revision = 0, createdAtMs = 0 } = known ?? {};
  const answer = ledger.changesSince({ revision, createdAtMs });
  if (answer === null) return null;
  if (answer.kind === 'changes') return known && applied(known, answer);
  const endpoints = [...answer.part.endpoints];
  for (let { next } = answer.part; next !== null;) {
    const more = ledger.part(next);
    endpoints.push(...(more?.endpoints ?? []));
    next = more?.next ?? null;
  }
  return { ...answer.facts, endpoints };
}

const byId = (settings: AccountSettings | null) =>
  settings && { ...settings, endpoints: settings.endpoints.toSorted((a, b) => (a.id < b.id ? -1 : 1)) };

test('whatever changes, a caller that knows any revision gets to the truth', () => {
  const step = fc.record({
    act: fc.constantFrom('create', 'change', 'watch', 'remove', 'restart', 'rename', 'read', 'read'),
    id: fc.constantFrom('a', 'b', 'c'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      database = new DatabaseSync(':memory:');
      ledger = anew();
      ledger.put({}, 'test', NOW_MS, 'a'.repeat(12));
      let known: AccountSettings | null = null;
      for (const [n, { act, id: of }] of steps.entries()) {
        if (act === 'create') create(of);
        if (act === 'change') ledger.changeEndpoint(of, { description: `${n}` }, 'test', n);
        if (act === 'watch') ledger.watchEndpoint(of, n % 2 === 0);
        if (act === 'remove') ledger.removeEndpoint(of, 'test', n);
        if (act === 'restart') ledger = anew();
        if (act === 'rename') ledger.put({ name: `${n}` }, 'test', n, 'a'.repeat(12));
        if (act === 'read') known = read(known);
        expect(byId(read(known))).toEqual(byId(ledger.settings()));
      }
    }),
  );
});

test('who knows a revision is sent what changed since, and not the other endpoints', () => {
  for (let n = 0; n < 100; n += 1) create(`ep_${n}`);
  const known = ledger.settings();
  ledger.changeEndpoint('ep_7', { description: 'changed' }, 'test', NOW_MS);
  ledger.removeEndpoint('ep_8', 'test', NOW_MS);
  const answer = ledger.changesSince({ revision: known?.revision ?? 0, createdAtMs: NOW_MS });
  expect(answer).toMatchObject({ kind: 'changes', removed: ['ep_8'], endpoints: [{ id: 'ep_7' }] });
});

test('all of it comes in parts that are small enough for a call', () => {
  const count = Math.ceil((2.5 * SETTINGS_PART_BYTES) / large.length);
  for (let n = 0; n < count; n += 1) create(`ep_${String(n).padStart(4, '0')}`, large);
  const first = ledger.changesSince({ revision: 0, createdAtMs: 0 });
  expect(first?.kind === 'part' && JSON.stringify(first.part).length).toBeLessThan(1.1 * SETTINGS_PART_BYTES);
  expect(read(null)?.endpoints).toHaveLength(count);
});

test('what would pass the budget of bytes is refused before anything is stored; what shrinks never is', () => {
  let n = 0;
  while (create(`ep_${n}`, large).ok) n += 1;
  expect(n).toBe(
    Math.floor(
      SETTINGS_BYTES_MAX / (large.length + JSON.stringify(anEndpoint({ id: 'ep_000', schemaVersions: {} })).length),
    ),
  );
  const before = ledger.settings();
  const rows = database.prepare('SELECT count(*) AS n FROM outbox').get();
  expect(create('ep_more', large)).toMatchObject({
    ok: false,
    error: { reason: 'settings-full', most: SETTINGS_BYTES_MAX },
  });
  expect(ledger.changeEndpoint('ep_1', { description: large + large }, 'test', NOW_MS)).toMatchObject({
    ok: false,
    error: { reason: 'settings-full' },
  });
  expect([ledger.settings(), database.prepare('SELECT count(*) AS n FROM outbox').get()]).toEqual([before, rows]);
  expect(anew().settings()?.endpoints).toHaveLength(n);
  expect(create('ep_small').ok).toBe(true);
  expect(ledger.changeEndpoint('ep_1', { description: '' }, 'test', NOW_MS).ok).toBe(true);
  expect(create('ep_more', large.slice(2_000)).ok).toBe(true);
  // A receiver that asks to be disabled is heard, also where the reason takes more bytes.
  const statusReason = 'x'.repeat(40_000);
  expect(ledger.changeEndpoint('ep_2', { status: 'disabled', statusReason }, 'test', NOW_MS).ok).toBe(false);
  ledger.disableEndpoint('ep_2', statusReason, 1e9, BY_RECEIVER, NOW_MS);
  expect(ledger.settingsOf(['ep_2'])?.endpoints[0]?.status).toBe('disabled');
});
