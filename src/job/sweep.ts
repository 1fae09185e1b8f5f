/**
 * The sweep after an endpoint was removed or disabled: everything that waits for it is cancelled
 * there and then (E5). It walks the account's Shards, each of which knows the records where
 * anything waits, so nothing is missed. What is on its way may still arrive, and is looked at
 * again.
 */
import { shardName } from '../core/ids.ts';
import type { JobSpec } from '../core/job.ts';
import { JOB_ITEM_TRIES_MAX, JOB_PACE_PER_SECOND, SWEEP_LEFT_WAIT_MS } from '../core/limits.ts';
import { shardsOf } from '../lookup/address.ts';
import type { Bindings } from '../env.ts';
import { callObject } from '../lookup/objects.ts';
import { shardStub } from '../lookup/stubs.ts';
import { type Item, type KindRules, open, type Outcome, type Page, type Work } from './work.ts';

type Sweep = Extract<JobSpec, { kind: 'sweep' }>;

export const SWEEP_KIND: KindRules = {
  isCancellable: true,
  // A publish that had read the settings just before the change may bring one more.
  passes: 'until-quiet',
  isRemembering: false,
  triesMax: JOB_ITEM_TRIES_MAX,
  pacePerSecond: JOB_PACE_PER_SECOND,
};

/**
 * Counted in deliveries: `done` are those that wait no longer, `skipped` those that rightly wait,
 * for an endpoint enabled again.
 */
export function sweepWork(spec: Sweep, env: Bindings): Work {
  const { endpoint, revision } = spec;

  async function list(): Promise<Page> {
    return { items: shardsOf(spec).map((shard) => ({ key: shardName(shard), weight: 0 })), next: null };
  }

  async function perform(item: Item): Promise<Outcome> {
    const { cancelled, left, kept, isMore } = await callObject(
      () => shardStub(env, item.key),
      (shard) => shard.sweep(endpoint, revision),
    );
    const isFound = cancelled + left > 0;
    if (isMore || left > 0) {
      const afterMs = isMore ? 0 : SWEEP_LEFT_WAIT_MS;
      return open({ afterMs, weight: left, done: cancelled, isFound });
    }
    return { kind: 'over', done: cancelled, skipped: kept, isFound };
  }

  return { list, perform, close: () => Promise.resolve() };
}
