/**
 * Performs the effects of records' turns and brings their outcomes back: runs attempts, sends
 * messages, parks lanes. Holds no state that matters: whatever it loses on the way, the rows and
 * the Shard's wake time bring back. Without a runtime, so that the simulation can drive it.
 */
import { type Admission, type GateSettings, gateSettingsOf } from '../core/admission.ts';
import { answerKind, isTooMany, type Report } from '../core/report.ts';
import type { AccountSettings, EndpointSettings } from '../core/endpoint.ts';
import {
  LOG_SEND_FAILED_WAIT_MS,
  QUEUE_FAILED_WAIT_MS,
  UNAVAILABLE_WAIT_MS_MAX,
  UNAVAILABLE_WAIT_MS_MIN,
} from '../core/limits.ts';
import type { LogEntry } from '../core/log.ts';
import type { AttemptOutcome } from '../core/outcome.ts';
import type { AttemptRequest, BeginResult, ClaimRef } from '../core/rpc.ts';
import type { Begin } from './departing.ts';
import type { EndpointHints } from './hints.ts';
import type { At, Effects, Ledger, Settled } from './ledger.ts';
import type { Task } from './shard-ledger.ts';
import type { Run } from './lanes.ts';

export type RunnerDeps = {
  nowMs(): number;
  random(): number;
  /** Loading a record writes nothing. */
  ledger(record: string): Pick<Ledger, 'revisionNeeded' | 'asking' | 'memory'>;
  /**
   * A turn of its own, whose effects are performed (`Runner.perform`). Throws what the task throws.
   */
  act<T>(task: Task<T>): T;
  /** The same in the next commit, with whatever else comes until then. */
  join<T>(task: Task<T>): Promise<T>;
  /**
   * With these endpoints only, of ten thousand that an account may have. At most a few seconds old,
   * at least `minRevision` where that is known; with `isFresh` read now, whatever is remembered.
   * Null: no such account. Throws where it does not answer.
   */
  settings(need: { minRevision: number; isFresh: boolean; endpoints: string[] }): Promise<AccountSettings | null>;
  /** Never throws for what a receiver does. */
  attempt(request: AttemptRequest): Promise<AttemptOutcome>;
  sendClaims(queue: 'fanout' | 'slow', claims: ClaimRef[]): Promise<void>;
  /** `key`: of the record; null for events without one. */
  sendLog(record: string, key: string | null, entries: LogEntry[]): Promise<void>;
  /** Asks the Gate. Rejects where it does not answer in time. */
  admit(record: string, endpoint: string, seen: GateSettings): Promise<Admission>;
  report(record: string, endpoint: string, reports: Report[]): Promise<void>;
  hints: Pick<EndpointHints, 'answered' | 'takeSuccesses'>;
  disable(endpoint: string, reason: string, seenRevision: number): Promise<void>;
  /** The account is gone: nothing of this Shard may stay, nor of what is under way. */
  remove(): void;
  /** Keeps the object alive until the promise has settled. */
  keep(work: Promise<void>): void;
  failed(what: string, error: unknown): void;
};

export class Runner {
  readonly #deps: RunnerDeps;

  constructor(deps: RunnerDeps) {
    this.#deps = deps;
  }

