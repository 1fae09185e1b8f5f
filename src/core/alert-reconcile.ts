/**
 * From the open alerts and the conditions of now to what changes: each condition opens once, is
 * sent again only when its value has doubled, and resolves once it has been false for
 * `resolveAfterMs`. Pure; a run that is repeated finds nothing left to do.
 */
import { type Alert, type Condition, scopeKey } from './alert.ts';
import { withSummaries } from './alert-summary.ts';
import { ALERT_UPDATE_FACTOR } from './limits.ts';

export type AlertChange =
  | { kind: 'open'; condition: Condition }
  /** A new revision, which is sent. */
  | { kind: 'update'; alert: Alert; condition: Condition }
  /** The condition ended, or is back before the alert resolved: nothing is sent. */
  | { kind: 'mark'; alert: Alert; falseSinceMs: number | null }
  | { kind: 'resolve'; alert: Alert };

/**
 * `open`: the open alerts of what this run looked at, and no others. `isWhole` false for an
 * account: the run could not look at all of it, so that what it has not found may hold
 * nevertheless.
 */
export function reconcile(
  open: readonly Alert[],
  conditions: readonly Condition[],
  at: { nowMs: number; resolveAfterMs: number; isWhole: (account: string | null) => boolean },
): AlertChange[] {
  const found = new Map(withSummaries(open, conditions).map((condition) => [scopeKey(condition), condition]));
  const changes: AlertChange[] = [];
  for (const alert of open) {
    const condition = found.get(scopeKey(alert));
    found.delete(scopeKey(alert));
    if (condition !== undefined) changes.push(...kept(alert, condition));
    else if (at.isWhole(alert.account)) changes.push(...ending(alert, at));
  }
  for (const condition of found.values()) {
    if (condition.strength === 'opens') changes.push({ kind: 'open', condition });
  }
  return changes;
}

function kept(alert: Alert, condition: Condition): AlertChange[] {
  const isGrown = condition.strength === 'opens' && condition.value >= alert.value * ALERT_UPDATE_FACTOR;
  // Values that stay (1 of an endpoint that is disabled) do not grow; 0 would always have doubled.
  if (isGrown && condition.value > alert.value && isSent(alert)) return [{ kind: 'update', alert, condition }];
  return alert.falseSinceMs === null ? [] : [{ kind: 'mark', alert, falseSinceMs: null }];
}

function ending(alert: Alert, { nowMs, resolveAfterMs }: { nowMs: number; resolveAfterMs: number }): AlertChange[] {
  if (alert.falseSinceMs === null) return [{ kind: 'mark', alert, falseSinceMs: nowMs }];
  const isOver = nowMs - alert.falseSinceMs >= resolveAfterMs;
  // An opening that was not sent yet is sent first: no end comes without a beginning.
  return isOver && isSent(alert) ? [{ kind: 'resolve', alert }] : [];
}

function isSent({ revision, toldRevision }: Alert): boolean {
  return toldRevision >= revision;
}
