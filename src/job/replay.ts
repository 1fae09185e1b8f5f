/**
 * R2 to R4: deliveries of a range are sent again, at a pace. Each item makes one replay at its
 * Shard, which knows it by the job's id, so a step that is repeated after a crash meets the replay
 * that it made; and it is over when that replay has ended.
 */
import type { JobSpec, JobStart } from '../core/job.ts';
import { REPLAY_LOOK_MS_CAP, REPLAY_LOOK_MS_MIN } from '../core/limits.ts';
import type { ReplayRefusal } from '../core/rpc.ts';
import type { DeliveryView } from '../core/view.ts';
import type { Bindings } from '../env.ts';
import { callObject } from '../lookup/objects.ts';
import { recordStub } from '../lookup/stubs.ts';
import { inOrder, listRange, locate } from './bulk.ts';
import { open, type Outcome, over, type Work } from './work.ts';

type Replay = Extract<JobSpec, { kind: 'replay' }>;

/** Looks grow with the job's age, by this part of it. */
const LOOK_PART = 10;

/**
 * Counted in deliveries: `done` are delivered, `failed` ended otherwise, `skipped` were rightly not
 * sent.
 */
export function replayWork(
  { id: job, by: key, reason }: JobStart,
  spec: Replay,
  startedMs: number,
  env: Bindings,
): Work {
  const turn = inOrder();
  const by = { key, reason, force: spec.force, job };
  const { statuses } = spec.range;
  return {
    list: (cursor) => listRange(spec, spec.range, cursor, env),
    perform: async (item) => {
      const { record, ref, isMissing } = locate(spec, item);
      const replayed = await turn(record, () =>
        callObject(
          () => recordStub(env, record),
          // A person may have discarded it since it was listed: that means never.
          (stub) => (isMissing ? stub.replayMissing(ref, by) : stub.replay(ref, { ...by, statuses })),
        ),
      );
      return replayed.ok ? outcomeOf(replayed.value, Date.now() - startedMs) : refusedOutcome(replayed.error);
    },
    close: () => Promise.resolve(),
  };
}

function outcomeOf(view: DeliveryView, ageMs: number): Outcome {
  switch (view.status) {
    case 'delivered':
      return over(1);
    case 'dead':
    case 'cancelled':
    case 'superseded': {
      const code = view.last?.statusCode;
      const why = view.reason ?? (typeof code === 'number' ? `status ${code}` : (view.last?.error?.message ?? ''));
      return { kind: 'failed', reason: `the replay ${view.id} ended as ${view.status}: ${why}` };
    }
    case 'queued':
    case 'retrying':
    case 'held':
    case 'delivering':
      return open({
        afterMs: Math.min(Math.max(REPLAY_LOOK_MS_MIN, ageMs / LOOK_PART), REPLAY_LOOK_MS_CAP),
        waitsFor: view.parked ?? view.status,
        weight: 1,
      });
  }
}

function refusedOutcome(refusal: ReplayRefusal): Outcome {
  switch (refusal.reason) {
    case 'still-open':
    case 'already-replayed':
    case 'status-changed':
    case 'older-version':
    case 'overtaken':
    case 'not-found':
    case 'payload-erased':
    case 'not-missing':
    case 'not-subscribed':
    case 'filtered':
    case 'payload-expired':
      return { kind: 'skipped', reason: refusal.reason };
    case 'endpoint-removed':
      return { kind: 'failed', reason: 'the endpoint was removed' };
    case 'endpoint-disabled':
      return { kind: 'failed', reason: `the endpoint is disabled (${refusal.statusReason ?? 'no reason'})` };
    case 'storage-full':
      return { kind: 'failed', reason: `its record holds ${refusal.bytes} bytes, and takes nothing new` };
    case 'full':
      return { kind: 'unanswered', reason: `its record holds ${refusal.open} open deliveries` };
  }
}
