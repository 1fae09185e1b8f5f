/** The kinds of jobs: the one place that knows all of them. */
import type { JobKind, JobStart } from '../core/job.ts';
import type { Bindings } from '../env.ts';
import { SWEEP_MANNER, sweepWork } from './sweep.ts';
import type { Manner, Work } from './work.ts';

export function mannerOf(kind: JobKind): Manner {
  switch (kind) {
    case 'sweep':
      return SWEEP_MANNER;
    case 'broadcast':
    case 'account-removal':
      throw new Error('not yet');
  }
}

export function workOf({ spec }: JobStart, _startedMs: number, env: Bindings): Work {
  switch (spec.kind) {
    case 'sweep':
      return sweepWork(spec, env);
    case 'broadcast':
    case 'account-removal':
      throw new Error('not yet');
  }
}
