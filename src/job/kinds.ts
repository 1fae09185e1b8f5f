/** The kinds of jobs: the one place that knows all of them. */
import type { JobSpec, JobStart } from '../core/job.ts';
import type { Bindings } from '../env.ts';
import { REMOVAL_MANNER, removalWork } from './account-removal.ts';
import { BULK_MANNER } from './bulk.ts';
import { BROADCAST_MANNER, broadcastWork } from './broadcast.ts';
import { discardWork } from './discard.ts';
import { replayWork } from './replay.ts';
import { SWEEP_MANNER, sweepWork } from './sweep.ts';
import type { Manner, Work } from './work.ts';

export function mannerOf(spec: JobSpec): Manner {
  switch (spec.kind) {
    case 'broadcast':
      return BROADCAST_MANNER;
    case 'sweep':
      return SWEEP_MANNER;
    case 'account-removal':
      return REMOVAL_MANNER;
    case 'replay':
      return { ...BULK_MANNER, pacePerSecond: spec.pacePerSecond };
    case 'discard':
      return BULK_MANNER;
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
