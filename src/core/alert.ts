/**
 * What alerts are made of (A1): the rules with what can be set of them, and an alert from its
 * opening to its end. Pure.
 *
 *   (condition) ─▶ open, revision 1 ── its value doubled ──▶ open, revision + 1 ── false for 5 min ──▶ resolved, revision + 1
 *
 * The operator is sent a revision before the next is made (`toldRevision`). Owners of accounts
 * never hold an alert up: one that cannot be sent a revision is sent the newest later.
 */
import {
  ALERT_BACKLOG_ROWS_MAX,
  ALERT_LIKE_MAX,
  ALERT_RESOLVE_AFTER_MS,
  ALERT_THRESHOLD_MAX,
  ALERT_WINDOW_MS,
  DAY_MS,
} from './limits.ts';

export const ALERT_RULES = [
  'failure-rate',
  'dead-letter',
  'backlog-growing',
  'oldest-waiting',
  'endpoint-no-success',
  'accounts-no-success',
  'circuit-open',
  'endpoint-disabled',
  'secret-age',
  'retry-spike',
  'record-storage',
  'poison-message',
  'not-sent',
] as const;
export type AlertRule = (typeof ALERT_RULES)[number];

/**
 * The window in which is counted, the time for which a condition must be false until its alert
 * resolves, and what a day is.
 */
export type AlertTimes = { windowMs: number; resolveAfterMs: number; dayMs: number };
/** Always, but where somebody plays the rules faster on their own machine (env.ts). */
export const ALERT_TIMES: AlertTimes = {
  windowMs: ALERT_WINDOW_MS,
  resolveAfterMs: ALERT_RESOLVE_AFTER_MS,
  dayMs: DAY_MS,
};

/** `minimum`: how much there must be for the rule to judge at all; null where it has none. */
export type RuleSettings = { enabled: boolean; threshold: number; minimum: number | null };
export type RuleBook = Record<AlertRule, RuleSettings>;

/** `threshold` in `unit`. The condition holds above it, or from it on where `isReached`. */
export const RULES: Record<
  AlertRule,
  {
    unit: string;
    isReached: boolean;
    threshold: number;
    minimum: number | null;
    minimumOf: string | null;
    most: number;
  }
> = {
  'failure-rate': {
    unit: 'percent of the attempts of 15 minutes',
    isReached: false,
    threshold: 1,
    minimum: 100,
    minimumOf: 'attempts in 15 minutes',
    most: 100,
  },
  'dead-letter': rule('dead letters in 15 minutes', 1),
  'backlog-growing': rule('deliveries that wait for a retry', 100, null, null, ALERT_BACKLOG_ROWS_MAX),
  'oldest-waiting': rule('seconds since the acceptance of the oldest delivery that waits', 3_600),
  'endpoint-no-success': rule('attempts in 15 minutes, none of them with success', 10),
  'accounts-no-success': rule('accounts with an endpoint without success', 3),
  'circuit-open': rule('seconds since the circuit opened', 60),
  'endpoint-disabled': rule('endpoint', 1, null, null, 1),
  'secret-age': rule('days since the oldest current secret was made', 90, null, null, 3_650),
  'retry-spike': rule('times the retries of the 15 minutes before', 3, 50, 'retries in 15 minutes', 1_000),
  'record-storage': rule('records that refused events in 15 minutes, because they have too much data', 1),
  'poison-message': rule('messages of queues in 15 minutes that no consumer could take', 1),
  'not-sent': rule('endpoints in 15 minutes to which a fault of ours kept us from sending', 1),
};

function rule(
  unit: string,
  threshold: number,
  minimum: number | null = null,
  minimumOf: string | null = null,
  most = ALERT_THRESHOLD_MAX,
) {
  return { unit, isReached: true, threshold, minimum, minimumOf, most };
}

/** Empty for a rule of a newer release, read after a rollback. */
export function unitOf(scope: Scope): string {
  if (isSummary(scope)) return SUMMARY_UNIT;
  const known = ALERT_RULES.find((one) => one === scope.rule);
  return known === undefined ? '' : RULES[known].unit;
}

const SUMMARY_UNIT = `endpoints beyond the ${ALERT_LIKE_MAX} of the account with an alert of their own`;
const RULES_OF_ACCOUNTS: readonly string[] = ['retry-spike', 'record-storage'];

/**
 * One alert for the endpoints of an account beyond ALERT_LIKE_MAX that a rule is about
 * (alert-summary.ts).
 */
export function isSummary({ rule: name, account, endpoint }: Scope): boolean {
  return account !== null && endpoint === null && !RULES_OF_ACCOUNTS.includes(name);
}

export function rulesWith(set: readonly ({ rule: AlertRule } & RuleSettings)[]): RuleBook {
  const given = new Map(set.map(({ rule: name, ...settings }) => [name, settings]));
  const entries = ALERT_RULES.map((name) => {
    const { threshold, minimum } = RULES[name];
    return [name, given.get(name) ?? { enabled: true, threshold, minimum }] as const;
  });
  return Object.fromEntries(entries) as RuleBook;
}

/** Null or a sentence that starts with "must". */
export function checkThreshold(name: AlertRule, value: number): string | null {
  const { unit, isReached, most } = RULES[name];
  const fits = Number.isFinite(value) && value <= most && (isReached ? value >= 1 : value >= 0);
  return fits ? null : `must be a number from ${isReached ? 1 : 0} to ${most} (${unit}); got ${value}`;
}

export function checkMinimum(name: AlertRule, value: number): string | null {
  const { minimumOf } = RULES[name];
  if (minimumOf === null) return `must be left out: the rule ${name} has a threshold only`;
  return Number.isSafeInteger(value) && value >= 1 && value <= ALERT_THRESHOLD_MAX
    ? null
    : `must be a whole number from 1 to ${ALERT_THRESHOLD_MAX} (${minimumOf}); got ${value}`;
}

/** What a condition is about: null account = all of them, null endpoint = the whole account. */
export type Scope = { rule: AlertRule; account: string | null; endpoint: string | null };

/**
 * `opens`: it holds. `holds`: not enough to open an alert, and not good enough to end one either.
 * `detail`: one sentence, without payload or secret.
 */
export type Condition = Scope & { strength: 'opens' | 'holds'; value: number; threshold: number; detail: string };

export type Alert = Scope & {
  id: string;
  value: number;
  threshold: number;
  detail: string;
  openedAtMs: number;
  updatedAtMs: number;
  /** Since when the condition has been false, of an open alert. */
  falseSinceMs: number | null;
  resolvedAtMs: number | null;
  revision: number;
  toldRevision: number;
};

export function scopeKey({ rule: name, account, endpoint }: Scope): string {
  return `${name} ${account ?? ''} ${endpoint ?? ''}`;
}
