/**
 * The rules (A1): from what a run counted to the conditions that hold. No clock and no memory: the
 * same facts make the same conditions. What is not worth opening an alert but no recovery either is
 * said as `holds`, so that a rule at its edge does not flap.
 */
import { type AlertRule, type Condition, RULES, type RuleBook } from './alert.ts';
import type { FaultCount } from './fault.ts';
import { ALERT_BACKLOG_ROWS_MAX } from './limits.ts';

/** Of one endpoint that exists. Counts are over the window of AlertTimes. */
export type EndpointFacts = {
  account: string;
  endpoint: string;
  status: 'enabled' | 'paused' | 'disabled';
  statusReason: string | null;
  /** When its oldest current secret was made; null where that is not known. */
  secretSinceMs: number | null;
  attempts: number;
  failures: number;
  dead: number;
  /** One of its dead letters. */
  deadExample: string | null;
  /**
   * Open deliveries that were tried and wait to be tried again, as far as they were counted, and
   * those of them accepted in the window.
   */
  retrying: number;
  joined: number;
  /** Retried deliveries that came to an end. */
  left: number;
  /** Acceptance of the oldest open delivery. */
  oldestAtMs: number | null;
  /** `unknown`: its Gate did not answer, or was not asked. */
  circuit: { kind: 'closed' } | { kind: 'open' | 'half-open'; sinceMs: number } | { kind: 'unknown' };
};

export type AccountFacts = { account: string; retries: number; retriesBefore: number };
/** `faults`: of accounts. */
export type Facts = {
  nowMs: number;
  dayMs: number;
  endpoints: EndpointFacts[];
  accounts: AccountFacts[];
  faults: FaultCount[];
};

/** Null: nothing is wrong. */
type Finding = { strength: Condition['strength']; value: number; detail: string } | null;

function judge(rule: AlertRule, book: RuleBook, value: number, detail: string): Finding {
  const { threshold } = book[rule];
  const isOver = RULES[rule].isReached ? value >= threshold : value > threshold;
  return isOver ? { strength: 'opens', value, detail } : null;
}

type EndpointRule = (facts: EndpointFacts, book: RuleBook, at: Pick<Facts, 'nowMs' | 'dayMs'>) => Finding;

const ENDPOINT_RULES: Partial<Record<AlertRule, EndpointRule>> = {
  'failure-rate': ({ attempts, failures }, book) => {
    if (failures === 0) return null;
    const { threshold, minimum } = book['failure-rate'];
    const percent = Math.round((failures / attempts) * 10_000) / 100;
    const detail = `${failures} of ${attempts} attempts failed in 15 minutes (${percent} %)`;
    const isOver = percent > threshold && attempts >= (minimum ?? 1);
    // With fewer attempts than it takes to judge, failures are no sign that it got better.
    if (!isOver) return percent > threshold / 2 ? { strength: 'holds', value: percent, detail } : null;
    return { strength: 'opens', value: percent, detail };
  },
  'dead-letter': ({ dead, deadExample }, book) => {
    const which = deadExample === null ? '' : `; one of them is ${deadExample}`;
    return judge('dead-letter', book, dead, `${dead} dead letter${dead === 1 ? '' : 's'} in 15 minutes${which}`);
  },
  'backlog-growing': ({ retrying, joined, left }, book) => {
    const detail = `${counted(retrying)} deliveries wait for a retry: ${joined} joined in 15 minutes, ${left} left`;
    const found = judge('backlog-growing', book, retrying, detail);
    // Large, but no longer growing.
    return found !== null && joined <= left ? { ...found, strength: 'holds' } : found;
  },
  // What a person paused waits because it is to.
  'oldest-waiting': ({ status, oldestAtMs }, book, { nowMs }) => {
    if (status !== 'enabled' || oldestAtMs === null) return null;
    const seconds = Math.floor((nowMs - oldestAtMs) / 1_000);
    return judge('oldest-waiting', book, seconds, `a delivery has waited for ${seconds} s`);
  },
  'endpoint-no-success': ({ status, attempts, failures, retrying }, book) => {
    if (attempts > failures) return null;
    const detail = `${attempts} attempts in 15 minutes, none with success`;
    const found = judge('endpoint-no-success', book, attempts, detail);
    // An open circuit makes few attempts: as long as something fails or waits, it has not
    // recovered.
    const isIdle = attempts === 0 && (retrying === 0 || status !== 'enabled');
    return found ?? (isIdle ? null : { strength: 'holds', value: attempts, detail });
  },
  'circuit-open': ({ circuit }, book, { nowMs }) => {
    switch (circuit.kind) {
      case 'closed':
        return null;
      case 'unknown':
        return { strength: 'holds', value: 0, detail: 'the state of the circuit is not known' };
      case 'half-open':
        return { strength: 'holds', value: 0, detail: 'the circuit is half open: deliveries leave at a growing pace' };
      case 'open': {
        const seconds = Math.floor((nowMs - circuit.sinceMs) / 1_000);
        return judge('circuit-open', book, seconds, `the circuit has been open for ${seconds} s: deliveries wait`);
      }
    }
  },
  'endpoint-disabled': ({ status, statusReason }) => {
    if (status !== 'disabled') return null;
    const why = statusReason === null ? '' : `: ${statusReason}`;
    return { strength: 'opens', value: 1, detail: `the endpoint is disabled${why}` };
  },
  'secret-age': ({ secretSinceMs, status }, book, { nowMs, dayMs }) => {
    if (secretSinceMs === null || status === 'disabled') return null;
    const days = Math.floor((nowMs - secretSinceMs) / dayMs);
    return judge('secret-age', book, days, `the secret is ${days} days old: rotate it`);
  },
};

