/**
 * Alerts, once a minute (A1): looks at the next accounts, opens, updates and resolves, then tells what nobody has been told. A run that
 * is cut off or doubled does no harm: an alert opens once in the database, and is told under an id of its revision.
 */
import type { AlertRule } from '../core/alert.ts';
import { conditionsIn, conditionsOfAll } from '../core/alert-conditions.ts';
import { type AlertChange, reconcile } from '../core/alert-reconcile.ts';
import { base32 } from '../core/base32.ts';
import { alertId } from '../core/ids.ts';
import { ALERT_ACCOUNTS_PER_RUN, ALERT_CHANGES_PER_RUN } from '../core/limits.ts';
import { type Bindings, requireVars } from '../env.ts';
import { accountsBehind } from '../store/alert-facts.ts';
import { readRules } from '../store/alert-rules.ts';
import * as store from '../store/alerts.ts';
import { countFaults } from '../store/faults.ts';
import { gather } from './alert-gathering.ts';
import { tellAlerts } from './alert-telling.ts';
import type { Task } from './task.ts';

const NO_SUCCESS: AlertRule = 'endpoint-no-success';
/** Above every account's id, which is ASCII below it. */
const LAST = '~';

export const alertsTask: Task = {
  name: 'alerts',
  run: async (env, nowMs) => {
    try {
      await evaluate(env, nowMs);
    } finally {
      // What was decided before is told even where a database does not answer now.
      await tellAlerts(env, nowMs);
    }
  },
};

async function evaluate(env: Bindings, nowMs: number): Promise<void> {
  const { CONFIG } = env;
  const { alertTimes: times } = requireVars(env);
  const { resolveAfterMs } = times;
  const after = await store.readProgress(CONFIG);
  const [book, accounts, faults] = await Promise.all([
    readRules(CONFIG),
    accountsBehind(CONFIG, after),
    countFaults(CONFIG, nowMs - times.windowMs),
  ]);
  const isLast = accounts.length < ALERT_ACCOUNTS_PER_RUN;
  const upTo = isLast ? LAST : (accounts.at(-1) ?? LAST);
  const open = await store.openAlerts(CONFIG, after, upTo);
  const { facts, isWhole } = await gather(env, { accounts, after, upTo, nowMs, times, faults });
  if (!isWhole) console.warn(JSON.stringify({ message: 'alerts saw only a part', after, upTo }));
  await write(env, reconcile(open, conditionsIn(facts, book), { nowMs, resolveAfterMs, isWhole }), nowMs);

  const ofAll = await store.openAlertsOfAll(CONFIG);
  const withoutSuccess = await store.accountsWithAlert(CONFIG, NO_SUCCESS);
  const conditions = conditionsOfAll({ withoutSuccess, faults }, book);
  await write(env, reconcile(ofAll, conditions, { nowMs, resolveAfterMs, isWhole: true }), nowMs);

  const next = isLast ? '' : upTo;
  if (next !== after) await store.writeProgress(CONFIG, next);
}

async function write(env: Bindings, changes: AlertChange[], nowMs: number): Promise<void> {
  for (const change of changes.slice(0, ALERT_CHANGES_PER_RUN)) {
    const id = change.kind === 'open' ? await idOf(change, nowMs) : change.alert.id;
    await store.writeChange(env.CONFIG, change, { id, nowMs });
    if (change.kind !== 'mark') log(change, id);
  }
}

async function idOf({ condition }: Extract<AlertChange, { kind: 'open' }>, nowMs: number): Promise<string> {
  const { rule, account, endpoint } = condition;
  const text = new TextEncoder().encode(JSON.stringify([rule, account, endpoint]));
  return alertId(nowMs, base32(new Uint8Array(await crypto.subtle.digest('SHA-256', text))));
}

function log(change: Exclude<AlertChange, { kind: 'mark' }>, id: string): void {
  const { rule, account, endpoint, value, threshold } = change.kind === 'resolve' ? change.alert : change.condition;
  console.log(JSON.stringify({ message: 'alert', change: change.kind, id, rule, account, endpoint, value, threshold }));
}
