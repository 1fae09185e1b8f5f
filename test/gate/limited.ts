/**
 * A simulation of one endpoint whose receiver limits what it is sent: the Gate's own protocol on
 * SQL, lanes of many records in front of it, and the time moved from one moment to the next. What
 * it measures is how long healthy records wait beside limited ones.
 */
import { DatabaseSync } from 'node:sqlite';
import type { GateSettings } from '../../src/core/admission.ts';
import {
  CIRCUIT_WINDOW_MS,
  RETRY_SCHEDULE_SECONDS_DEFAULT,
  RETRY_WINDOW_SECONDS_DEFAULT,
} from '../../src/core/limits.ts';
import { type AnswerKind, type Report } from '../../src/core/report.ts';
import { planRetry } from '../../src/core/retry.ts';
import { GateLedger } from '../../src/gate/ledger.ts';
import { sqlOf } from '../shard/bench.ts';
import { Prng } from '../sim/prng.ts';

export type Answer = { answer: AnswerKind; statusCode: number; retryAfterMs: number | null };
/** What the receiver answers to a request of a record that arrives then. */
export type Receiver = (record: number, nowMs: number) => Answer;

export const SERVED: Answer = { answer: 'delivered', statusCode: 204, retryAfterMs: null };
export const DOWN: Answer = { answer: 'failed', statusCode: 500, retryAfterMs: null };
export const limited = (retryAfterMs: number | null): Answer => ({ answer: 'failed', statusCode: 429, retryAfterMs });

export type Plan = {
  seed: number;
  records: number;
  perSecondEach: number;
  seconds: number;
  receiver: Receiver;
  /** Held back until then, and drained as after a pause. */
  resumeAtMs?: number;
};

export const served: Receiver = () => SERVED;
export const during = (fromMs: number, toMs: number, answer: Receiver, otherwise: Receiver): Receiver => {
  return (record, nowMs) => (nowMs >= fromMs && nowMs < toMs ? answer : otherwise)(record, nowMs);
};
const outage = (then: Receiver) => during(60_000, 180_000, () => DOWN, then);

export type State = { name: string; plan: Pick<Plan, 'seconds' | 'resumeAtMs'>; receiver: (of: Receiver) => Receiver };
export const STATES: State[] = [
  { name: 'closed', plan: { seconds: 300 }, receiver: (of) => of },
  { name: 'half-open after a pause', plan: { seconds: 70, resumeAtMs: 60_000 }, receiver: (of) => of },
  { name: 'open and half-open after an outage', plan: { seconds: 240 }, receiver: outage },
];

export type Arrival = { record: number; atMs: number; answer: Answer };
export type Result = {
  /** From the publish to its 2xx, of each delivered event. */
  waits: { record: number; publishedMs: number; ms: number }[];
  arrivals: Arrival[];
};

type Item = { publishedMs: number; retries: number; firstMs: number | null; dueMs: number };
type Lane = { record: number; items: Item[]; isBusy: boolean; isParked: boolean; passes: number };
type Moment = { atMs: number; order: number; run: () => void };

/**
 * How long the Account takes to tell all Records that the endpoint is watched, and a request takes
 * there and back.
 */
const TOLD_MS = 200;
const LATENCY_MS = 50;
const POLICY = {
  scheduleSeconds: [...RETRY_SCHEDULE_SECONDS_DEFAULT],
  windowSeconds: RETRY_WINDOW_SECONDS_DEFAULT,
};

/** Two runs are compared: what differs between them is who is limited, and not a draw. */
function noJitter(): number {
  return 0.5;
}

