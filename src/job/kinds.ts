/** The kinds of jobs: the one place that knows all of them. */
import type { JobSpec, JobStart } from '../core/job.ts';
import type { Bindings } from '../env.ts';
import { REMOVAL_KIND, removalWork } from './account-removal.ts';
import { BULK_KIND } from './bulk.ts';
import { BROADCAST_KIND, broadcastWork } from './broadcast.ts';
import { discardWork } from './discard.ts';
import { replayWork } from './replay.ts';
import { SWEEP_KIND, sweepWork } from './sweep.ts';
import type { KindRules, Work } from './work.ts';

export function kindOf(spec: JobSpec): KindRules {
  switch (spec.kind) {
    case 'broadcast':
      return BROADCAST_KIND;
    case 'sweep':
      return SWEEP_KIND;
    case 'account-removal':
      return REMOVAL_KIND;
    case 'replay':
      return { ...BULK_KIND, pacePerSecond: spec.pacePerSecond };
    case 'discard':
      return BULK_KIND;
  }
}

/** `startedMs`: when the job was started, which for a broadcast says who is included. */
export function workOf(start: JobStart, startedMs: number, env: Bindings): Work {
  const { spec } = start;
  switch (spec.kind) {
    case 'broadcast':
      return broadcastWork(spec, startedMs, env);
    case 'sweep':
      return sweepWork(spec, env);
    case 'account-removal':
      return removalWork(start, spec, env);
    case 'replay':
      return replayWork(start, spec, startedMs, env);
    case 'discard':
      return discardWork(start, spec, env);
  }
}
