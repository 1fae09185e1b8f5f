/**
 * A store in the memory of one process: for tests, for one process whose work may be done again
 * after a restart, and to begin with. What it knows is gone with the process.
 */
import { type Claimed, type LeaseOptions, type Leases, leasedStore } from './leases.ts';
import type { Claim, Store } from './store.ts';

/** Some 100 bytes each. Beyond it the oldest are forgotten early. */
const ENTRIES_MAX = 100_000;

type Held = { token: string; untilMs: number };
/** `token` null: done. */
type Seen = { token: string | null; untilMs: number };

export type MemoryOptions = LeaseOptions & { entriesMax?: number };

export function memoryStore({ entriesMax = ENTRIES_MAX, ...options }: MemoryOptions = {}): Store<null> {
  return leasedStore(new MemoryLeases(entriesMax), options);
}

class MemoryLeases implements Leases<null> {
  readonly #seen = new Map<string, Seen>();
  readonly #locks = new Map<string, Held>();
  readonly #versions = new Map<string, number>();
  readonly #positions = new Map<string, number>();
  readonly #entriesMax: number;

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  begin(): null {
    return null;
  }

  async claim(claim: Claim, token: string, leaseMs: number): Promise<Claimed> {
    const { ids, nowMs, guard } = claim;
    const untilMs = nowMs + leaseMs;
    const seen = this.#liveSeen(ids[0], nowMs);
    if (seen?.token === null) return { kind: 'duplicate' };
    if (seen !== null && seen.token !== token) return { kind: 'busy', leaseMs: seen.untilMs - nowMs };
    if (guard !== null) {
      const lock = this.#locks.get(guard.key);
      if (lock !== undefined && lock.token !== token && lock.untilMs > nowMs) {
        return { kind: 'busy', leaseMs: lock.untilMs - nowMs };
      }
      const version = this.#versions.get(guard.key);
      if (version !== undefined && version > guard.version) {
        this.#remember(claim);
        return { kind: 'stale', version };
      }
      this.#locks.set(guard.key, { token, untilMs });
    }
    this.#set(this.#seen, ids[0], { token, untilMs });
    return { kind: 'claimed' };
  }

  async commit(claim: Claim, token: string): Promise<boolean> {
    const { ids, guard } = claim;
    const holdsLock = guard === null || this.#locks.get(guard.key)?.token === token;
    if (this.#seen.get(ids[0])?.token !== token || !holdsLock) return false;
    if (guard !== null) {
      this.#locks.delete(guard.key);
      this.#set(this.#versions, guard.key, guard.version);
    }
    this.#remember(claim);
    return true;
  }

  async release({ ids, guard }: Claim, token: string): Promise<void> {
    if (this.#seen.get(ids[0])?.token === token) this.#seen.delete(ids[0]);
    if (guard !== null && this.#locks.get(guard.key)?.token === token) this.#locks.delete(guard.key);
  }

  async knows(id: string, nowMs: number): Promise<boolean> {
    return this.#liveSeen(id, nowMs)?.token === null;
  }

  async positionOf(key: string): Promise<number | null> {
    return this.#positions.get(key) ?? null;
  }

  #remember({ ids, nowMs, rememberMs, position }: Claim): void {
    for (const id of ids) this.#set(this.#seen, id, { token: null, untilMs: nowMs + rememberMs });
    if (position !== null) {
      const sequence = Math.max(position.sequence, this.#positions.get(position.key) ?? 0);
      this.#set(this.#positions, position.key, sequence);
    }
  }

  #liveSeen(id: string, nowMs: number): Seen | null {
    const seen = this.#seen.get(id);
    return seen !== undefined && seen.untilMs > nowMs ? seen : null;
  }

  /** A Map keeps the order of insertion, so its first key is the oldest. */
  #set<T>(map: Map<string, T>, key: string, value: T): void {
    map.delete(key);
    map.set(key, value);
    if (map.size <= this.#entriesMax) return;
    for (const oldest of map.keys()) {
      map.delete(oldest);
      return;
    }
  }
}