export class LimitedEndpoint {
  nowMs = 0;
  readonly gate = new GateLedger(sqlOf(new DatabaseSync(':memory:')));
  readonly #plan: Plan;
  readonly #prng: Prng;
  readonly #lanes: Lane[] = [];
  readonly #moments: Moment[] = [];
  readonly #result: Result = { waits: [], arrivals: [] };
  readonly #successes: number[] = [];
  #settings: GateSettings = { revision: 1, status: 'enabled', rateLimitPerSecond: null, isWatched: false };
  #ringAtMs = Infinity;
  #order = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#prng = new Prng(plan.seed);
  }

  run(): Result {
    const { records, perSecondEach, seconds, resumeAtMs } = this.#plan;
    this.gate.changed(this.#settings, this.#at());
    if (resumeAtMs !== undefined) {
      this.#learn({ status: 'paused' });
      this.#in(resumeAtMs, () => this.#learn({ status: 'enabled', isWatched: true }));
    }
    for (let record = 0; record < records; record += 1) {
      const lane: Lane = { record, items: [], isBusy: false, isParked: false, passes: 0 };
      this.#lanes.push(lane);
      const times = new Prng(this.#plan.seed * 1_000 + record);
      for (
        let atMs = this.#gap(times, perSecondEach);
        atMs < seconds * 1_000;
        atMs += this.#gap(times, perSecondEach)
      ) {
        this.#in(atMs, () => this.#publish(lane));
      }
    }
    this.#moments.sort((a, b) => b.atMs - a.atMs || b.order - a.order);
    for (let next = this.#next(); next !== null; next = this.#next()) {
      // What is not delivered by then is not counted: a day covers each retry that matters here.
      if (next.atMs > 86_400_000) break;
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.run();
    }
    return this.#result;
  }

  #gap(prng: Prng, perSecond: number): number {
    return (-Math.log(1 - prng.next()) / perSecond) * 1_000;
  }

  #next(): Moment | null {
    const first = this.#moments.at(-1) ?? null;
    const ringAtMs = Math.max(this.#ringAtMs, this.nowMs);
    if (ringAtMs !== Infinity && ringAtMs <= (first?.atMs ?? Infinity)) {
      return { atMs: ringAtMs, order: 0, run: () => this.#ring() };
    }
    this.#moments.pop();
    return first;
  }

  /** Kept in order, latest first. */
  #in(atMs: number, run: () => void): void {
    this.#order += 1;
    const moment = { atMs, order: this.#order, run };
    let from = 0;
    let to = this.#moments.length;
    while (from < to) {
      const middle = Math.floor((from + to) / 2);
      if ((this.#moments[middle]?.atMs ?? 0) > atMs) from = middle + 1;
      else to = middle;
    }
    this.#moments.splice(from, 0, moment);
  }

  #at() {
    return { nowMs: this.nowMs, random: noJitter };
  }

  #learn(given: Partial<GateSettings>): void {
    this.#settings = { ...this.#settings, revision: this.#settings.revision + 1, ...given };
    this.#follow(this.gate.changed(this.#settings, this.#at()));
  }

  #follow({ wakeAtMs, watch }: { wakeAtMs: number | null; watch: boolean | null }): void {
    if (wakeAtMs !== null) this.#ringAtMs = Math.min(this.#ringAtMs, wakeAtMs);
    if (watch !== null) this.#in(this.nowMs + TOLD_MS, () => this.#learn({ isWatched: watch }));
  }

  #ring(): void {
    this.#ringAtMs = Infinity;
    const { wakes, effects } = this.gate.due(this.#at());
    this.#follow(effects);
    const results = wakes.map((wake) => {
      const lane = this.#lanes[Number(wake.record)];
      if (lane === undefined) return { wake, woken: null };
      lane.isParked = false;
      lane.passes += wake.passes ?? 1;
      const before = lane.isBusy;
      this.#go(lane);
      return { wake, woken: { started: Number(lane.isBusy && !before), isStillParked: false } };
    });
    const { wakeAtMs, watch } = this.gate.settle(results, this.#at());
    this.#ringAtMs = Infinity;
    this.#follow({ wakeAtMs, watch });
  }

  #publish(lane: Lane): void {
    lane.items.push({ publishedMs: this.nowMs, retries: 0, firstMs: null, dueMs: this.nowMs });
    this.#go(lane);
  }

  #go(lane: Lane): void {
    const [head] = lane.items;
    if (head === undefined || lane.isBusy || lane.isParked || head.dueMs > this.nowMs) return;
    const isGuarded = this.#settings.isWatched || this.#settings.status !== 'enabled';
    if (isGuarded && lane.passes > 0) lane.passes -= 1;
    else if (isGuarded && !this.#isAdmitted(lane)) return;
    this.#send(lane, head, this.#settings.isWatched);
  }

  #isAdmitted(lane: Lane): boolean {
    const { answer, effects } = this.gate.admit(String(lane.record), this.#settings, this.#at());
    this.#follow(effects);
    if (answer.kind === 'go') return true;
    if (answer.kind === 'parked') lane.isParked = true;
    else this.#in(this.nowMs + 1, () => this.#go(lane));
    return false;
  }

  #send(lane: Lane, head: Item, isWatched: boolean): void {
    const atMs = this.nowMs;
    lane.isBusy = true;
    head.firstMs ??= atMs;
    this.#in(atMs + LATENCY_MS / 2, () => {
      const answer = this.#plan.receiver(lane.record, this.nowMs);
      this.#result.arrivals.push({ record: lane.record, atMs: this.nowMs, answer });
      // A refusal is made sooner than work is done: so the first that is heard are refusals.
      const backMs = answer.answer === 'delivered' ? LATENCY_MS * (0.5 + this.#prng.next()) : 5;
      this.#in(this.nowMs + backMs, () => this.#settle(lane, head, answer, { atMs, isWatched }));
    });
  }

  #settle(lane: Lane, head: Item, answer: Answer, sent: { atMs: number; isWatched: boolean }): void {
    lane.isBusy = false;
    const { nowMs } = this;
    if (answer.answer === 'delivered') {
      this.#result.waits.push({ record: lane.record, publishedMs: head.publishedMs, ms: nowMs - head.publishedMs });
      lane.items.shift();
      if (!sent.isWatched) this.#successes.push(sent.atMs);
    } else {
      const question = { policy: POLICY, firstAttemptAtMs: head.firstMs ?? nowMs, heldMs: 0, random: noJitter };
      const plan = planRetry({ ...question, nowMs, retries: head.retries, retryAfterMs: answer.retryAfterMs });
      head.retries += 1;
      if (plan.kind === 'retry') {
        head.dueMs = plan.dueMs;
        this.#in(plan.dueMs, () => this.#go(lane));
      } else lane.items.shift();
    }
    if (answer.answer !== 'delivered' || sent.isWatched) this.#report(lane, answer, sent.atMs);
    this.#go(lane);
  }

  /**
   * As hints.ts counts them: what went well lately in this isolate, with the next that is reported.
   */
  #report({ record }: Lane, { answer, statusCode, retryAfterMs }: Answer, atMs: number): void {
    const successes = this.#successes.filter((one) => this.nowMs - one < 2 * CIRCUIT_WINDOW_MS).length;
    this.#successes.length = 0;
    const isTooMany = statusCode === 429 ? { isTooMany: true } : {};
    const report: Report = { answer, retryAfterMs, successes, atMs, ...isTooMany };
    this.#follow(this.gate.report(String(record), [report], this.#at()));
  }
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/**
 * How long healthy records wait, each quantile as a ratio to the same records' waits where nobody
 * is limited.
 */
export type Ratios = { p50: number; p95: number; p99: number };

export function ratios(
  plan: Omit<Plan, 'receiver'> & {
    /** The receiver where nobody is limited, and where some are. */
    alone: Receiver;
    beside: Receiver;
    isHealthy: (record: number) => boolean;
  },
): Ratios {
  const waits = (receiver: Receiver) => {
    const all = new LimitedEndpoint({ ...plan, receiver }).run().waits;
    return all.filter(({ record }) => plan.isHealthy(record)).map(({ ms }) => ms);
  };
  const alone = waits(plan.alone);
  const beside = waits(plan.beside);
  const ratio = (share: number) => quantile(beside, share) / quantile(alone, share);
  return { p50: ratio(0.5), p95: ratio(0.95), p99: ratio(0.99) };
}
