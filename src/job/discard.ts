/**
 * V6: dead letters of a range are given up, each at its Shard. What was discarded already counts as
 * done: a step may be repeated.
 */
import type { JobSpec, JobStart } from '../core/job.ts';
import { REPLAY_LOOK_MS_MIN } from '../core/limits.ts';
import type { Bindings } from '../env.ts';
import { callObject } from '../lookup/objects.ts';
import { recordStub } from '../lookup/stubs.ts';
import { inOrder, listRange, locate } from './bulk.ts';
import { open, over, type Work } from './work.ts';

type Discard = Extract<JobSpec, { kind: 'discard' }>;

export function discardWork({ by: key, reason }: JobStart, spec: Discard, env: Bindings): Work {
  const turn = inOrder();
  return {
    list: (cursor) => listRange(spec, spec.range, cursor, env),
    perform: async (item) => {
      const { record, ref } = locate(spec, item);
      const discarded = await turn(record, () =>
        callObject(
          () => recordStub(env, record),
          (stub) => stub.discard(ref, { key, reason }),
        ),
      );
      if (discarded.ok) return over(1);
      const { error } = discarded;
      if (error.reason === 'in-flight') return open({ afterMs: REPLAY_LOOK_MS_MIN, weight: 1 });
      if (error.reason === 'already-ended' && error.status === 'cancelled') return over(1);
      return { kind: 'skipped', reason: error.reason };
    },
    close: () => Promise.resolve(),
  };
}