export function conditionsIn({ nowMs, dayMs, endpoints, accounts, faults }: Facts, book: RuleBook): Condition[] {
  const found: Condition[] = [];
  const add = (rule: AlertRule, account: string, endpoint: string | null, finding: Finding) => {
    if (finding !== null) found.push({ rule, account, endpoint, threshold: book[rule].threshold, ...finding });
  };
  for (const facts of endpoints) {
    for (const [name, check] of Object.entries(ENDPOINT_RULES)) {
      const rule = name as AlertRule;
      if (book[rule].enabled) add(rule, facts.account, facts.endpoint, check(facts, book, { nowMs, dayMs }));
    }
  }
  if (book['retry-spike'].enabled) {
    for (const facts of accounts) add('retry-spike', facts.account, null, retrySpike(facts, book));
  }
  for (const { kind, account, ...count } of faults) {
    if (book[kind].enabled && account !== null)
      add(kind, account, null, judge(kind, book, count.faults, describe(count)));
  }
  return found;
}

/**
 * Against at least one, so that a first retry after silence is no infinite growth: the minimum
 * decides then.
 */
function retrySpike({ retries, retriesBefore }: AccountFacts, book: RuleBook): Finding {
  const { minimum } = book['retry-spike'];
  if (retries < (minimum ?? 1)) return null;
  const times = Math.round((retries / Math.max(1, retriesBefore)) * 10) / 10;
  return judge('retry-spike', book, times, `${retries} retries in 15 minutes, ${retriesBefore} in the 15 before`);
}

/**
 * What is about all accounts. `withoutSuccess`: accounts with an open alert of the rule
 * endpoint-no-success, in this run's accounts and in all others. `faults`: those that concern the
 * whole service.
 */
export function conditionsOfAll(
  { withoutSuccess, faults }: { withoutSuccess: ReadonlySet<string>; faults: readonly FaultCount[] },
  book: RuleBook,
): Condition[] {
  const found: Condition[] = [];
  const add = (rule: AlertRule, value: number, detail: string) => {
    const finding = book[rule].enabled ? judge(rule, book, value, detail) : null;
    const { threshold } = book[rule];
    if (finding !== null) found.push({ rule, account: null, endpoint: null, threshold, ...finding });
  };
  const accounts = withoutSuccess.size;
  add('accounts-no-success', accounts, `${accounts} accounts have an endpoint without any success`);
  for (const { kind, account, ...count } of faults) if (account === null) add(kind, count.faults, describe(count));
  return found;
}

function describe({ faults, detail }: Pick<FaultCount, 'faults' | 'detail'>): string {
  return `${faults} in 15 minutes; one of them: ${detail}`;
}

function counted(n: number): string {
  return n >= ALERT_BACKLOG_ROWS_MAX ? `${n} or more` : String(n);
}
