/**
 * A Record's one alarm: when it is armed as far as this instance knows, and what that says. The time tells what it is armed for: a
 * quiet Record's rings at its own millisecond of an hour and looks at retention, any other never does. So an instance that starts with
 * such an alarm, or with none, knows that the log has everything: confirmation costs no row of its own. Without a runtime; the storage
 * is the shell's or the simulation's.
 */
import { LOG_RESEND_MS, QUIET_RING_MS, RING_FAILED_WAIT_MS_CAP, RING_FAILED_WAIT_MS_MIN } from '../core/limits.ts';
import type { Look } from './retaining.ts';

/** Both commit together with the rows of the turn that calls them. */
export type AlarmStorage = { set(atMs: number): void; delete(): void };

export type Rang = {
  /** This instance had not armed it, and an earlier one may have known of something that the log lacks. */
  isInherited: boolean;
  /** Nothing was owed when it was armed. */
  isQuiet: boolean;
};

/** `phaseMs`: of its Record (core/retention.ts, `quietPhaseMs`). */
export function isQuietTime(atMs: number | null, phaseMs: number): boolean {
  return atMs !== null && (atMs - phaseMs) % QUIET_RING_MS === 0;
}

export class RecordAlarm {
  readonly #storage: AlarmStorage;
  readonly #phaseMs: number;
  #armedAtMs: number | null = null;
  /** Rings in a row whose turn failed. A new instance begins at 0: it may know better. */
  #failures = 0;

  constructor(storage: AlarmStorage, phaseMs: number) {
    this.#storage = storage;
    this.#phaseMs = phaseMs;
  }

  /** What an earlier instance left armed: once, before anything else. Null also in an instance that the alarm itself wakes. */
  found(armedAtMs: number | null): void {
    this.#armedAtMs = armedAtMs;
  }

  /** For a new ledger: when to tell the log again what it may lack; null if it lacks nothing. */
  suspectFromMs(nowMs: number): number | null {
    if (this.#armedAtMs === null || this.#isQuiet(this.#armedAtMs)) return null;
    return Math.min(this.#armedAtMs, nowMs + resendMs());
  }

  /** `scheduledMs`: what it was armed for, by the platform's word; null where that says nothing. */
  rang(hasLedger: boolean, scheduledMs: number | null): Rang {
    const armedAtMs = this.#armedAtMs;
    const isQuiet = this.#isQuiet(scheduledMs ?? armedAtMs);
    // An instance that knew of no alarm, or thought the Record quiet, did not arm one for what is owed, nor one for another time.
    const isOther =
      armedAtMs === null || this.#isQuiet(armedAtMs) || (scheduledMs !== null && scheduledMs !== armedAtMs);
    this.#armedAtMs = null;
    return { isInherited: (!hasLedger || isOther) && !isQuiet, isQuiet };
  }

  /**
   * An early alarm does no harm and costs less than moving it: for what is owed, one row is written only when it must come sooner, or
   * when it would say that nothing is owed. A quiet one is moved to where it belongs, unless that is a guess.
   */
  arm(wakeAtMs: number | null, look: Pick<Look, 'atMs' | 'isGuess'>): void {
    this.#failures = 0;
    const armedAtMs = this.#armedAtMs;
    const isQuiet = this.#isQuiet(armedAtMs);
    if (wakeAtMs !== null) {
      if (armedAtMs === null || isQuiet || this.#owedTime(wakeAtMs) < armedAtMs) this.#set(this.#owedTime(wakeAtMs));
    } else if (look.atMs === null) {
      if (armedAtMs !== null) this.#storage.delete();
      this.#armedAtMs = null;
    } else if (!isQuiet || (!look.isGuess && armedAtMs !== this.#quietTime(look.atMs)))
      this.#set(this.#quietTime(look.atMs));
  }

  /** The turn of a ring failed: it rings again soon, as one that this instance did not arm, so that the log is told again too. */
  failed(nowMs: number): void {
    const waitMs = Math.min(RING_FAILED_WAIT_MS_CAP, RING_FAILED_WAIT_MS_MIN * 2 ** this.#failures);
    this.#storage.set(this.#owedTime(nowMs + waitMs));
    this.#failures += 1;
  }

  #set(atMs: number): void {
    this.#armedAtMs = atMs;
    this.#storage.set(atMs);
  }

  #isQuiet(atMs: number | null): boolean {
    return isQuietTime(atMs, this.#phaseMs);
  }

  /** Later by a millisecond where it would be taken for a quiet one. Earlier, it would find nothing due and ring again and again. */
  #owedTime(atMs: number): number {
    const wholeMs = Math.ceil(atMs);
    return this.#isQuiet(wholeMs) ? wholeMs + 1 : wholeMs;
  }

  #quietTime(atMs: number): number {
    return Math.ceil((atMs - this.#phaseMs) / QUIET_RING_MS) * QUIET_RING_MS + this.#phaseMs;
  }
}

function resendMs(): number {
  return LOG_RESEND_MS[0] ?? 0;
}
