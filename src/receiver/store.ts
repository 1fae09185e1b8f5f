/**
 * What a store must do for a receiver: run the work of an event at most once, and remember it
 * together with the work. `Tx` is what the handler is given to write with, so that its work and the
 * memory of it are committed together.
 */

/** How long an id is remembered unless set: longer than any sender tries again. */
export const REMEMBER_MS = 7 * 24 * 3_600_000;

export type Claim = {
  /** The first is what is claimed; all are remembered once the work is done. */
  ids: readonly [string, ...string[]];
  nowMs: number;
  rememberMs: number;
  /** The work runs only where no higher version was committed under this key. */
  guard: { key: string; version: number } | null;
  /** A sequence of a record that was seen: the store keeps the highest. */
  position: { key: string; sequence: number } | null;
};

/**
 * - `done`: the work ran, and is remembered.
 * - `duplicate`: it was done before.
 * - `stale`: a higher version was committed before; the id is remembered now.
 * - `busy`: another copy of it, or another event of the same guard, is being worked on.
 * - `lost`: it took longer than its lease and another one runs: nothing that was written with `Tx`
 *   is committed.
 */
export type Once =
  | { kind: 'done' }
  | { kind: 'duplicate' }
  | { kind: 'stale'; version: number }
  | { kind: 'busy'; retryAfterMs: number }
  | { kind: 'lost' };

export interface Store<Tx> {
  /** Whether it can compare versions and remember positions. */
  readonly guards: boolean;
  /**
   * A throw of `work` passes through, and then nothing is remembered and nothing of `Tx` committed.
   */
  once(claim: Claim, work: (tx: Tx) => Promise<void>): Promise<Once>;
  knows(id: string, nowMs: number): Promise<boolean>;
  /** The highest sequence that was seen under this key; null where none was. */
  positionOf(key: string): Promise<number | null>;
}
