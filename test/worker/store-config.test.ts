import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import type { AccountSettings, EndpointSettings } from '../../src/core/endpoint.ts';
import { listAccounts, upsertAccount } from '../../src/store/config/accounts.ts';
import { listEndpoints, removeEndpoint, upsertEndpoint } from '../../src/store/config/endpoints.ts';
import type { EndpointFilter } from '../../src/store/config/endpoints.ts';
import { endpointOf } from '../support/log.ts';
import { anAccount, anEndpoint } from '../support/settings.ts';

const db = env.CONFIG;

const account = (name: string, given: Partial<AccountSettings> = {}): AccountSettings =>
  anAccount({ account: name, createdAtMs: 1_000, ...given });

const endpoint = (n: number, given: Partial<EndpointSettings> = {}): EndpointSettings =>
  anEndpoint({
    id: endpointOf(n),
    url: `https://example.com/${n}`,
    eventTypes: ['ticket.*'],
    headerNames: ['authorization'],
    headers: { key: 'k1', sealed: 'SEALED' },
    secrets: [{ id: 's', kind: 'hmac', secret: { key: 'k1', sealed: 'SEALED' }, createdAtMs: 1, expiresAtMs: null }],
    ...given,
  });

const urls = async (filter: EndpointFilter, cursor: string | null = null, limit = 50) => {
  const result = await listEndpoints(db, filter, { limit, cursor });
  if (!result.ok) throw new Error(result.error.message);
  return { urls: result.value.data.map(({ url }) => url), next: result.value.next };
};

test('accounts: newest first, in pages; an older revision that comes late changes nothing', async () => {
  await upsertAccount(db, account('a', { createdAtMs: 1 }));
  await upsertAccount(db, account('b', { createdAtMs: 2, revision: 5, name: 'new' }));
  await upsertAccount(db, account('c', { createdAtMs: 2 }));
  await upsertAccount(db, account('b', { createdAtMs: 2, revision: 4, name: 'old' }));
  const first = await listAccounts(db, { limit: 2, cursor: null });
  if (!first.ok) throw new Error(first.error.message);
  expect(first.value.data.map(({ name }) => name)).toEqual(['c', 'new']);
  const second = await listAccounts(db, { limit: 2, cursor: first.value.next });
  expect(second).toMatchObject({ ok: true, value: { data: [{ account: 'a' }], next: null } });
  expect(await listAccounts(db, { limit: 2, cursor: 'x' })).toMatchObject({ ok: false, error: { field: 'cursor' } });
});

test('endpoints: newest first across accounts, filtered, in pages', async () => {
  await upsertEndpoint(db, 'x', 1, endpoint(1));
  await upsertEndpoint(db, 'y', 1, endpoint(2, { status: 'paused' }));
  await upsertEndpoint(db, 'x', 2, endpoint(3));
  const filter = { account: ['x', 'y'] };
  const first = await urls(filter, null, 2);
  expect(first.urls).toEqual(['https://example.com/3', 'https://example.com/2']);
  expect((await urls(filter, first.next, 2)).urls).toEqual(['https://example.com/1']);
  expect((await urls({ account: ['x'] })).urls).toEqual(['https://example.com/3', 'https://example.com/1']);
  expect((await urls({ ...filter, status: ['paused'] })).urls).toEqual(['https://example.com/2']);
});

test('a removed endpoint stays away, also when an older change of it arrives late', async () => {
  const filter = { account: ['z'] };
  await upsertEndpoint(db, 'z', 1, endpoint(1));
  await removeEndpoint(db, 'z', 3, endpointOf(1));
  await upsertEndpoint(db, 'z', 2, endpoint(1, { url: 'https://late.example' }));
  await removeEndpoint(db, 'z', 5, endpointOf(2));
  await upsertEndpoint(db, 'z', 4, endpoint(2));
  expect((await urls(filter)).urls).toEqual([]);

  await upsertEndpoint(db, 'z', 6, endpoint(3));
  await removeEndpoint(db, 'z', 5, endpointOf(3));
  expect((await urls(filter)).urls).toEqual(['https://example.com/3']);
});

test('nothing sealed reaches the projection', async () => {
  await upsertEndpoint(db, 'w', 1, endpoint(9));
  const { results } = await db.prepare('SELECT * FROM endpoints').all();
  expect(JSON.stringify(results)).not.toMatch(/SEALED|authorization/);
});
