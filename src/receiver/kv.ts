/**
 * Workers KV. Its weakness: KV has no "put if absent", and a location may read for 60 s what was
 * true before. So two copies at once, in two isolates, may both run the handler, and there is no
 * version guard and no memory of positions: use it only where doing the work twice does no harm. D1
 * and Durable Objects have neither weakness.
 */
import { LEASE_MS } from './leases.ts';
import type { Claim, Once, Store } from './store.ts';

/** The part of KVNamespace that the store uses. */
export interface KvLike {
  get(key: string): Promise<string | null>;
  put(key: string, value: string, options: { expirationTtl: number }): Promise<void>;
}

/** KV refuses less. */
const TTL_SECONDS_MIN = 60;
/** KV refuses longer keys. */
const KEY_BYTES_MAX = 512;
/** Names longer keys: 64 hexadecimal digits. */
const HASH = 'SHA-256';

export function kvStore(kv: KvLike, { prefix = 'tubepost:' }: { prefix?: string } = {}): Store<null> {
  /**
   * Until when copies count as running in this isolate. Not promises: a request that is cancelled
   * never settles its own, and nobody may wait for another request's.
   */
  const running = new Map<string, number>();

  async function keyOf(id: string): Promise<string> {
    const key = `${prefix}${id}`;
    const bytes = new TextEncoder().encode(key);
    if (bytes.length <= KEY_BYTES_MAX) return key;
    const hash = new Uint8Array(await crypto.subtle.digest(HASH, bytes));
    return `${prefix}${Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  }

  async function knows(id: string): Promise<boolean> {
    return (await kv.get(await keyOf(id))) !== null;
  }

  async function run({ ids, rememberMs }: Claim, work: (tx: null) => Promise<void>): Promise<Once> {
    if (await knows(ids[0])) return { kind: 'duplicate' };
    await work(null);
    const expirationTtl = Math.max(Math.ceil(rememberMs / 1000), TTL_SECONDS_MIN);
    for (const id of ids) await kv.put(await keyOf(id), '1', { expirationTtl });
    return { kind: 'done' };
  }

  async function once(claim: Claim, work: (tx: null) => Promise<void>): Promise<Once> {
    const [id] = claim.ids;
    const untilMs = running.get(id) ?? 0;
    if (untilMs > claim.nowMs) return { kind: 'busy', retryAfterMs: untilMs - claim.nowMs };
    running.set(id, claim.nowMs + LEASE_MS);
    try {
      return await run(claim, work);
    } finally {
      running.delete(id);
    }
  }

  return { guards: false, once, knows, positionOf: async () => null };
}
