/** What the cron calls: on its own, because the schedule imports every task. */
import type { Bindings } from '../env.ts';

export type Task = {
  name: string;
  /** One bounded step. `nowMs` is the time of the cron, not of the clock. */
  run(env: Bindings, nowMs: number): Promise<void>;
};
