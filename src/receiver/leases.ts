/**
 * A store that cannot hold a transaction open while the handler works: it claims the id (and the
 * key of the guard) for a while under a token, lets the handler work, and commits under the same
 * token.
 *     claim ── duplicate · stale · busy ──▶ answered
 *       │
 *     claimed ── work throws ──▶ release: the next copy runs at once
 *       │   └─── process dies ─▶ the lease runs out: a later copy runs
 *     commit ── done · lost
 */
import type { Claim, Once, Store } from './store.ts';

/**
 * Longer than a sender waits for an answer (30 s at most), so that a handler that was given up on
 * is still alone.
 */
export const LEASE_MS = 60_000;
/** How long a copy waits for the one that runs before it answers `busy`. */
const WAIT_MS = 3_000;
/** Between two looks at a lease that another holds. */
const LOOK_MS = 100;

export type Claimed =
  { kind: 'claimed' } | { kind: 'duplicate' } | { kind: 'stale'; version: number } | { kind: 'busy'; leaseMs: number };

export interface Leases<Tx> {
  begin(): Tx;
  /** In one atomic step. With the same token it may be called again. */
  claim(claim: Claim, token: string, leaseMs: number): Promise<Claimed>;
  /**
   * Writes the handler's work and remembers it, in one atomic step. False: another one holds the
   * lease, nothing is written.
   */
  commit(claim: Claim, token: string, tx: Tx): Promise<boolean>;
  release(claim: Claim, token: string): Promise<void>;
  knows(id: string, nowMs: number): Promise<boolean>;
  positionOf(key: string): Promise<number | null>;
}

export type LeaseOptions = {
  /** A handler must end within it; 60,000 unless set. */
  leaseMs?: number;
  /** 3,000 unless set. */
  waitMs?: number;
  /** Set by tests. */
  sleep?: (ms: number) => Promise<void>;
};

export function leasedStore<Tx>(leases: Leases<Tx>, options: LeaseOptions = {}): Store<Tx> {
  const { leaseMs = LEASE_MS, waitMs = WAIT_MS, sleep = wait } = options;

  async function claimed(claim: Claim, token: string): Promise<Claimed> {
    for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
      const answer = await leases.claim({ ...claim, nowMs: claim.nowMs + waitedMs }, token, leaseMs);
      if (answer.kind !== 'busy' || waitedMs >= waitMs) return answer;
      await sleep(LOOK_MS);
    }
  }

  async function once(claim: Claim, work: (tx: Tx) => Promise<void>): Promise<Once> {
    const token = crypto.randomUUID();
    const answer = await claimed(claim, token);
    if (answer.kind === 'busy') return { kind: 'busy', retryAfterMs: answer.leaseMs };
    if (answer.kind !== 'claimed') return answer;
    const tx = leases.begin();
    try {
      await work(tx);
    } catch (error) {
      // Where the release fails too, the lease runs out by itself; the handler's own failure is
      // what must be known.
      await leases.release(claim, token).catch(() => undefined);
      throw error;
    }
    return { kind: (await leases.commit(claim, token, tx)) ? 'done' : 'lost' };
  }

  return {
    guards: true,
    once,
    knows: (id, nowMs) => leases.knows(id, nowMs),
    positionOf: (key) => leases.positionOf(key),
  };
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
