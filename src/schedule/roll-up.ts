/**
 * The roll-up by hour, a bounded step each minute: the next accounts of the oldest hour that is
 * over and not done. An account's hour is counted from its rows and replaced, so a run that is
 * lost, doubled or cut off does no harm. Two passes: soon after the hour, and again when the log
 * has heard everything that it will hear.
 */
import { hourOf } from '../core/hours.ts';
import {
  HOUR_MS,
  OVERVIEW_ACCOUNTS_MAX,
  ROLL_UP_AFTER_MS,
  ROLL_UP_AGAIN_AFTER_MS,
  ROLL_UP_FIRST_HOURS,
  ROLL_UP_QUERIES_PER_RUN,
} from '../core/limits.ts';
import { logDatabase } from '../store/database.ts';
import * as hours from '../store/log/hours.ts';
import { activeAccounts } from '../store/log/overview.ts';
import type { Bindings } from '../env.ts';
import type { Task } from './task.ts';

type Pass = { name: string; afterMs: number };
const PASSES: readonly Pass[] = [
  { name: hours.ROLL_UP, afterMs: ROLL_UP_AFTER_MS },
  { name: 'roll-up-again', afterMs: ROLL_UP_AGAIN_AFTER_MS },
];

export const rollUp: Task = {
  name: hours.ROLL_UP,
  run: async (env, nowMs) => {
    for (const pass of PASSES) await step(env, pass, nowMs);
  },
};

async function step(env: Bindings, pass: Pass, nowMs: number): Promise<void> {
  const log = logDatabase(null, env);
  const overMs = hourOf(nowMs - pass.afterMs);
  const firstMs = overMs - ROLL_UP_FIRST_HOURS * HOUR_MS;
  let progress = (await hours.readProgress(env.CONFIG, pass.name)) ?? { sinceMs: firstMs, hourMs: firstMs, after: '' };
  let queries = 0;
  while (progress.hourMs < overMs && queries < ROLL_UP_QUERIES_PER_RUN) {
    const span = { fromMs: progress.hourMs, toMs: progress.hourMs + HOUR_MS };
    const { accounts, next } = await activeAccounts(log, {
      ...span,
      after: progress.after,
      most: OVERVIEW_ACCOUNTS_MAX,
    });
    queries += 1;
    let looked = 0;
    try {
      for (const account of accounts) {
        if (queries >= ROLL_UP_QUERIES_PER_RUN) break;
        queries += await hours.rollUpHour(log, account, progress.hourMs);
        looked += 1;
      }
    } finally {
      // Also where an account failed: those before it are done.
      if (looked < accounts.length) progress = { ...progress, after: accounts[looked - 1] ?? progress.after };
      else if (next === null) progress = { ...progress, hourMs: progress.hourMs + HOUR_MS, after: '' };
      else progress = { ...progress, after: next };
      await hours.writeProgress(env.CONFIG, pass.name, progress);
    }
  }
}
