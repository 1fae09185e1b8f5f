import { expect, test } from 'vitest';
import type { AccountSettings } from '../../src/core/endpoint.ts';
import { ENDPOINTS_CACHED_BYTES_MAX, SETTINGS_FRESH_MS } from '../../src/core/limits.ts';
import { EndpointCache } from '../../src/lookup/endpoint-cache.ts';
import { anAccount, anEndpoint } from '../support/settings.ts';

const NOW = 1_790_000_000_000;

/** Answers with what of `now` is asked for; records the questions. */
function source(now: { settings: AccountSettings | null }) {
  const asked: string[] = [];
  const cache = new EndpointCache((_, ids) => {
    asked.push(ids.join('+'));
    const { settings } = now;
    const endpoints = settings?.endpoints.filter(({ id }) => ids.includes(id)) ?? [];
    return Promise.resolve(settings && { ...settings, endpoints });
  });
  return { cache, asked };
}

function account(revision: number, ids: string[], createdAtMs = 1): AccountSettings {
  return anAccount({ revision, createdAtMs, endpoints: ids.map((id) => anEndpoint({ id })) });
}

const idsOf = (settings: AccountSettings | null) => settings?.endpoints.map(({ id }) => id);

test('only what is asked for is read, and once while it is fresh; that there is none is known too', async () => {
  const { cache, asked } = source({ settings: account(3, ['a', 'b', 'c']) });
  expect(idsOf(await cache.get('acme', ['a', 'gone'], NOW))).toEqual(['a']);
  expect(idsOf(await cache.get('acme', ['gone', 'a', 'a'], NOW + SETTINGS_FRESH_MS - 1))).toEqual(['a']);
  expect(asked).toEqual(['a+gone']);
  await cache.get('acme', ['a'], NOW + SETTINGS_FRESH_MS);
  await cache.get('acme', ['a', 'b'], NOW + SETTINGS_FRESH_MS);
  expect(asked).toEqual(['a+gone', 'a', 'a+b']);
});

test('the revision is that of the oldest answer among them, and a newer one that is needed is read', async () => {
  const now = { settings: account(3, ['a', 'b']) };
  const { cache, asked } = source(now);
  await cache.get('acme', ['a'], NOW);
  now.settings = account(5, ['a', 'b']);
  await cache.get('acme', ['b'], NOW + 1);
  // Said to be of revision 5, a state of revision 3 would override what its Gate knows.
  expect((await cache.get('acme', ['a', 'b'], NOW + 2))?.revision).toBe(3);
  expect((await cache.get('acme', ['a', 'b'], NOW + 2, { minRevision: 4 }))?.revision).toBe(5);
  expect((await cache.get('acme', ['a'], NOW + 2, { isFresh: true }))?.revision).toBe(5);
  expect(asked).toEqual(['a', 'b', 'a+b', 'a']);
});

test('an account that was removed and made again is not mixed with the one before', async () => {
  const now: { settings: AccountSettings | null } = { settings: account(9, ['a', 'b']) };
  const { cache } = source(now);
  await cache.get('acme', ['a'], NOW);
  now.settings = account(2, ['b'], NOW);
  await cache.get('acme', ['b'], NOW + 1);
  expect(idsOf(await cache.get('acme', ['a', 'b'], NOW + 2))).toEqual(['b']);
  now.settings = null;
  expect(await cache.get('acme', ['a'], NOW + 3, { isFresh: true })).toBeNull();
});

test('it holds so many bytes and no more', async () => {
  const description = 'x'.repeat(ENDPOINTS_CACHED_BYTES_MAX / 4);
  const endpoints = ['a', 'b', 'c', 'd', 'e'].map((id) => anEndpoint({ id, description }));
  const { cache, asked } = source({ settings: anAccount({ endpoints }) });
  for (const id of ['a', 'b', 'c', 'd', 'e']) await cache.get('acme', [id], NOW);
  await cache.get('acme', ['e'], NOW);
  await cache.get('acme', ['a'], NOW);
  expect(asked).toEqual(['a', 'b', 'c', 'd', 'e', 'a']);
});
