/**
 * What all parts of a simulated world share: chance, time, faults, the network between objects,
 * what was seen, and the trace.
 */
import { EndpointHints } from '../../src/shard/hints.ts';
import { drawFaults, type Faults, NO_FAULTS } from './faults.ts';
import { Prng } from './prng.ts';
import { Life, Schedule } from './schedule.ts';
import type { TurnFault } from './sqlite.ts';

/** A machine: its clock is off by some ms, and what it remembers goes with it. */
export type Node = { name: string; skewMs: number; hints: EndpointHints };

const START_MS = Date.UTC(2026, 10, 21);
const CALL_TRIES_MAX = 3;
const TRACE_LINES = Number(process.env['SIM_TRACE'] ?? 80);
const NODES = 3;

export class World {
  readonly prng: Prng;
  readonly schedule = new Schedule(START_MS);
  readonly nodes: Node[] = [];
  readonly seen = new Map<string, number>();
  readonly trace: string[] = [];
  /** As drawn, and as they are now. */
  readonly drawn: Faults;
  faults: Faults;
  step = 0;

  constructor(seed: number) {
    this.prng = new Prng(seed);
    this.drawn = drawFaults(this.prng);
    this.faults = this.drawn;
    for (let n = 1; n <= NODES; n += 1) this.nodes.push({ name: `node${n}`, skewMs: 0, hints: new EndpointHints() });
    this.skew();
  }

  get nowMs(): number {
    return this.schedule.nowMs;
  }

  saw(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
  }

  note(line: string): void {
    this.trace.push(`${this.step} +${((this.nowMs - START_MS) / 1_000).toFixed(3)}s ${line}`);
    if (this.trace.length > TRACE_LINES) this.trace.shift();
  }

  clockOf(node: Node): number {
    return this.nowMs + node.skewMs;
  }

  /** Clocks drift within their bound, also backwards. */
  skew(): void {
    const most = this.faults.clockSkewMs;
    for (const node of this.nodes) node.skewMs = most === 0 ? 0 : this.prng.between(-most, most);
  }

  calmDown(): void {
    this.faults = NO_FAULTS;
    this.skew();
  }

  turnFault(): TurnFault {
    const { turnThrows, turnCrashes } = this.faults;
    if (this.prng.chance(turnThrows)) {
      this.saw('turn that threw');
      return 'throw';
    }
    if (!this.prng.chance(turnCrashes)) return 'none';
    this.saw('crash inside a turn');
    return 'crash';
  }

  /** A promise that a step of the world settles. */
  later<T>(what: string, life: Life, delayMs: number, value: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        try {
          resolve(value());
        } catch (error) {
          reject(error);
        }
      };
      this.schedule.add(what, settle, { life, delayMs });
    });
  }

  /**
   * A call to an object. It may be slow, be lost on its way or on the way back; then a retryable
   * one is made again, perhaps to another instance, and any other rejects. What the caller and the
   * object exchange is copied, as between machines.
   */
  call<T>(from: Life, what: string, isRetryable: boolean, target: () => Target<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const attempt = (number: number): void => {
      const fail = (why: string) => {
        if (isRetryable && number < CALL_TRIES_MAX) attempt(number + 1);
        else this.schedule.add(`${what}: rejects`, () => reject(new Error(`${what}: ${why}`)), { life: from });
      };
      const arrive = () => {
        if (this.prng.chance(this.faults.callLost)) return fail('the call was lost');
        const { life, run } = target();
        let isOver = false;
        const answered = (settle: () => void) => {
          if (isOver) return;
          isOver = true;
          forget();
          if (this.prng.chance(this.faults.answerLost)) {
            this.saw('answer of an object lost');
            fail('the answer was lost');
          } else this.schedule.add(`${what}: answers`, settle, { life: from, delayMs: this.#callMs() });
        };
        const forget = life.onEnd(() => {
          if (isOver) return;
          isOver = true;
          fail('the object died');
        });
        run().then(
          (value) => answered(() => resolve(structuredClone(value))),
          // What the object's own code threw is not retried.
          (error: unknown) => answered(() => reject(error instanceof Error ? error : new Error(String(error)))),
        );
        if (isRetryable && this.prng.chance(this.faults.callDoubled)) {
          this.saw('call made twice');
          this.schedule.add(`${what} (again)`, () => void target().run().catch(ignore), { delayMs: this.#callMs() });
        }
      };
      this.schedule.add(what, arrive, { life: from, isOutbound: true, delayMs: this.#callMs() });
    };
    // The dead make no calls: their promise never settles.
    if (from.isAlive) attempt(1);
    return promise;
  }

  #callMs(): number {
    return this.prng.chance(this.faults.callSlow) ? this.prng.between(1, this.faults.callSlowMs) : 0;
  }
}

export type Target<T> = { life: Life; run: () => Promise<T> };

export function ignore(): void {
  // For promises whose failure is somebody else's to report.
}
