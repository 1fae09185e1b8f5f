/** Leads a job from a test: its clock is the test's, and rings when the test says so. */
import { env } from 'cloudflare:workers';
import { runDurableObjectAlarm } from 'cloudflare:test';
import { vi } from 'vitest';
import { jobName } from '../../src/core/ids.ts';
import { call } from './api.ts';

const RINGS_MAX = 2_000;

export type ShownJob = {
  id: string;
  status: string;
  note: string;
  progress: { total: number; done: number; failed: number; skipped: number };
  failures: { item: string; reason: string }[];
  history: { action: string; by: string; reason: string | null }[];
};

export function jobOf(id: string) {
  return env.JOB.getByName(jobName(id));
}

/**
 * Rings the job's alarm as often as it takes; a rest between two passes is over at once. Date must
 * be faked.
 */
export async function until(
  id: string,
  isReached: (job: ShownJob) => boolean,
  /** What else must ring. */
  also: () => Promise<unknown> = () => Promise.resolve(),
): Promise<ShownJob> {
  for (let rings = 0; rings < RINGS_MAX; rings += 1) {
    const { body } = await call('GET', `/v1/jobs/${id}`);
    if (isReached(body)) return body;
    vi.setSystemTime(Date.now() + (body.note.includes('looks once more') ? 61_000 : 200));
    await runDurableObjectAlarm(jobOf(id));
    await also();
  }
  throw new Error(`job ${id} does not get there: ${(await call('GET', `/v1/jobs/${id}`)).text}`);
}

export function untilFinished(id: string, also?: () => Promise<unknown>): Promise<ShownJob> {
  return until(id, ({ status }) => status === 'finished', also);
}
