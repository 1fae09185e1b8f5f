/** Many jobs of one account take no more than a few, and all jobs together have a bound. */
import { expect, test } from 'vitest';
import { JobTurns } from '../../src/core/job-turns.ts';
import {
  JOB_TURN_AGAIN_MS,
  JOB_TURN_MS,
  JOBS_AT_WORK_OF_ACCOUNT,
  JOBS_PER_SECOND,
  JOBS_PER_SECOND_OF_ACCOUNT,
} from '../../src/core/limits.ts';

const ask = (turns: JobTurns, job: string, account: string | null, nowMs: number, isWork = true) =>
  turns.ask({ job, account, items: 10, isWork }, nowMs);

/** Every job asks as soon as it may, for ten seconds. Items that each had. */
function play(jobs: { job: string; account: string | null }[]): Map<string, number> {
  const turns = new JobTurns();
  const had = new Map<string, number>();
  const next = new Map(jobs.map(({ job }) => [job, 0]));
  for (let nowMs = 0; nowMs < 10_000; nowMs += 10) {
    for (const { job, account } of jobs) {
      if ((next.get(job) ?? 0) > nowMs) continue;
      const turn = ask(turns, job, account, nowMs);
      if (turn.kind === 'go') had.set(job, (had.get(job) ?? 0) + 10);
      next.set(job, nowMs + (turn.kind === 'go' ? 100 : turn.afterMs));
    }
  }
  return had;
}

const sixty = Array.from({ length: 60 }, (_, n) => ({ job: `job_${n}`, account: 'loud' }));

test('sixty jobs of one account are worked on two at a time, in their order, at the pace of an account', () => {
  const had = play(sixty);
  expect([...had.keys()]).toEqual(['job_0', 'job_1']);
  const items = [...had.values()].reduce((a, b) => a + b, 0);
  expect(items).toBeLessThanOrEqual(10.6 * JOBS_PER_SECOND_OF_ACCOUNT);
  expect(items).toBeGreaterThan(9 * JOBS_PER_SECOND_OF_ACCOUNT);
});

test('the job of another account is not behind them', () => {
  const had = play([...sixty, { job: 'job_quiet', account: 'quiet' }]);
  expect(had.get('job_quiet') ?? 0).toBeGreaterThan(9 * JOBS_PER_SECOND_OF_ACCOUNT);
});

test('all jobs together have a bound, of which each account gets some', () => {
  const jobs = Array.from({ length: 20 }, (_, n) => ({ job: `job_${n}`, account: n % 5 === 0 ? null : `acc_${n}` }));
  const had = play(jobs);
  const items = [...had.values()].reduce((a, b) => a + b, 0);
  expect(items).toBeLessThanOrEqual(11.5 * JOBS_PER_SECOND);
  expect(had.size).toBe(20);
});

test('the next takes the place of one that has ended, and of one that only looks', () => {
  const turns = new JobTurns();
  for (let n = 0; n < JOBS_AT_WORK_OF_ACCOUNT; n += 1) expect(ask(turns, `job_${n}`, 'a', 0)).toEqual({ kind: 'go' });
  expect(ask(turns, 'late', 'a', 0)).toEqual({ kind: 'wait', afterMs: JOB_TURN_AGAIN_MS, behind: 2 });
  expect(ask(turns, 'job_0', 'a', JOB_TURN_MS, false)).toEqual({ kind: 'go' });
  expect(ask(turns, 'job_1', 'a', JOB_TURN_MS)).toEqual({ kind: 'go' });
  expect(ask(turns, 'late', 'a', JOB_TURN_MS + 1_001)).toEqual({ kind: 'go' });
});
