/**
 * A Record's one alarm: when it is armed as far as this instance knows, and what that says. That none is armed says that the log
 * has everything, because confirmation costs no row of its own. Without a runtime; the storage is the shell's or the simulation's.
 */
import { LOG_RESEND_MS, RING_FAILED_WAIT_MS_CAP, RING_FAILED_WAIT_MS_MIN } from '../core/limits.ts';

/** Both commit together with the rows of the turn that calls them. */
export type AlarmStorage = { set(atMs: number): void; delete(): void };

export class RecordAlarm {
  readonly #storage: AlarmStorage;
  #armedAtMs: number | null = null;
  /** Rings in a row whose turn failed. A new instance begins at 0: it may know better. */
  #failures = 0;

  constructor(storage: AlarmStorage) {
    this.#storage = storage;
  }

  /** What an earlier instance left armed: once, before anything else. */
  found(armedAtMs: number | null): void {
    this.#armedAtMs = armedAtMs;
  }

  /** For a new ledger: when to tell the log again what it may lack; null if it lacks nothing. */
  suspectFromMs(nowMs: number): number | null {
    return this.#armedAtMs === null ? null : Math.min(this.#armedAtMs, nowMs + resendMs());
  }

  /** It rang. True if this instance had not armed it: then an earlier one may have known of something that the log lacks. */
  rang(hasLedger: boolean): boolean {
    const isInherited = !hasLedger || this.#armedAtMs === null;
    this.#armedAtMs = null;
    return isInherited;
  }

  /** An early alarm does no harm and costs less than moving it; one row is written only when it must come sooner, or not at all. */
  arm(wakeAtMs: number | null): void {
    this.#failures = 0;
    if (wakeAtMs === null) {
      if (this.#armedAtMs !== null) this.#storage.delete();
      this.#armedAtMs = null;
    } else if (this.#armedAtMs === null || wakeAtMs < this.#armedAtMs) {
      this.#armedAtMs = wakeAtMs;
      this.#storage.set(wakeAtMs);
    }
  }

  /** The turn of a ring failed: it rings again soon, as one that this instance did not arm, so that the log is told again too. */
  failed(nowMs: number): void {
    this.#storage.set(nowMs + Math.min(RING_FAILED_WAIT_MS_CAP, RING_FAILED_WAIT_MS_MIN * 2 ** this.#failures));
    this.#failures += 1;
  }
}

function resendMs(): number {
  return LOG_RESEND_MS[0] ?? 0;
}
