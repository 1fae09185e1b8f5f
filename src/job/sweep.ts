/**
 * The sweep after an endpoint was removed or disabled: every record where something waits for it cancels that, there and then (E5).
 * Which records: those of the log, which knows all that has waited for ten seconds. What it does not know yet, a later pass finds;
 * what no pass finds, its lane finds out by itself at its next look.
 */
import type { JobSpec } from '../core/job.ts';
import { recordName } from '../core/ids.ts';
import { JOB_ITEM_TRIES_MAX, JOB_PACE_PER_SECOND, JOB_PAGE, SWEEP_LEFT_WAIT_MS } from '../core/limits.ts';
import type { Bindings } from '../env.ts';
import { logDatabase } from '../store/database.ts';
import { countWaiting, waitingRecords } from '../store/open-deliveries.ts';
import { recordStub } from '../stubs.ts';
import { type Item, type Manner, nothing, type Outcome, type Page, type Work } from './work.ts';

type Sweep = Extract<JobSpec, { kind: 'sweep' }>;

export const SWEEP_MANNER: Manner = {
  passes: 'until-quiet',
  isRemembering: false,
  triesMax: JOB_ITEM_TRIES_MAX,
  pacePerSecond: JOB_PACE_PER_SECOND,
};

/** Counted in deliveries: `done` are those that wait no longer, `skipped` those that rightly wait, for an endpoint enabled again. */
export function sweepWork({ account, jurisdiction = null, endpoint, revision }: Sweep, env: Bindings): Work {
  const database = logDatabase(account, env);

  async function list(cursor: string | null, pass: number): Promise<Page> {
    const page = await waitingRecords(database, account, endpoint, cursor, JOB_PAGE);
    // Later passes meet rows of what was cancelled already, whose news is still on its way to the log.
    const items = page.records.map(({ address, deliveries }) => ({
      key: recordName({ account, jurisdiction, ...address }),
      weight: pass === 1 ? deliveries : 0,
    }));
    if (pass > 1 || cursor !== null) return { items, next: page.next };
    return { items, next: page.next, total: await countWaiting(database, account, endpoint) };
  }

  async function perform(item: Item): Promise<Outcome> {
    const { cancelled, left, kept, isMore } = await recordStub(env, item.key).sweep(endpoint, revision);
    const isFound = cancelled + left > 0;
    if (isMore || left > 0) {
      const afterMs = isMore ? 0 : SWEEP_LEFT_WAIT_MS;
      return { ...nothing(), isOver: false, afterMs, weight: left, done: cancelled, isFound };
    }
    // What a crash kept from being counted, and what its lane ended by itself meanwhile, waits no longer either.
    return {
      ...nothing(),
      done: Math.max(cancelled, item.weight - kept),
      skipped: Math.min(kept, item.weight),
      isFound,
    };
  }

  return { list, perform, close: () => Promise.resolve() };
}
