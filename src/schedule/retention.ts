/**
 * Retention of the log, of jobs and of alerts (O4), a bounded step each minute: the next accounts
 * in their own order, each a chunk of rows at a time. The cursor only makes it fair: a run that is
 * lost or doubled deletes nothing that another would not. An account with more to delete than a run
 * may is gone on with when its turn comes again.
 */
import {
  ALERT_RETENTION_DAYS,
  DAY_MS,
  JOB_RETENTION_DAYS,
  RETENTION_ACCOUNTS_PER_RUN,
  RETENTION_ALERTS_PER_RUN,
  RETENTION_CHUNK_ROWS,
  RETENTION_ROWS_PER_RUN,
  RETENTION_DAYS_DEFAULT,
  RETENTION_JOBS_PER_RUN,
  ROLL_UP_DAYS,
} from '../core/limits.ts';
import type { Bindings } from '../env.ts';
import { deleteResolved } from '../store/config/alerts.ts';
import { logDatabase } from '../store/database.ts';
import { deleteOldFaults } from '../store/config/faults.ts';
import * as rows from '../store/log/retention.ts';
import { callObject } from '../lookup/objects.ts';
import { jobStub } from '../lookup/stubs.ts';
import { logLine } from '../log-line.ts';

const TASK = 'retention';

/** A Task of schedule.ts. */
export const retention = {
  name: TASK,
  run: async (env: Bindings, nowMs: number): Promise<void> => {
    const { accounts, deleted } = await expireLog(env, nowMs);
    const jobs = await expireJobs(env, nowMs);
    const { alerts, faults } = await expireAlerts(env, nowMs);
    const sum = deleted.deliveries + deleted.attempts + deleted.events + deleted.hours + jobs + alerts + faults;
    if (sum > 0) logLine('log', TASK, { accounts, ...deleted, jobs, alerts, faults });
  },
};

async function expireLog(env: Bindings, nowMs: number): Promise<{ accounts: number; deleted: rows.Expired }> {
  const log = logDatabase(null, env);
  const deleted = { deliveries: 0, attempts: 0, events: 0, hours: 0 };
  const before = await rows.readCursor(env.CONFIG, TASK);
  const accounts = await rows.accountsInLog(log, before, RETENTION_ACCOUNTS_PER_RUN);
  const days = await rows.logDaysOf(env.CONFIG, accounts);
  const sum = () => deleted.deliveries + deleted.attempts + deleted.events + deleted.hours;
  let looked = 0;
  for (const account of accounts) {
    if (sum() >= RETENTION_ROWS_PER_RUN) break;
    const beforeMs = nowMs - (days.get(account) ?? RETENTION_DAYS_DEFAULT) * DAY_MS;
    looked += 1;
    for (let isMore = true; isMore && sum() < RETENTION_ROWS_PER_RUN;) {
      const chunk = await rows.deleteExpired(log, account, beforeMs, nowMs - ROLL_UP_DAYS * DAY_MS);
      isMore = Object.values(chunk).includes(RETENTION_CHUNK_ROWS);
      deleted.deliveries += chunk.deliveries;
      deleted.attempts += chunk.attempts;
      deleted.events += chunk.events;
      deleted.hours += chunk.hours;
    }
  }
  const isLast = looked === accounts.length && accounts.length < RETENTION_ACCOUNTS_PER_RUN;
  const after = isLast ? '' : (accounts[looked - 1] ?? '');
  if (after !== before) await rows.writeCursor(env.CONFIG, TASK, after);
  return { accounts: looked, deleted };
}

/** The object first: a row whose object could not be erased is found again. */
async function expireJobs(env: Bindings, nowMs: number): Promise<number> {
  const ids = await rows.endedJobs(env.CONFIG, nowMs - JOB_RETENTION_DAYS * DAY_MS, RETENTION_JOBS_PER_RUN);
  if (ids.length === 0) return 0;
  await Promise.all(
    ids.map((id) =>
      callObject(
        () => jobStub(env, id),
        (job) => job.erase(),
      ),
    ),
  );
  await rows.deleteJobs(env.CONFIG, ids);
  return ids.length;
}

/** Open ones stay, however old; so does one that was not sent yet. */
async function expireAlerts({ CONFIG }: Bindings, nowMs: number): Promise<{ alerts: number; faults: number }> {
  const beforeMs = nowMs - ALERT_RETENTION_DAYS * DAY_MS;
  return {
    alerts: await deleteResolved(CONFIG, beforeMs, RETENTION_ALERTS_PER_RUN),
    faults: await deleteOldFaults(CONFIG, beforeMs, RETENTION_ALERTS_PER_RUN),
  };
}