  at(): At {
    return { nowMs: this.#deps.nowMs(), random: this.#deps.random };
  }

  /** Call it in the turn that returned the effects. Starts everything, awaits nothing. */
  perform(record: string, effects: Effects): void {
    const { keep } = this.#deps;
    for (const run of effects.run) keep(this.#run(run));
    if (effects.fanout.length > 0) keep(this.#sendClaims('fanout', effects.fanout));
    if (effects.slow.length > 0) keep(this.#sendClaims('slow', effects.slow));
    if (effects.log.length > 0) keep(this.#sendLog(record, effects.log));
    if (effects.settled !== undefined) this.#pass(record, effects.settled);
  }

  /** To the Gates and the Account. */
  #pass(record: string, { disable, reports }: Settled): void {
    if (reports.length > 0) this.#report(record, reports);
    for (const { endpoint, reason, seenRevision } of disable) {
      this.#deps.keep(
        this.#deps
          .disable(endpoint, reason, seenRevision)
          .catch((error: unknown) => this.#deps.failed('disable', error)),
      );
    }
  }

  #act<T>(record: string, run: (ledger: Ledger) => { result: T; effects: Effects }): T {
    return this.#deps.act({ record, run });
  }

  /** For acts that answer nothing. */
  #do(record: string, run: (ledger: Ledger) => Effects): void {
    this.#act(record, (ledger) => ({ result: undefined, effects: run(ledger) }));
  }

  /** Outcomes of claims, from this Shard's own attempts or a consumer's. */
  async settle(settled: { claim: ClaimRef; outcome: AttemptOutcome }[]): Promise<void> {
    for (const { claim, outcome } of settled) {
      if (outcome.error?.kind !== 'not-sent') this.#deps.hints.answered(claim.endpoint, outcome);
    }
    const byRecord = Map.groupBy(settled, ({ claim }) => claim.record);
    await Promise.all(
      [...byRecord].map(([record, of]) =>
        this.#deps.join({
          record,
          run: (ledger) => ({ result: undefined, effects: ledger.settle(of, this.at()) }),
        }),
      ),
    );
  }

