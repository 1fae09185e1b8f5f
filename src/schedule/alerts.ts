/**
 * Alerts, once a minute (A1): looks at the next accounts, opens, updates and resolves, then sends
 * what nobody has been sent. A run that is cut off or doubled does no harm: an alert opens once in
 * the database, and is sent under an id of its revision.
 *
 * Accounts are looked at in groups, and take turns in what is bounded, so that none of them can use
 * up a run.
 */
import type { AlertRule, AlertTimes, RuleBook } from '../core/alert.ts';
import { conditionsIn, conditionsOfAll } from '../core/alert-conditions.ts';
import { type AlertChange, reconcile } from '../core/alert-reconcile.ts';
import { base32 } from '../core/base32.ts';
import type { FaultCount } from '../core/fault.ts';
import { alertId } from '../core/ids.ts';
import {
  ALERT_ACCOUNTS_AT_ONCE,
  ALERT_ACCOUNTS_PER_RUN,
  ALERT_CALLS_PER_RUN,
  ALERT_CHANGES_PER_RUN,
  ALERT_LOOK_MS,
} from '../core/limits.ts';
import { inTurns } from '../core/turns.ts';
import { type Bindings, requireVars } from '../env.ts';
import { accountsBehind } from '../store/log/alert-facts.ts';
import { readRules } from '../store/config/alert-rules.ts';
import * as store from '../store/config/alerts.ts';
import { countFaults } from '../store/config/faults.ts';
import { gather } from './alert-gathering.ts';
import { sendAlerts } from './alert-sending.ts';
import type { Task } from './task.ts';
import { logLine } from '../log-line.ts';
import { sha256 } from '../lookup/sha256.ts';

const NO_SUCCESS: AlertRule = 'endpoint-no-success';
/** Above every account's id, which is ASCII below it. */
const LAST = '~';

export const alertsTask: Task = {
  name: 'alerts',
  run: async (env, nowMs) => {
    try {
      await evaluate(env, nowMs);
    } finally {
      // What was decided before is sent even where a database does not answer now.
      await sendAlerts(env, nowMs);
    }
  },
};

type Run = {
  nowMs: number;
  untilMs: number;
  times: AlertTimes;
  book: RuleBook;
  faults: FaultCount[];
};
/**
 * Accounts behind `after` and up to `upTo`: also those that are in no list any more, whose alerts
 * end.
 */
type Group = { accounts: string[]; after: string; upTo: string };

async function evaluate(env: Bindings, nowMs: number): Promise<void> {
  const { CONFIG } = env;
  const { alertTimes: times } = requireVars(env);
  const after = await store.readProgress(CONFIG);
  const [book, accounts, faults] = await Promise.all([
    readRules(CONFIG),
    accountsBehind(CONFIG, after),
    countFaults(CONFIG, nowMs - times.windowMs),
  ]);
  const run = { nowMs, untilMs: Date.now() + ALERT_LOOK_MS, times, book, faults };
  const next = await lookAtGroups(env, run, groupsOf(accounts, after));

  const ofAll = await store.openAlertsOfAll(CONFIG);
  const withoutSuccess = await store.accountsWithAlert(CONFIG, NO_SUCCESS);
  const conditions = conditionsOfAll({ withoutSuccess, faults }, book);
  const at = { nowMs, resolveAfterMs: times.resolveAfterMs, isWhole: () => true };
  await write(env, reconcile(ofAll, conditions, at), nowMs);

  if (next !== after) await store.writeProgress(CONFIG, next);
}

function groupsOf(accounts: readonly string[], after: string): Group[] {
  const groups: Group[] = [];
  for (let i = 0; i === 0 || i < accounts.length; i += ALERT_ACCOUNTS_AT_ONCE) {
    const group = accounts.slice(i, i + ALERT_ACCOUNTS_AT_ONCE);
    groups.push({ accounts: group, after: groups.at(-1)?.upTo ?? after, upTo: group.at(-1) ?? LAST });
  }
  const last = groups.at(-1);
  if (last !== undefined && accounts.length < ALERT_ACCOUNTS_PER_RUN) last.upTo = LAST;
  return groups;
}

/** Answers where the next run begins. A group that fails keeps no other from being looked at. */
async function lookAtGroups(env: Bindings, run: Run, groups: readonly Group[]): Promise<string> {
  let calls = 0;
  let changes = 0;
  for (const group of groups) {
    try {
      const done = await look(env, run, group, ALERT_CHANGES_PER_RUN - changes);
      calls += done.calls;
      changes += done.changes;
    } catch (error) {
      const { after, upTo } = group;
      logLine('error', 'alerts could not look', { after, upTo, error: String(error) });
    }
    const isOver = calls >= ALERT_CALLS_PER_RUN || changes >= ALERT_CHANGES_PER_RUN || Date.now() >= run.untilMs;
    if (isOver || group.upTo === LAST) return group.upTo === LAST ? '' : group.upTo;
  }
  return groups.at(-1)?.upTo ?? '';
}

async function look(env: Bindings, run: Run, group: Group, most: number): Promise<{ calls: number; changes: number }> {
  const { nowMs, times, book } = run;
  const { after, upTo } = group;
  const open = await store.openAlerts(env.CONFIG, after, upTo);
  const { facts, partial, calls } = await gather(env, { ...group, ...run });
  if (partial.size > 0) {
    logLine('warn', 'alerts saw only a part', { accounts: [...partial] });
  }
  const isWhole = (account: string | null) => account === null || !partial.has(account);
  const at = { nowMs, resolveAfterMs: times.resolveAfterMs, isWhole };
  const changes = inTurns(reconcile(open, conditionsIn(facts, book), at), accountOf, most);
  await write(env, changes, nowMs);
  return { calls, changes: changes.length };
}

function accountOf(change: AlertChange): string {
  return (change.kind === 'open' ? change.condition.account : change.alert.account) ?? '';
}

async function write(env: Bindings, changes: AlertChange[], nowMs: number): Promise<void> {
  for (const change of changes) {
    const id = change.kind === 'open' ? await idOf(change, nowMs) : change.alert.id;
    await store.writeChange(env.CONFIG, change, { id, nowMs });
    if (change.kind !== 'mark') log(change, id);
  }
}

async function idOf({ condition }: Extract<AlertChange, { kind: 'open' }>, nowMs: number): Promise<string> {
  const { rule, account, endpoint } = condition;
  return alertId(nowMs, base32(await sha256(JSON.stringify([rule, account, endpoint]))));
}

function log(change: Exclude<AlertChange, { kind: 'mark' }>, id: string): void {
  const { rule, account, endpoint, value, threshold } = change.kind === 'resolve' ? change.alert : change.condition;
  logLine('log', 'alert', { change: change.kind, id, rule, account, endpoint, value, threshold });
}
