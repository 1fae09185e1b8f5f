import { describe, expect, it } from 'vitest';
import type { AccountSettings } from '../../src/core/endpoint.ts';
import {
  ENDPOINT_BYTES_ASSUMED,
  SETTINGS_CACHED_ACCOUNTS_MAX,
  SETTINGS_CACHED_BYTES_MAX,
  SETTINGS_FRESH_MS,
} from '../../src/core/limits.ts';
import { SettingsCache } from '../../src/lookup/settings.ts';
import { anAccount, anEndpoint } from '../support/settings.ts';

const NOW = 1_790_000_000_000;
const ENDPOINTS_MOST = SETTINGS_CACHED_BYTES_MAX / ENDPOINT_BYTES_ASSUMED;

/** Answers with what `now` holds at the moment of the read; records the reads. */
function fakeSource() {
  const now = new Map<string, AccountSettings>();
  const reads: string[] = [];
  return {
    now,
    reads,
    read(account: string): Promise<AccountSettings | null> {
      reads.push(account);
      return Promise.resolve(now.get(account) ?? null);
    },
  };
}

describe('settings cache', () => {
  it('reads once while fresh, and again when not', async () => {
    const source = fakeSource();
    source.now.set('a', settings('a', 1));
    const cache = new SettingsCache(source);
    expect(await cache.get('a', NOW)).toEqual({ settings: settings('a', 1), readAtMs: NOW });
    source.now.set('a', settings('a', 2));
    expect(await cache.get('a', NOW + SETTINGS_FRESH_MS - 1)).toMatchObject({
      settings: { revision: 1 },
      readAtMs: NOW,
    });
    expect(await cache.get('a', NOW + SETTINGS_FRESH_MS)).toMatchObject({ settings: { revision: 2 } });
    expect(source.reads).toEqual(['a', 'a']);
  });

  it('never remembers that an account is unknown, and forgets one that was erased', async () => {
    const source = fakeSource();
    const cache = new SettingsCache(source);
    expect(await cache.get('a', NOW)).toBeNull();
    source.now.set('a', settings('a', 1));
    expect(await cache.get('a', NOW)).toMatchObject({ settings: { revision: 1 } });
    source.now.delete('a');
    expect(await cache.fresh('a', NOW)).toBeNull();
    expect(await cache.get('a', NOW)).toBeNull();
    expect(source.reads).toHaveLength(4);
  });

  it('a revision above the remembered one is read; one at or below it is not', async () => {
    const source = fakeSource();
    source.now.set('a', settings('a', 5));
    const cache = new SettingsCache(source);
    await cache.get('a', NOW);
    await cache.get('a', NOW, { minRevision: 5 });
    expect(source.reads).toHaveLength(1);
    source.now.set('a', settings('a', 6));
    expect(await cache.get('a', NOW, { minRevision: 6 })).toMatchObject({ settings: { revision: 6 } });
    expect(source.reads).toHaveLength(2);
  });

  it('fresh reads although it remembers, and what it read is remembered', async () => {
    const source = fakeSource();
    source.now.set('a', settings('a', 1));
    const cache = new SettingsCache(source);
    await cache.get('a', NOW);
    source.now.set('a', settings('a', 2));
    expect(await cache.fresh('a', NOW + 1)).toMatchObject({ settings: { revision: 2 }, readAtMs: NOW + 1 });
    expect(await cache.get('a', NOW + 1)).toMatchObject({ settings: { revision: 2 } });
    expect(source.reads).toHaveLength(2);
  });

  it('asked twice at once, it reads twice and shares no promise', async () => {
    const answers: ((value: AccountSettings) => void)[] = [];
    const cache = new SettingsCache({ read: () => new Promise((resolve) => answers.push(resolve)) });
    const both = [cache.get('a', NOW), cache.get('a', NOW)];
    expect(answers).toHaveLength(2);
    for (const answer of answers) answer(settings('a', 1));
    const [first, second] = await Promise.all(both);
    expect(first).toEqual(second);
    expect(both[0]).not.toBe(both[1]);
  });

  it('a read that was overtaken does not take the place of the newer one', async () => {
    const answers: ((value: AccountSettings) => void)[] = [];
    const cache = new SettingsCache({ read: () => new Promise((resolve) => answers.push(resolve)) });
    const slow = cache.get('a', NOW);
    const quick = cache.get('a', NOW + 10);
    answers[1]?.(settings('a', 2));
    await quick;
    answers[0]?.(settings('a', 1));
    expect(await slow).toMatchObject({ settings: { revision: 1 } });
    expect(await cache.get('a', NOW + 20)).toMatchObject({ settings: { revision: 2 }, readAtMs: NOW + 10 });
  });

  it('an account that was erased and made again is remembered, although its revision is lower', async () => {
    const source = fakeSource();
    source.now.set('a', settings('a', 9));
    const cache = new SettingsCache(source);
    await cache.get('a', NOW);
    source.now.set('a', settings('a', 1));
    await cache.get('a', NOW + SETTINGS_FRESH_MS);
    await cache.get('a', NOW + SETTINGS_FRESH_MS);
    expect(source.reads).toHaveLength(2);
  });

  it('a clock set back makes what is remembered stale', async () => {
    const source = fakeSource();
    source.now.set('a', settings('a', 1));
    const cache = new SettingsCache(source);
    await cache.get('a', NOW);
    await cache.get('a', NOW - 60_000);
    expect(source.reads).toHaveLength(2);
  });

  it('an error of the source reaches the caller and is not remembered', async () => {
    const source = fakeSource();
    source.now.set('a', settings('a', 1));
    let isDown = true;
    const cache = new SettingsCache({
      read: (account) => (isDown ? Promise.reject(new Error('down')) : source.read(account)),
    });
    await expect(cache.get('a', NOW)).rejects.toThrow('down');
    isDown = false;
    expect(await cache.get('a', NOW)).not.toBeNull();
  });

  it('drops the account least recently used when it holds its most', async () => {
    const source = fakeSource();
    const names = Array.from({ length: SETTINGS_CACHED_ACCOUNTS_MAX + 1 }, (_, i) => `a${i}`);
    for (const name of names) source.now.set(name, settings(name, 1));
    const cache = new SettingsCache(source);
    for (const name of names.slice(0, -1)) await cache.get(name, NOW);
    await cache.get('a0', NOW);
    await cache.get(names.at(-1) ?? '', NOW);
    source.reads.length = 0;
    await cache.get('a0', NOW);
    expect(source.reads).toEqual([]);
    await cache.get('a1', NOW);
    expect(source.reads).toEqual(['a1']);
  });

  it('counts an account that is read again only once', async () => {
    const source = fakeSource();
    source.now.set('small', settings('small', 1, 1));
    source.now.set('large', settings('large', 1, ENDPOINTS_MOST - 1));
    const cache = new SettingsCache(source);
    await cache.get('small', NOW);
    for (let i = 0; i < 3; i++) await cache.fresh('large', NOW);
    source.reads.length = 0;
    await cache.get('small', NOW);
    expect(source.reads).toEqual([]);
  });

  it('drops others for a very large account, which itself stays', async () => {
    const source = fakeSource();
    source.now.set('small', settings('small', 1, 1));
    source.now.set('huge', settings('huge', 1, ENDPOINTS_MOST + 1));
    const cache = new SettingsCache(source);
    await cache.get('small', NOW);
    await cache.get('huge', NOW);
    await cache.get('huge', NOW);
    await cache.get('small', NOW);
    expect(source.reads).toEqual(['small', 'huge', 'small']);
    await cache.get('huge', NOW);
    expect(source.reads).toEqual(['small', 'huge', 'small', 'huge']);
  });
});

