/**
 * Performs a Ledger's effects and brings their outcomes back: runs attempts, sends messages, parks lanes. Holds no state that
 * matters: whatever it loses on the way, the ledger's rows and wake time bring back. Without a runtime, so that the simulation
 * can drive it.
 */
import type { AccountSettings } from '../core/endpoint.ts';
import {
  LOG_SEND_FAILED_WAIT_MS,
  PARK_TRIES_MAX,
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
  /** At most a few seconds old, at least `minRevision` where that is known. Null: no such account. Throws where it does not answer. */
  settings(minRevision: number): Promise<AccountSettings | null>;
  /** Never throws for what a receiver does. */
  attempt(request: AttemptRequest): Promise<AttemptOutcome>;
  sendFanout(claims: ClaimRef[]): Promise<void>;
  sendLog(entries: LogEntry[]): Promise<void>;
  park(endpoint: string, seenRevision: number): Promise<'parked' | 'changed'>;
  disable(endpoint: string, reason: string): Promise<void>;
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
    for (const { endpoint, reason } of effects.disable) {
      keep(this.#deps.disable(endpoint, reason).catch((error: unknown) => this.#deps.failed('disable', error)));
    }
  }

  /** The request of a claim, or `gone`; parks the lane of a paused endpoint. */
  async begin(claim: ClaimRef): Promise<BeginResult> {
    try {
      return await this.#begin(claim);
    } catch (error) {
      // Settings or the Gate did not answer. Waiting is not an attempt.
      this.#deps.failed('begin', error);
      const { nowMs, random } = this.at();
      const waitMs = UNAVAILABLE_WAIT_MS_MIN + random() * (UNAVAILABLE_WAIT_MS_MAX - UNAVAILABLE_WAIT_MS_MIN);
      this.perform(this.#ledger.release([claim], Math.ceil(nowMs + waitMs), this.at()));
      return { kind: 'gone' };
    }
  }

  async #begin(claim: ClaimRef): Promise<BeginResult> {
    let minRevision = this.#ledger.revisionNeeded(claim.endpoint);
    for (let tries = 0; tries < PARK_TRIES_MAX; tries += 1) {
      const settings = await this.#deps.settings(minRevision);
      const { result, effects } = this.#ledger.begin(claim, settings, this.at());
      this.perform(effects);
      if (result.kind !== 'park') return result;
      const seenRevision = settings?.revision ?? 0;
      if ((await this.#deps.park(result.endpoint, seenRevision)) === 'parked') {
        this.perform(this.#ledger.parked(claim, seenRevision, this.at()));
        return { kind: 'gone' };
      }
      minRevision = seenRevision + 1;
    }
    throw new Error(`the Gate of ${claim.endpoint} and its settings still differ after ${PARK_TRIES_MAX} readings`);
  }

  async #run({ claim, request }: Run): Promise<void> {
    const begun: BeginResult = request === null ? await this.begin(claim) : { kind: 'request', request };
    if (begun.kind === 'gone') return;
    try {
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
