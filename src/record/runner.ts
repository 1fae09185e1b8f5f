/**
 * Performs a Ledger's effects and brings their outcomes back: runs attempts, sends messages, parks lanes. Holds no state that
 * matters: whatever it loses on the way, the ledger's rows and wake time bring back. Without a runtime, so that the simulation
 * can drive it.
 */
import type { AccountSettings } from '../core/endpoint.ts';
import {
  LOG_SEND_FAILED_WAIT_MS,
  QUEUE_FAILED_WAIT_MS,
  UNAVAILABLE_WAIT_MS_MAX,
  UNAVAILABLE_WAIT_MS_MIN,
} from '../core/limits.ts';
import type { LogEntry } from '../core/log.ts';
import type { AttemptOutcome } from '../core/outcome.ts';
import type { AttemptRequest, BeginResult, ClaimRef } from '../core/rpc.ts';
import type { At, Effects, Ledger } from './ledger.ts';
import type { Run } from './memory.ts';

export type RunnerDeps = {
  nowMs(): number;
  random(): number;
  /**
   * At most a few seconds old, at least `minRevision` where that is known; with `isFresh` read now, whatever is remembered. Null: no
   * such account. Throws where it does not answer.
   */
  settings(need: { minRevision: number; isFresh: boolean }): Promise<AccountSettings | null>;
  /** Never throws for what a receiver does. */
  attempt(request: AttemptRequest): Promise<AttemptOutcome>;
  sendFanout(claims: ClaimRef[]): Promise<void>;
  sendLog(entries: LogEntry[]): Promise<void>;
  park(endpoint: string, seenRevision: number): Promise<'parked' | 'changed'>;
  disable(endpoint: string, reason: string, seenRevision: number): Promise<void>;
  /** In the same turn as the ledger's rows. Null: nothing is owed. */
  arm(wakeAtMs: number | null): void;
  /** Keeps the object alive until the promise has settled. */
  keep(work: Promise<void>): void;
  failed(what: string, error: unknown): void;
};

export class Runner {
  readonly #ledger: Ledger;
  readonly #deps: RunnerDeps;

  constructor(ledger: Ledger, deps: RunnerDeps) {
    this.#ledger = ledger;
    this.#deps = deps;
  }

  at(): At {
    return { nowMs: this.#deps.nowMs(), random: this.#deps.random };
  }

  /** Call it in the turn that returned the effects. Starts everything, awaits nothing. */
  perform(effects: Effects): void {
    const { arm, keep } = this.#deps;
    arm(effects.wakeAtMs);
    for (const run of effects.run) keep(this.#run(run));
    if (effects.fanout.length > 0) keep(this.#sendFanout(effects.fanout));
    if (effects.log.length > 0) keep(this.#sendLog(effects.log));
    for (const { endpoint, reason, seenRevision } of effects.disable) {
      keep(
        this.#deps
          .disable(endpoint, reason, seenRevision)
          .catch((error: unknown) => this.#deps.failed('disable', error)),
      );
    }
  }

  /**
   * The requests of claims, or `gone`. Settings are read once and before any claim begins, so that no claim's time runs while
   * another's answer is awaited; lanes of paused endpoints are parked after the answer.
   */
  async begin(claims: ClaimRef[]): Promise<BeginResult[]> {
    let settings: AccountSettings | null;
    try {
      const minRevision = Math.max(0, ...claims.map((claim) => this.#ledger.revisionNeeded(claim.endpoint)));
      settings = await this.#deps.settings({ minRevision, isFresh: false });
      // What is remembered may be older than the endpoint, or than its enabling. Cancelling is final: only what is true now may do it.
      const wouldCancel = claims.some((claim) => isGone(settings, claim.endpoint));
      if (wouldCancel) settings = await this.#deps.settings({ minRevision, isFresh: true });
    } catch (error) {
      this.#unavailable('settings', claims, error);
      return claims.map(() => ({ kind: 'gone' }));
    }
    return claims.map((claim) => {
      const { result, effects } = this.#ledger.begin(claim, settings, this.at());
      this.perform(effects);
      if (result.kind !== 'park') return result;
      this.#deps.keep(this.#park(claim, settings?.revision ?? 0));
      return { kind: 'gone' };
    });
  }

  async #park(claim: ClaimRef, seenRevision: number): Promise<void> {
    try {
      const answer = await this.#deps.park(claim.endpoint, seenRevision);
      const { nowMs } = this.at();
      const effects =
        answer === 'parked'
          ? this.#ledger.parked(claim, seenRevision, this.at())
          : this.#ledger.unparked(claim, seenRevision + 1, nowMs, this.at());
      this.perform(effects);
    } catch (error) {
      this.#unavailable('gate', [claim], error);
    }
  }

  /** Waiting is not an attempt. */
  #unavailable(what: string, claims: ClaimRef[], error: unknown): void {
    this.#deps.failed(what, error);
    const { nowMs, random } = this.at();
    const waitMs = UNAVAILABLE_WAIT_MS_MIN + random() * (UNAVAILABLE_WAIT_MS_MAX - UNAVAILABLE_WAIT_MS_MIN);
    this.perform(this.#ledger.release(claims, Math.ceil(nowMs + waitMs), this.at()));
  }

  async #run({ claim, request }: Run): Promise<void> {
    try {
      const [begun] = request === null ? await this.begin([claim]) : [{ kind: 'request' as const, request }];
      if (begun === undefined || begun.kind === 'gone') return;
      const outcome = await this.#deps.attempt(begun.request);
      this.perform(this.#ledger.settle([{ claim, outcome }], this.at()));
    } catch (error) {
      // A bug or a dead object: the claim runs out and the attempt counts as lost.
      this.#deps.failed('attempt', error);
    }
  }

  async #sendFanout(claims: ClaimRef[]): Promise<void> {
    try {
      await this.#deps.sendFanout(claims);
    } catch (error) {
      this.#deps.failed('fanout', error);
      this.perform(this.#ledger.release(claims, this.#deps.nowMs() + QUEUE_FAILED_WAIT_MS, this.at()));
    }
  }

  async #sendLog(entries: LogEntry[]): Promise<void> {
    try {
      await this.#deps.sendLog(entries);
    } catch (error) {
      this.#deps.failed('log', error);
      this.perform(this.#ledger.logFailed(entries, this.#deps.nowMs() + LOG_SEND_FAILED_WAIT_MS, this.at()));
    }
  }
}

function isGone(settings: AccountSettings | null, endpoint: string): boolean {
  const known = settings?.endpoints.find(({ id }) => id === endpoint);
  return known === undefined || known.status === 'disabled';
}