function settings(account: string, revision: number, endpoints = 0): AccountSettings {
  return anAccount({ account, revision, createdAtMs: NOW, endpoints: Array(endpoints).fill(anEndpoint()) });
}

describe('a source that can say "unchanged"', () => {
  it('is asked each time, and what it has not changed is not sent again', async () => {
    const calls: string[] = [];
    let now = settings('acme', 7);
    const cache = new SettingsCache({
      read: async (_, known) => {
        calls.push(known === null ? 'knows nothing' : `since ${known.revision}`);
        return known?.revision === now.revision ? 'unchanged' : now;
      },
    });
    expect((await cache.fresh('acme', 0))?.settings.revision).toBe(7);
    expect((await cache.fresh('acme', 1))?.settings.revision).toBe(7);
    now = settings('acme', 8);
    expect(await cache.fresh('acme', 2)).toEqual({ settings: now, readAtMs: 2 });
    expect(calls).toEqual(['knows nothing', 'since 7', 'since 7']);
  });

  it('what is unchanged counts as read now', async () => {
    const cache = new SettingsCache({ read: async (_, known) => (known === null ? settings('acme', 7) : 'unchanged') });
    await cache.fresh('acme', 0);
    await cache.fresh('acme', SETTINGS_FRESH_MS);
    expect(cache.remembered('acme', SETTINGS_FRESH_MS + 1)?.readAtMs).toBe(SETTINGS_FRESH_MS);
    expect(cache.remembered('acme', 2 * SETTINGS_FRESH_MS)).toBeNull();
  });

  it('counts the events of a publish, and none for anybody else; what it refuses changes nothing that is known', async () => {
    const exceeded = { reason: 'quota-exceeded' as const, eventsPerSecond: 5, retryAfterMs: 200 };
    const counted: number[] = [];
    const cache = new SettingsCache({
      read: async (_, known, events) => {
        counted.push(events);
        if (events > 5) return exceeded;
        return known === null ? settings('acme', 7) : 'unchanged';
      },
    });
    expect(await cache.forPublish('acme', NOW, 3)).toMatchObject({ ok: true, value: { settings: { revision: 7 } } });
    expect(await cache.forPublish('acme', NOW + 1, 6)).toEqual({ ok: false, error: exceeded });
    expect(await cache.get('acme', NOW + 2)).toMatchObject({ readAtMs: NOW });
    await cache.fresh('acme', NOW + 3);
    expect(counted).toEqual([3, 6, 0]);
  });
});

