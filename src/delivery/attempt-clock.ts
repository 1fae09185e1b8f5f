/**
 * The time of one attempt, without our own stalls. Under load an answer may have arrived long
 * before this machine comes to read it: that time is not the receiver's. It must not make the
 * receiver slow, and must not end an attempt that was answered in time.
 *
 * A stall shows in a timer that fires late. So the time-out is waited for in ticks of
 * STALL_TICK_MS, and what a tick is late counts as ours.
 */
import { STALL_CREDIT_MS_MAX, STALL_MS_MIN, STALL_TICK_MS } from '../core/limits.ts';

/** Calls `fire` after `ms` unless cancelled. */
export type Timer = (ms: number, fire: () => void) => { cancel(): void };

export class AttemptClock {
  readonly atMs: number;
  readonly #nowMs: () => number;
  readonly #timer: Timer;
  readonly #timeoutMs: number;
  readonly #onTimeout: () => void;
  #stalledMs = 0;
  #tick: { dueMs: number; cancel(): void };

  /** Starts at once. `onTimeout` is called at most once, and not after `cancel`. */
  constructor(deps: { nowMs: () => number; timer: Timer }, timeoutMs: number, onTimeout: () => void) {
    this.#nowMs = deps.nowMs;
    this.#timer = deps.timer;
    this.#timeoutMs = timeoutMs;
    this.#onTimeout = onTimeout;
    this.atMs = deps.nowMs();
    this.#tick = this.#next(this.atMs, timeoutMs);
  }

  /** Since the start, without our stalls. */
  latencyMs(): number {
    const nowMs = this.#nowMs();
    return Math.max(0, nowMs - this.atMs - this.#stalledMs - lateness(this.#tick.dueMs, nowMs));
  }

  /** Since the start, on the wall clock. */
  elapsedMs(): number {
    return Math.max(0, this.#nowMs() - this.atMs);
  }

  cancel(): void {
    this.#tick.cancel();
  }

  #next(nowMs: number, leftMs: number): { dueMs: number; cancel(): void } {
    const ms = Math.min(STALL_TICK_MS, leftMs);
    return { dueMs: nowMs + ms, ...this.#timer(ms, () => this.#ticked()) };
  }

  #ticked(): void {
    const nowMs = this.#nowMs();
    this.#stalledMs += lateness(this.#tick.dueMs, nowMs);
    // Not for as long as we stalled: the claim of the attempt ends too (CLAIM_GRACE_MS).
    const leftMs = this.#timeoutMs + Math.min(this.#stalledMs, STALL_CREDIT_MS_MAX) - (nowMs - this.atMs);
    if (leftMs > 0) this.#tick = this.#next(nowMs, leftMs);
    else this.#onTimeout();
  }
}

/** A timer is never quite on time. */
function lateness(dueMs: number, nowMs: number): number {
  return nowMs - dueMs >= STALL_MS_MIN ? nowMs - dueMs : 0;
}
