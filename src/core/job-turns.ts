/**
 * Whose turn it is among all jobs, so that sixty replays of one customer are not sixty times the
 * work of one: an account has few jobs at work at a time, and its jobs and all jobs together a
 * pace. In memory: whoever forgets is asked again. Pure.
 */
import {
  JOB_TURN_AGAIN_MS,
  JOB_TURN_AHEAD_MS,
  JOB_TURN_MS,
  JOB_TURNS_REMEMBERED_MAX,
  JOBS_AT_WORK_OF_ACCOUNT,
  JOBS_PER_SECOND,
  JOBS_PER_SECOND_OF_ACCOUNT,
} from './limits.ts';

/**
 * `isWork` false: it only looks at what it has set going, which takes no place of another.
 * `account` null: of none.
 */
export type JobTurnRequest = { job: string; account: string | null; items: number; isWork: boolean };
/**
 * `behind`: how many jobs of the account are at work before it; 0 where it waits for the pace
 * alone.
 */
export type JobTurn = { kind: 'go' } | { kind: 'wait'; afterMs: number; behind: number };

type Asked = { account: string; atMs: number };
type Pace = { freeAtMs: number };

const FORGET_EVERY_MS = 1_000;

export class JobTurns {
  /** In the order in which they first asked. */
  readonly #jobs = new Map<string, Asked>();
  readonly #paces = new Map<string, Pace>();
  #forgotAtMs = 0;

  ask({ job, account, items, isWork }: JobTurnRequest, nowMs: number): JobTurn {
    this.#forget(nowMs);
    // A job of no account shares with no other.
    const of = account ?? job;
    if (isWork && (this.#jobs.has(job) || this.#jobs.size < JOB_TURNS_REMEMBERED_MAX)) {
      this.#jobs.set(job, { account: of, atMs: nowMs });
      const behind = this.#behind(job, of);
      if (behind >= JOBS_AT_WORK_OF_ACCOUNT) return { kind: 'wait', afterMs: JOB_TURN_AGAIN_MS, behind };
    }
    const pace = this.#paces.get(of) ?? { freeAtMs: 0 };
    const waitMs = pace.freeAtMs - nowMs;
    if (waitMs > JOB_TURN_AHEAD_MS) return { kind: 'wait', afterMs: Math.ceil(waitMs), behind: 0 };
    this.#paces.set(of, pace);
    // An equal part of what all may have: who asks first or most often has no more of it.
    const perSecond = Math.min(JOBS_PER_SECOND_OF_ACCOUNT, JOBS_PER_SECOND / Math.max(1, this.#accounts()));
    pace.freeAtMs = Math.max(pace.freeAtMs, nowMs) + (items * 1_000) / perSecond;
    return { kind: 'go' };
  }

  #accounts(): number {
    return new Set([...this.#jobs.values()].map(({ account }) => account)).size;
  }

  #behind(job: string, of: string): number {
    let before = 0;
    for (const [other, { account }] of this.#jobs) {
      if (other === job) return before;
      if (account === of) before += 1;
    }
    return before;
  }

  #forget(nowMs: number): void {
    if (Math.abs(nowMs - this.#forgotAtMs) < FORGET_EVERY_MS) return;
    this.#forgotAtMs = nowMs;
    for (const [job, { atMs }] of this.#jobs) if (nowMs - atMs > JOB_TURN_MS) this.#jobs.delete(job);
    for (const [of, { freeAtMs }] of this.#paces) if (freeAtMs <= nowMs) this.#paces.delete(of);
  }
}