  /**
   * The requests of a consumer's claims, or `gone`. Settings are read once and before any claim
   * begins, so that no claim's time runs while another's answer is awaited. Where a Gate must be
   * asked, the consumer does not wait for that: the claim comes again.
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

  /** The request of a claim of this Shard's own, with its Gate's leave where that is needed. */
  async #beginHere(claim: ClaimRef): Promise<BeginResult> {
    const { settings, begun } = await this.#beginAll([claim]);
    const [result] = begun;
    if (result?.kind !== 'ask') return result ?? GONE;
    if (settings === null || !(await this.#isAdmitted(claim, settings, result.endpoint))) return GONE;
    const again = this.#act(claim.record, (ledger) => ledger.begin(claim, settings, this.at(), true));
    if (again.kind !== 'ask') return again;
    // The settings at hand say that it is paused, the Gate says that it is not: they are read anew.
    this.#do(claim.record, (ledger) => ledger.unparked(claim, settings.revision + 1, this.#deps.nowMs(), this.at()));
    return GONE;
  }

  async #askAgain(claim: ClaimRef, settings: AccountSettings, endpoint: EndpointSettings): Promise<void> {
    try {
      if (!(await this.#isAdmitted(claim, settings, endpoint))) return;
      const at = this.at();
      this.#do(claim.record, (ledger) => ledger.promised(claim, at.nowMs, at));
    } catch (error) {
      // The claim runs out and comes again.
      this.#deps.failed('admission', error);
    }
  }

  async #beginAll(claims: ClaimRef[]): Promise<{ settings: AccountSettings | null; begun: Begin[] }> {
    let settings: AccountSettings | null;
    try {
      const needed = claims.map(({ record, endpoint }) => this.#deps.ledger(record).revisionNeeded(endpoint));
      const endpoints = claims.map(({ endpoint }) => endpoint);
      settings = await this.#deps.settings({ minRevision: Math.max(0, ...needed), isFresh: false, endpoints });
      // What is remembered may be older than the endpoint, or than its enabling. Cancelling is
      // final: only what is true now may do it.
      const wouldCancel = claims.some((claim) => isGone(settings, claim.endpoint));
      if (wouldCancel) settings = await this.#deps.settings({ minRevision: 0, isFresh: true, endpoints });
    } catch (error) {
      this.#unavailable('settings', claims, error);
      return { settings: null, begun: claims.map(() => GONE) };
    }
    if (settings === null) {
      this.#deps.remove();
      return { settings: null, begun: claims.map(() => GONE) };
    }
    const begun = claims.map((claim) => this.#tryBegin(claim, settings));
    return { settings, begun };
  }

  /** A record whose turn fails holds up no other: its claim runs out and comes again. */
  #tryBegin(claim: ClaimRef, settings: AccountSettings): Begin {
    try {
      return this.#act(claim.record, (ledger) => ledger.begin(claim, settings, this.at()));
    } catch (error) {
      this.#deps.failed(`begin of ${claim.record}`, error);
      return GONE;
    }
  }

  /**
   * Asks the Gate, and does what it says. True: the claim may begin; else it was given back or
   * parked.
   */
  async #isAdmitted(claim: ClaimRef, settings: AccountSettings, endpoint: EndpointSettings): Promise<boolean> {
    const { record } = claim;
    const asked = this.#deps.ledger(record).asking(endpoint.id, settings.revision);
    let answer: Admission;
    try {
      answer = await this.#deps.admit(record, endpoint.id, gateSettingsOf(settings.revision, endpoint));
    } catch (error) {
      this.#unavailable('gate', [claim], error);
      return false;
    }
    const at = this.at();
    switch (answer.kind) {
      case 'go':
        return true;
      case 'at': {
        const { atMs } = answer;
        this.#do(record, (ledger) => ledger.promised(claim, atMs, at));
        return false;
      }
      case 'parked': {
        const { why } = answer;
        this.#do(record, (ledger) => ledger.parked(claim, why, asked, at));
        return false;
      }
      case 'changed':
        this.#do(record, (ledger) => ledger.unparked(claim, asked.seenRevision + 1, at.nowMs, at));
        return false;
    }
  }

  /** One call for each endpoint. What is lost here is only not counted. */
  #report(record: string, reports: Settled['reports']): void {
    for (const [endpoint, of] of Map.groupBy(reports, (report) => report.endpoint)) {
      let successes = this.#deps.hints.takeSuccesses(endpoint, this.#deps.nowMs());
      // Those that are reported here are counted by themselves.
      successes = Math.max(0, successes - of.filter(({ outcome }) => outcome.error === null).length);
      const reported = of.map(({ outcome }, index) => ({
        answer: answerKind(outcome),
        retryAfterMs: outcome.retryAfterMs,
        successes: index === 0 ? successes : 0,
        atMs: outcome.atMs,
        ...(isTooMany(outcome) ? { isTooMany: true } : {}),
      }));
      this.#deps.keep(
        this.#deps.report(record, endpoint, reported).catch((error: unknown) => this.#deps.failed('report', error)),
      );
    }
  }

  /** Waiting is not an attempt. */
  #unavailable(what: string, claims: ClaimRef[], error: unknown): void {
    this.#deps.failed(what, error);
    const { nowMs, random } = this.at();
    const waitMs = UNAVAILABLE_WAIT_MS_MIN + random() * (UNAVAILABLE_WAIT_MS_MAX - UNAVAILABLE_WAIT_MS_MIN);
    this.#release(claims, Math.ceil(nowMs + waitMs));
  }

  #release(claims: ClaimRef[], dueMs: number): void {
    for (const [record, of] of Map.groupBy(claims, (claim) => claim.record)) {
      this.#do(record, (ledger) => ledger.release(of, dueMs, this.at()));
    }
  }

  async #run({ claim, request }: Run): Promise<void> {
    try {
      const begun = request === null ? await this.#beginHere(claim) : ({ kind: 'request', request } as const);
      if (begun.kind === 'gone') return;
      const outcome = await this.#deps.attempt(begun.request);
      await this.settle([{ claim, outcome }]);
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
      this.#release(claims, this.#deps.nowMs() + QUEUE_FAILED_WAIT_MS);
    }
  }

  async #sendLog(record: string, entries: LogEntry[]): Promise<void> {
    try {
      await this.#deps.sendLog(record, this.#deps.ledger(record).memory.record, entries);
    } catch (error) {
      this.#deps.failed('log', error);
      const at = this.at();
      this.#do(record, (ledger) => ledger.logFailed(entries, at.nowMs + LOG_SEND_FAILED_WAIT_MS, at));
    }
  }
}

const GONE = { kind: 'gone' } as const;

function isGone(settings: AccountSettings | null, endpoint: string): boolean {
  const known = settings?.endpoints.find(({ id }) => id === endpoint);
  return known === undefined || known.status === 'disabled';
}
