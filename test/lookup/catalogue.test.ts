/** What an isolate remembers of the catalogue, and for how long it may stand in for it. */
import { expect, test } from 'vitest';
import type { CatalogueIndex, EventTypeDetail, EventTypePolicy } from '../../src/core/event-type.ts';
import { CATALOGUE_FRESH_MS, CATALOGUE_STANDS_IN_MS } from '../../src/core/limits.ts';
import { CatalogueCache } from '../../src/lookup/catalogue.ts';

const NOW_MS = 1_000_000;

function policy(name: string, revision: number): EventTypePolicy {
  return {
    ...{ name, revision, strict: true, retryWindowSeconds: null, expireAfterSeconds: null },
    ...{ latestGroup: null, latestOnly: false, dataVersion: '1', archived: false, versionCount: 1 },
  };
}

class Source {
  revision = 1;
  isDown = false;
  asked: string[] = [];

  async indexSince(known: number | null): Promise<CatalogueIndex | 'unchanged'> {
    this.asked.push(`index ${known}`);
    if (this.isDown) throw new Error('down');
    return known === this.revision ? 'unchanged' : { revision: this.revision, types: [policy('a', this.revision)] };
  }

  async detail(name: string): Promise<EventTypeDetail | null> {
    this.asked.push(`detail ${name}`);
    const { versionCount: _, ...facts } = policy(name, this.revision);
    const times = { createdAtMs: 0, updatedAtMs: 0 };
    const versions = [{ version: '1', schemaJson: '{"type":"object"}', ...times }];
    return { type: { ...facts, ...times, description: '', exampleJson: null }, versions };
  }
}

test('asks again only once what it knows is too old, and then only what changed', async () => {
  const source = new Source();
  const cache = new CatalogueCache(source);
  await cache.get(NOW_MS);
  await cache.get(NOW_MS + CATALOGUE_FRESH_MS - 1);
  expect(source.asked).toEqual(['index null']);
  const { types } = await cache.get(NOW_MS + CATALOGUE_FRESH_MS);
  expect([source.asked[1], types.get('a')?.strict]).toEqual(['index 1', true]);
  source.revision = 2;
  expect((await cache.fresh(NOW_MS + CATALOGUE_FRESH_MS)).revision).toBe(2);
});

test('serves for a Catalogue that does not answer, for a while, and never for what must be fresh', async () => {
  const source = new Source();
  const cache = new CatalogueCache(source);
  await cache.get(NOW_MS);
  source.isDown = true;
  expect((await cache.get(NOW_MS + CATALOGUE_STANDS_IN_MS - 1)).revision).toBe(1);
  await expect(cache.fresh(NOW_MS)).rejects.toThrow('down');
  await expect(cache.get(NOW_MS + CATALOGUE_STANDS_IN_MS)).rejects.toThrow('down');
  // A clock that was set back makes it stale, not eternal.
  await expect(cache.get(NOW_MS - 1)).rejects.toThrow('down');
});

test('knows nothing before it has asked', async () => {
  const source = new Source();
  source.isDown = true;
  await expect(new CatalogueCache(source).get(NOW_MS)).rejects.toThrow('down');
});

test('reads the schemas of a type once for each of its changes', async () => {
  const source = new Source();
  const cache = new CatalogueCache(source);
  await cache.schemasOf(policy('a', 1));
  const schemas = await cache.schemasOf(policy('a', 1));
  expect([source.asked, schemas.get('1')]).toEqual([['detail a'], { type: 'object' }]);
  source.revision = 2;
  await cache.schemasOf(policy('a', 2));
  expect(source.asked).toHaveLength(2);
});

test('an answer that comes late does not take the place of a newer one', async () => {
  const source = new Source();
  const cache = new CatalogueCache(source);
  const { promise, resolve } = Promise.withResolvers<CatalogueIndex>();
  source.indexSince = () => promise;
  const late = cache.fresh(NOW_MS);
  source.indexSince = async () => ({ revision: 3, types: [] });
  await cache.fresh(NOW_MS);
  resolve({ revision: 2, types: [] });
  await late;
  expect((await cache.get(NOW_MS)).revision).toBe(3);
});
