/**
 * Performs a Ledger's effects and brings their outcomes back: runs attempts, sends messages, parks lanes. Holds no state that
 * matters: whatever it loses on the way, the ledger's rows and wake time bring back. Without a runtime, so that the simulation
 * can drive it.
 */
import { type Admission, type GateNews, newsOf } from '../core/admission.ts';
import { answerKind, isTooMany, type Report } from '../core/report.ts';
import type { AccountSettings, EndpointSettings } from '../core/endpoint.ts';
import {
  LOG_SEND_FAILED_WAIT_MS,
  QUEUE_FAILED_WAIT_MS,
  RETENTION_TURNS_PER_LOOK,
  UNAVAILABLE_WAIT_MS_MAX,
  UNAVAILABLE_WAIT_MS_MIN,
} from '../core/limits.ts';
import type { LogEntry } from '../core/log.ts';
import type { AttemptOutcome } from '../core/outcome.ts';
import type { AttemptRequest, BeginResult, ClaimRef } from '../core/rpc.ts';
import type { Begin } from './departing.ts';
import type { EndpointHints } from './hints.ts';
import { isOver } from './life.ts';
import type { At, Effects, Ledger } from './ledger.ts';
import type { Run } from './lanes.ts';

export type RunnerDeps = {
  nowMs(): number;
  random(): number;
  /**
   * With these endpoints only, of ten thousand that an account may have. At most a few seconds old,
   * at least `minRevision` where that is known; with `isFresh` read now, whatever is remembered.
   * Null: no such account. Throws where it does not answer.
   */
  settings(need: { minRevision: number; isFresh: boolean; endpoints: string[] }): Promise<AccountSettings | null>;
  /** Never throws for what a receiver does. */
  attempt(request: AttemptRequest): Promise<AttemptOutcome>;
  sendClaims(queue: 'fanout' | 'slow', claims: ClaimRef[]): Promise<void>;
  sendLog(entries: LogEntry[]): Promise<void>;
  /** Asks the Gate. Rejects where it does not answer in time. */
  admit(endpoint: string, seen: GateNews): Promise<Admission>;
  report(endpoint: string, reports: Report[]): Promise<void>;
  hints: Pick<EndpointHints, 'answered' | 'takeSuccesses'>;
  disable(endpoint: string, reason: string, seenRevision: number): Promise<void>;
  /** In the same turn as the ledger's rows. */
  arm(effects: Pick<Effects, 'wakeAtMs' | 'look'>): void;
  /** Of this Record nothing is left, nor of what is under way. */
  erase(): Promise<void>;
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
    arm(effects);
    if (effects.look.isDue) keep(this.#retain());
    for (const run of effects.run) keep(this.#run(run));
    if (effects.fanout.length > 0) keep(this.#sendClaims('fanout', effects.fanout));
    if (effects.slow.length > 0) keep(this.#sendClaims('slow', effects.slow));
    if (effects.reports.length > 0) this.#report(effects.reports);
    if (effects.log.length > 0) keep(this.#sendLog(effects.log));
    for (const { endpoint, reason, seenRevision } of effects.disable) {
      keep(
        this.#deps
          .disable(endpoint, reason, seenRevision)
          .catch((error: unknown) => this.#deps.failed('disable', error)),
      );
    }
  }

  /** Outcomes of claims, from this Record's own attempts or a consumer's. */
  settle(settled: { claim: ClaimRef; outcome: AttemptOutcome }[]): void {
    for (const { claim, outcome } of settled) {
      if (outcome.error?.kind !== 'not-sent') this.#deps.hints.answered(claim.endpoint, outcome);
    }
    this.perform(this.#ledger.settle(settled, this.at()));
  }

  /**
   * The requests of a consumer's claims, or `gone`. Settings are read once and before any claim begins, so that no claim's time runs
   * while another's answer is awaited. Where a Gate must be asked, the consumer does not wait for that: the claim comes again.
   */
  async begin(claims: ClaimRef[]): Promise<BeginResult[]> {
    const { settings, begun } = await this.#beginAll(claims);
    return begun.map((result, index) => {
      const claim = claims[index];
      if (result.kind !== 'ask') return result;
      if (settings !== null && claim !== undefined) this.#deps.keep(this.#askAgain(claim, settings, result.endpoint));
      return GONE;
    });
  }

  /** The request of a claim of this Record's own, with its Gate's leave where that is needed. */
  async #beginHere(claim: ClaimRef): Promise<BeginResult> {
    const { settings, begun } = await this.#beginAll([claim]);
    const [result] = begun;
    if (result?.kind !== 'ask') return result ?? GONE;
    if (settings === null || !(await this.#isLetGo(claim, settings, result.endpoint))) return GONE;
    const { result: again, effects } = this.#ledger.begin(claim, settings, this.at(), true);
    this.perform(effects);
    if (again.kind !== 'ask') return again;
    // The settings at hand say that it is paused, the Gate says that it is not: they are read anew.
    this.perform(this.#ledger.unparked(claim, settings.revision + 1, this.#deps.nowMs(), this.at()));
    return GONE;
  }

  async #askAgain(claim: ClaimRef, settings: AccountSettings, endpoint: EndpointSettings): Promise<void> {
    if (!(await this.#isLetGo(claim, settings, endpoint))) return;
    const { nowMs } = this.at();
    this.perform(this.#ledger.promised(claim, nowMs, this.at()));
  }

  async #beginAll(claims: ClaimRef[]): Promise<{ settings: AccountSettings | null; begun: Begin[] }> {
    let settings: AccountSettings | null;
    try {
      const minRevision = Math.max(0, ...claims.map((claim) => this.#ledger.revisionNeeded(claim.endpoint)));
      const endpoints = claims.map(({ endpoint }) => endpoint);
      settings = await this.#deps.settings({ minRevision, isFresh: false, endpoints });
      // What is remembered may be older than the endpoint, or than its enabling. Cancelling is final: only what is true now may do it.
      const wouldCancel = claims.some((claim) => isGone(settings, claim.endpoint));
      if (wouldCancel) {
        const now = await this.#now(endpoints);
        if (now === 'over') return { settings: null, begun: claims.map(() => GONE) };
        settings = now;
      }
    } catch (error) {
      this.#unavailable('settings', claims, error);
      return { settings: null, begun: claims.map(() => GONE) };
    }
    const begun = claims.map((claim) => {
      const { result, effects } = this.#ledger.begin(claim, settings, this.at());
      this.perform(effects);
      return result;
    });
    return { settings, begun };
  }

  /** Asks the Gate, and does what it says. True: the claim may begin; else it was given back or parked. */
  async #isLetGo(claim: ClaimRef, settings: AccountSettings, endpoint: EndpointSettings): Promise<boolean> {
    const ledger = this.#ledger;
    const asked = ledger.asking(endpoint.id, settings.revision);
    let answer: Admission;
    try {
      answer = await this.#deps.admit(endpoint.id, newsOf(settings.revision, endpoint));
    } catch (error) {
      this.#unavailable('gate', [claim], error);
      return false;
    }
    const at = this.at();
    switch (answer.kind) {
      case 'go':
        return true;
      case 'at':
        this.perform(ledger.promised(claim, answer.atMs, at));
        return false;
      case 'parked':
        this.perform(ledger.parked(claim, answer.why, asked, at));
        return false;
      case 'changed':
        this.perform(ledger.unparked(claim, asked.seenRevision + 1, at.nowMs, at));
        return false;
    }
  }

  /** One call for each endpoint. What is lost here is only not counted. */
  #report(reports: Effects['reports']): void {
    for (const [endpoint, of] of Map.groupBy(reports, (report) => report.endpoint)) {
      let successes = this.#deps.hints.takeSuccesses(endpoint, this.#deps.nowMs());
      // Those that are reported here are counted by themselves.
      successes = Math.max(0, successes - of.filter(({ outcome }) => outcome.error === null).length);
      const told = of.map(({ outcome }, index) => ({
        answer: answerKind(outcome),
        retryAfterMs: outcome.retryAfterMs,
        successes: index === 0 ? successes : 0,
        atMs: outcome.atMs,
        ...(isTooMany(outcome) ? { isTooMany: true } : {}),
      }));
      this.#deps.keep(this.#deps.report(endpoint, told).catch((error: unknown) => this.#deps.failed('report', error)));
    }
  }

  /** Waiting is not an attempt. */
  #unavailable(what: string, claims: ClaimRef[], error: unknown): void {
    this.#deps.failed(what, error);
    const { nowMs, random } = this.at();
    const waitMs = UNAVAILABLE_WAIT_MS_MIN + random() * (UNAVAILABLE_WAIT_MS_MAX - UNAVAILABLE_WAIT_MS_MIN);
    this.perform(this.#ledger.release(claims, Math.ceil(nowMs + waitMs), this.at()));
  }

  /** What is not done here, or fails, comes with the next look. */
  async #retain(): Promise<void> {
    try {
      let isMore = true;
      for (let turns = 0; isMore && turns < RETENTION_TURNS_PER_LOOK; turns += 1) {
        // Read for each turn: others get their turn meanwhile.
        const { memory } = this.#ledger;
        const endpoints = [...memory.lanes.keys()];
        const settings = await this.#now(endpoints);
        if (settings === 'over') return;
        // Whether the endpoint of a lane that came meanwhile is there was not asked.
        if (this.#ledger.memory !== memory || memory.lanes.size > endpoints.length) continue;
        const { result, effects } = this.#ledger.retain(settings, this.at());
        this.perform(effects);
        isMore = result;
      }
    } catch (error) {
      this.#deps.failed('retention', error);
    }
  }

  /**
   * Settings read now. Where the account is gone, or another has its id, nothing of this Record may stay: nobody would be shown it, and
   * the log would be told again of what was erased there.
   */
  async #now(endpoints: string[]): Promise<AccountSettings | 'over'> {
    const { life } = this.#ledger.memory;
    const settings = await this.#deps.settings({ minRevision: 0, isFresh: true, endpoints });
    // A publish that came meanwhile knows better.
    if (isOver({ life }, settings) && this.#ledger.memory.life === life) {
      await this.#deps.erase();
      return 'over';
    }
    if (settings === null) throw new Error('the account was removed and made again meanwhile');
    return settings;
  }

  async #run({ claim, request }: Run): Promise<void> {
    try {
      const begun = request === null ? await this.#beginHere(claim) : ({ kind: 'request', request } as const);
      if (begun.kind === 'gone') return;
      const outcome = await this.#deps.attempt(begun.request);
      this.settle([{ claim, outcome }]);
    } catch (error) {
      // A bug or a dead object: the claim runs out and the attempt counts as lost.
      this.#deps.failed('attempt', error);
    }
  }

  async #sendClaims(queue: 'fanout' | 'slow', claims: ClaimRef[]): Promise<void> {
    try {
      await this.#deps.sendClaims(queue, claims);
    } catch (error) {
      this.#deps.failed(queue, error);
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

const GONE = { kind: 'gone' } as const;

function isGone(settings: AccountSettings | null, endpoint: string): boolean {
  const known = settings?.endpoints.find(({ id }) => id === endpoint);
  return known === undefined || known.status === 'disabled';
}