describe('a source that answers in parts', () => {
  const endpoint = (n: number, url = 'https://example.com/') => anEndpoint({ id: `ep_${n}`, url });
  const { endpoints: _, ...facts } = settings('acme', 7);

  it('is read until there is no more, and then asked what has changed meanwhile', async () => {
    const asked: string[] = [];
    const cache = new SettingsCache({
      read: async (__, known) => {
        asked.push(known === null ? 'all' : `since ${known.revision}`);
        if (known === null) return { kind: 'part', facts, bytes: 9, part: { endpoints: [endpoint(1)], next: 'ep_1' } };
        const changed = [endpoint(1, 'https://changed.example.com/'), endpoint(4)];
        return { kind: 'changes', facts: { ...facts, revision: 9 }, bytes: 9, endpoints: changed, removed: ['ep_2'] };
      },
      part: async (__, after) => {
        asked.push(`after ${after}`);
        return after === 'ep_1' ? { endpoints: [endpoint(2)], next: 'ep_2' } : { endpoints: [endpoint(3)], next: null };
      },
    });
    const read = await cache.fresh('acme', NOW);
    expect(read?.settings.revision).toBe(9);
    expect(read?.settings.endpoints.map(({ id, url }) => `${id} ${url}`)).toEqual([
      'ep_1 https://changed.example.com/',
      'ep_3 https://example.com/',
      'ep_4 https://example.com/',
    ]);
    expect(asked).toEqual(['all', 'after ep_1', 'after ep_2', 'since 7']);
  });

  it('that never holds still is given up, and nothing of it is remembered', async () => {
    let revision = 0;
    const cache = new SettingsCache({
      read: async () => ({
        kind: 'part',
        facts: { ...facts, revision: (revision += 1) },
        bytes: 9,
        part: { endpoints: [endpoint(1)], next: 'ep_1' },
      }),
      part: async () => ({ endpoints: [], next: null }),
    });
    await expect(cache.fresh('acme', NOW)).rejects.toThrow('kept changing');
    expect(cache.remembered('acme', NOW)).toBeNull();
  });

  it('an account that is removed meanwhile is none', async () => {
    const cache = new SettingsCache({
      read: async () => ({ kind: 'part', facts, bytes: 9, part: { endpoints: [endpoint(1)], next: 'ep_1' } }),
      part: async () => null,
    });
    expect(await cache.fresh('acme', NOW)).toBeNull();
  });
});
