/** K2 and K3 in the memory of one process. */
import { describe, expect, it } from 'vitest';
import { kvStore } from '../../../src/receiver/kv.ts';
import { memoryStore } from '../../../src/receiver/memory.ts';
import { cases, LEASE_MS, type Subject } from './conformance.ts';

function subject(): Subject<null> {
  let nowMs = 1_000_000;
  const written: string[] = [];
  return {
    store: memoryStore({
      leaseMs: LEASE_MS,
      waitMs: 100,
      sleep: () => new Promise((resolve) => setImmediate(resolve)),
    }),
    work: async (_tx, line) => void written.push(line),
    lines: async () => written,
    elapse: async (ms) => void (nowMs += ms),
    nowMs: () => nowMs,
  };
}

describe('the memory store', () => {
  // Its handlers' work is theirs: nothing of it is committed with the id, nor taken back.
  it.each(cases.filter(({ needs }) => !needs.includes('transaction') && !needs.includes('lease')))('$name', ({ run }) =>
    run(subject()),
  );

  it('gives way when a lease is over, and tells the slow one that it lost', async () => {
    const { store } = subject();
    const claim = (nowMs: number) => ({ ids: ['a'] as const, nowMs, rememberMs: 1_000, guard: null, position: null });
    const slow = Promise.withResolvers<void>();
    const lost = store.once(claim(0), () => slow.promise);
    expect(await store.once(claim(0), async () => undefined)).toEqual({ kind: 'busy', retryAfterMs: LEASE_MS - 100 });
    expect(await store.once(claim(LEASE_MS), async () => undefined)).toEqual({ kind: 'done' });
    slow.resolve();
    expect(await lost).toEqual({ kind: 'lost' });
  });

  it('forgets the oldest beyond its bound', async () => {
    const store = memoryStore({ entriesMax: 2 });
    const once = (id: string) =>
      store.once({ ids: [id], nowMs: 0, rememberMs: 1_000, guard: null, position: null }, async () => undefined);
    for (const id of ['a', 'b', 'c']) await once(id);
    expect([await store.knows('a', 1), await store.knows('b', 1), await store.knows('c', 1)]).toEqual([
      false,
      true,
      true,
    ]);
  });
});

describe('the KV store', () => {
  function kvSubject(): Subject<null> {
    const kept = new Map<string, string>();
    const kv = {
      get: async (key: string) => kept.get(key) ?? null,
      put: async (key: string, value: string, { expirationTtl }: { expirationTtl: number }) => {
        if (expirationTtl < 60 || new TextEncoder().encode(key).length > 512) throw new Error('KV refuses it');
        kept.set(key, value);
      },
    };
    return { ...subject(), store: kvStore(kv) };
  }

  it.each(cases.filter(({ needs }) => needs.length === 0))('$name', ({ run }) => run(kvSubject()));

  it('answers a second copy in the same isolate as busy, and knows no guard', async () => {
    const { store } = kvSubject();
    const claim = { ids: ['a'] as const, nowMs: 0, rememberMs: 1_000, guard: null, position: null };
    const slow = Promise.withResolvers<void>();
    const first = store.once(claim, () => slow.promise);
    expect(await store.once(claim, async () => undefined)).toEqual({ kind: 'busy', retryAfterMs: 60_000 });
    slow.resolve();
    expect(await first).toEqual({ kind: 'done' });
    expect([store.guards, await store.positionOf('a')]).toEqual([false, null]);
  });

  it('takes ids of any length', async () => {
    const { store } = kvSubject();
    const claim = { ids: ['x'.repeat(2_000)] as const, nowMs: 0, rememberMs: 1_000, guard: null, position: null };
    expect(await store.once(claim, async () => undefined)).toEqual({ kind: 'done' });
    expect(await store.once(claim, async () => undefined)).toEqual({ kind: 'duplicate' });
  });
});
