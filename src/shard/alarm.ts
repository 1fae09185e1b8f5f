/**
 * A Shard's one alarm: when it is armed as far as this instance knows, and what that says. The time
 * says what it is armed for. An alarm at the Shard's own phase of a tenth of a second says that
 * the log is whole: nothing is under way and the log has everything. No other alarm is armed there.
 * So an instance that starts with such an alarm, or with none, has nothing to send again, and
 * confirmation costs no row of its own. Without a runtime; the storage is the shell's or the
 * simulation's.
 */
import { ALARM_FAILED_WAIT_MS_CAP, ALARM_FAILED_WAIT_MS_MIN, LOG_RESEND_MS, WHOLE_PHASE_MS } from '../core/limits.ts';

/** Both commit together with the rows of the turn that calls them. */
export type AlarmStorage = { set(atMs: number): void; delete(): void };

export type Armed = {
  /** When to look at the first record that owes something; null: none does. */
  owedAtMs: number | null;
  /** When to look at retention next; null: nothing is stored. */
  retentionAtMs: number | null;
  /** Nothing is under way and the log has everything: what is owed only waits for a time. */
  isWhole: boolean;
  /**
   * More events are expected soon: a row to say that the log is whole would be written for each of
   * them.
   */
  isActive: boolean;
};

/** `phaseMs`: of its Shard (`wholePhaseMs`). */
export function isWholeTime(atMs: number | null, phaseMs: number): boolean {
  return atMs !== null && (atMs - phaseMs) % WHOLE_PHASE_MS === 0;
}

/** Drawn from the Shard's name. It never changes: alarms that are armed are told apart by it. */
export function wholePhaseMs(shard: string): number {
  let sum = 0;
  for (const char of shard) sum = (sum * 31 + char.charCodeAt(0)) % WHOLE_PHASE_MS;
  return sum;
}

export class ShardAlarm {
  readonly #storage: AlarmStorage;
  readonly #phaseMs: number;
  #armedAtMs: number | null = null;
  /** Alarms in a row whose turn failed. A new instance begins at 0: it may know better. */
  #failures = 0;

  constructor(storage: AlarmStorage, phaseMs: number) {
    this.#storage = storage;
    this.#phaseMs = phaseMs;
  }

  /**
   * What an earlier instance left armed: once, before anything else. Null also in an instance that
   * the alarm itself starts.
   */
  found(armedAtMs: number | null): void {
    this.#armedAtMs = armedAtMs;
  }

  /**
   * For a new ledger: from when the log is sent again what it may lack; null if it lacks nothing.
   */
  doubtFromMs(nowMs: number): number | null {
    if (this.#armedAtMs === null || this.#isWhole(this.#armedAtMs)) return null;
    return Math.min(this.#armedAtMs, nowMs + resendMs());
  }

  /**
   * The alarm runs. True: this instance had not armed it, and an earlier one may have known of
   * something that the log lacks. `scheduledMs`: what it was armed for, by the platform's word;
   * null where that says nothing.
   */
  ran(hasLedger: boolean, scheduledMs: number | null): boolean {
    const armedAtMs = this.#armedAtMs;
    const isWhole = this.#isWhole(scheduledMs ?? armedAtMs);
    // An instance that knew of no alarm, or of one that says "whole", armed none for what is owed,
    // nor one for another time.
    const isOther =
      armedAtMs === null || this.#isWhole(armedAtMs) || (scheduledMs !== null && scheduledMs !== armedAtMs);
    this.#armedAtMs = null;
    return (!hasLedger || isOther) && !isWhole;
  }

  /**
   * An early alarm does no harm and costs less than moving it: a row is written where it must come
   * sooner, or say something else.
   */
  arm({ owedAtMs, retentionAtMs, isWhole, isActive }: Armed): void {
    this.#failures = 0;
    const armedAtMs = this.#armedAtMs;
    if (!isWhole) {
      const atMs = this.#owedTime(owedAtMs ?? Infinity);
      if (armedAtMs === null || this.#isWhole(armedAtMs) || atMs < armedAtMs) this.#set(atMs);
      return;
    }
    const nextMs = Math.min(owedAtMs ?? Infinity, retentionAtMs ?? Infinity);
    if (nextMs === Infinity) {
      if (armedAtMs !== null && !isActive) this.#storage.delete();
      if (!isActive) this.#armedAtMs = null;
      return;
    }
    const atMs = this.#wholeTime(nextMs);
    const saysSo = this.#isWhole(armedAtMs) || (isActive && armedAtMs !== null);
    if (!saysSo || armedAtMs === null || atMs < armedAtMs) this.#set(atMs);
  }

  /**
   * The turn of an alarm failed: it runs again soon, as one that this instance did not arm, so that
   * the log is sent again too.
   */
  failed(nowMs: number): void {
    const waitMs = Math.min(ALARM_FAILED_WAIT_MS_CAP, ALARM_FAILED_WAIT_MS_MIN * 2 ** this.#failures);
    this.#storage.set(this.#owedTime(nowMs + waitMs));
    this.#failures += 1;
  }

  #set(atMs: number): void {
    this.#armedAtMs = atMs;
    this.#storage.set(atMs);
  }

  #isWhole(atMs: number | null): boolean {
    return isWholeTime(atMs, this.#phaseMs);
  }

  /**
   * Later by a millisecond where it would say "whole". Earlier, it would find nothing due and run
   * again and again.
   */
  #owedTime(atMs: number): number {
    const wholeMs = Math.ceil(atMs);
    return this.#isWhole(wholeMs) ? wholeMs + 1 : wholeMs;
  }

  #wholeTime(atMs: number): number {
    return Math.ceil((atMs - this.#phaseMs) / WHOLE_PHASE_MS) * WHOLE_PHASE_MS + this.#phaseMs;
  }
}

function resendMs(): number {
  return LOG_RESEND_MS[0] ?? 0;
}
