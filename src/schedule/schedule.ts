/**
 * The cron: every minute each task does one bounded step. Nothing here owns state: a task finds in
 * D1 or in an object what is next, so that a run that is lost, doubled or cut off does no harm. One
 * task that fails keeps no other from its turn.
 */
import type { Bindings } from '../env.ts';
import { alertsTask } from './alerts.ts';
import { auditTask } from './audit.ts';
import { retention } from './retention.ts';
import { rollUp } from './roll-up.ts';
import type { Task } from './task.ts';
import { logLine } from '../log-line.ts';

const TASKS: readonly Task[] = [alertsTask, retention, auditTask, rollUp];

export async function runSchedule(env: Bindings, nowMs: number, tasks: readonly Task[] = TASKS): Promise<void> {
  const results = await Promise.allSettled(tasks.map((task) => task.run(env, nowMs)));
  for (const [i, result] of results.entries()) {
    if (result.status === 'fulfilled') continue;
    const error = result.reason instanceof Error ? (result.reason.stack ?? result.reason.message) : result.reason;
    logLine('error', 'scheduled task failed', { task: tasks[i]?.name, error: String(error) });
  }
}
