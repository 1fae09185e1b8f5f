/**
 * Erases everything of an account that is removed (E0): its Shards, Gates and jobs, its rows in the
 * databases, and at last the Account object, which until then refuses everything and remembers only
 * this job.
 *
 * The Shards go first, each leaving a tombstone that refuses what comes late, so nothing new
 * reaches the log; then its rows. A message to the log that was on its way may bring rows back:
 * passes are repeated until one finds nothing. Known weakness: what reaches the log later than that
 * (a queue that stood still for longer) stays until its retention.
 */
import { shardName } from '../core/ids.ts';
import type { JobSpec, JobStart } from '../core/job.ts';
import { ERASE_CHUNK, JOB_PACE_PER_SECOND, JOB_PAGE } from '../core/limits.ts';
import { shardsOf } from '../lookup/address.ts';
import type { Bindings } from '../env.ts';
import * as rows from '../store/config/account-rows.ts';
import { logDatabase } from '../store/database.ts';
import { deleteAlerts } from '../store/config/alerts.ts';
import { deleteJob, jobsOfAccount } from '../store/config/jobs.ts';
import { deleteFaults } from '../store/config/faults.ts';
import { deleteKeys } from '../store/config/keys.ts';
import { callObject } from '../lookup/objects.ts';
import { accountStub, gateStub, jobStub, shardStub } from '../lookup/stubs.ts';
import { type Item, type KindRules, open, type Outcome, over, type Page, type Work } from './work.ts';

type Removal = Extract<JobSpec, { kind: 'account-removal' }>;

export const REMOVAL_KIND: KindRules = {
  isCancellable: false,
  passes: 'until-quiet',
  isRemembering: false,
  triesMax: Infinity,
  pacePerSecond: JOB_PACE_PER_SECOND,
};

/** What is erased a chunk at a time, after the Gates. */
const PARTS = ['account', 'jobs', 'endpoints', 'deliveries', 'events', 'attempts', 'hours'] as const;
type Part = (typeof PARTS)[number];

/** Counted in rows of the databases. */
export function removalWork({ id: job }: Pick<JobStart, 'id'>, place: Removal, env: Bindings): Work {
  const { account } = place;
  const log = logDatabase(account, env);
  const accountObject = () => accountStub(env, account);
  const eraseGates = (endpoints: string[]) =>
    Promise.all(
      endpoints.map((endpoint) =>
        callObject(
          () => gateStub(env, place, endpoint),
          (gate) => gate.erase(),
        ),
      ),
    );

  /** The Account knows endpoints that the database does not have yet. */
  async function list(cursor: string | null, pass: number): Promise<Page> {
    const endpoints = await callObject(accountObject, (stub) => stub.endpointsOfRemoved(job, cursor ?? '', JOB_PAGE));
    const items = endpoints.map((endpoint) => ({ key: `${GATE}${endpoint}`, weight: 0 }));
    if (endpoints.length === JOB_PAGE) return { items, next: endpoints.at(-1) ?? null };
    items.push(...shardsOf(place).map((shard) => ({ key: `${SHARD}${shardName(shard)}`, weight: 0 })));
    items.push(...PARTS.map((key) => ({ key, weight: 0 })));
    return pass > 1
      ? { items, next: null }
      : { items, next: null, total: await rows.countRows(env.CONFIG, log, account) };
  }

  async function perform({ key }: Item): Promise<Outcome> {
    if (key.startsWith(GATE)) {
      await eraseGates([key.slice(GATE.length)]);
      return over(0);
    }
    if (key.startsWith(SHARD)) {
      await callObject(
        () => shardStub(env, key.slice(SHARD.length)),
        (shard) => shard.remove(),
      );
      return over(0);
    }
    const part = PARTS.find((one) => one === key);
    if (part === undefined) throw new Error(`there is nothing called ${key} to erase`);
    const erased = await erasePart(part);
    return erased === 0 ? over(0) : open({ done: part === 'jobs' ? 0 : erased });
  }

  /** Returns how many there were: 0 once none is left. */
  async function erasePart(part: Part): Promise<number> {
    switch (part) {
      case 'account':
        await deleteAlerts(env.CONFIG, account);
        await deleteFaults(env.CONFIG, account);
        await deleteKeys(env.CONFIG, account);
        return Number(await rows.deleteAccountRow(env.CONFIG, account));
      case 'jobs': {
        const ids = await jobsOfAccount(env.CONFIG, account, job, ERASE_CHUNK);
        await Promise.all(
          ids.map((id) =>
            callObject(
              () => jobStub(env, id),
              (stub) => stub.erase(),
            ),
          ),
        );
        for (const id of ids) await deleteJob(env.CONFIG, account, id);
        return ids.length;
      }
      case 'endpoints': {
        const ids = await rows.endpointRows(env.CONFIG, account, ERASE_CHUNK);
        await eraseGates(ids);
        await rows.deleteEndpointRows(env.CONFIG, account, ids);
        return ids.length;
      }
      case 'deliveries':
      case 'events': {
        const oldest = await rows.oldestRows(log, part, account, ERASE_CHUNK);
        if (oldest.length > 0) await rows.deleteRows(log, part, account, oldest);
        return oldest.length;
      }
      case 'attempts':
        return rows.deleteAttempts(log, account, JOB_PAGE);
      case 'hours':
        return rows.deleteHours(log, account, JOB_PAGE);
    }
  }

  async function close(): Promise<void> {
    await callObject(accountObject, (stub) => stub.erase(job));
  }

  return { list, perform, close };
}

const GATE = 'gate:';
const SHARD = 'shard:';
