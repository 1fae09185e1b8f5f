/**
 * What one group of accounts is judged by: counts from the log, endpoints from the projection, and
 * circuits from the Gates that may not be closed.
 */
import type { AlertTimes, RuleBook } from '../core/alert.ts';
import type { EndpointFacts, Facts } from '../core/alert-conditions.ts';
import type { AccountSettings } from '../core/endpoint.ts';
import type { FaultCount } from '../core/fault.ts';
import {
  ALERT_ANSWER_MS,
  ALERT_CALLS_AT_ONCE,
  ALERT_ENDPOINTS_PER_ACCOUNT,
  ALERT_GATES_AT_ONCE,
} from '../core/limits.ts';
import { inTurns } from '../core/turns.ts';
import { withTimeout } from '../lookup/with-timeout.ts';
import type { Bindings } from '../env.ts';
import * as counts from '../store/log/alert-facts.ts';
import { logDatabase } from '../store/database.ts';
import { callObject } from '../lookup/objects.ts';
import { accountStub, gateStub } from '../lookup/stubs.ts';
import { inLanes } from './lanes.ts';
import { logLine } from '../log-line.ts';

type Looked = {
  accounts: readonly string[];
  after: string;
  upTo: string;
  nowMs: number;
  /** By the clock: no call begins later. */
  untilMs: number;
  times: AlertTimes;
  book: RuleBook;
  faults: readonly FaultCount[];
};
type Circuit = EndpointFacts['circuit'];
type Gathered = {
  facts: Facts;
  /** Accounts of which not everything was seen: what is not in the facts may be so nevertheless. */
  partial: ReadonlySet<string>;
  calls: number;
};

export async function gather(env: Bindings, looked: Looked): Promise<Gathered> {
  const { accounts, after, upTo, nowMs, times } = looked;
  const log = logDatabase(null, env);
  const sinceMs = nowMs - times.windowMs;
  const [attempts, dead, retries, open] = await Promise.all([
    counts.countAttempts(log, accounts, sinceMs),
    counts.countDead(log, accounts, sinceMs),
    counts.countRetries(log, accounts, sinceMs, times.windowMs),
    counts.backlogs(log, after, upTo, sinceMs),
  ]);
  // No rule is about an endpoint that is enabled and neither fails nor keeps anything waiting, but
  // for the age of its secret.
  const troubled = [...open.rows, ...dead.rows, ...attempts.rows.filter(({ failures }) => failures > 0)];
  const named = perAccount(troubled);
  const [endpoints, { circuits, calls }] = await Promise.all([
    counts.alertEndpoints(env.CONFIG, accounts, {
      secretBeforeMs: nowMs - looked.book['secret-age'].threshold * times.dayMs,
      named: named.endpoints,
    }),
    circuitsOf(env, open.rows, looked.untilMs),
  ]);
  const attemptsOf = byEndpoint(attempts.rows);
  const deadOf = byEndpoint(dead.rows);
  const openOf = byEndpoint(open.rows);
  return {
    calls,
    partial: new Set([...named.partial, ...[endpoints, attempts, dead, retries, open].flatMap((one) => one.partial)]),
    facts: {
      nowMs,
      dayMs: times.dayMs,
      accounts: retries.rows,
      faults: looked.faults.filter(({ account }) => account !== null && account > after && account <= upTo),
      endpoints: endpoints.rows.map((endpoint) => {
        const key = keyOf(endpoint);
        const made = attemptsOf.get(key);
        const waits = openOf.get(key);
        return {
          ...endpoint,
          attempts: made?.attempts ?? 0,
          failures: made?.failures ?? 0,
          left: made?.left ?? 0,
          dead: deadOf.get(key)?.dead ?? 0,
          deadExample: deadOf.get(key)?.example ?? null,
          retrying: waits?.retrying ?? 0,
          joined: waits?.joined ?? 0,
          oldestAtMs: waits?.oldestAtMs ?? null,
          circuit: waits === undefined ? { kind: 'closed' } : (circuits.get(key) ?? { kind: 'unknown' }),
        };
      }),
    },
  };
}

type OfEndpoint = { account: string; endpoint: string };

/** As many of each account as a run looks at. */
function perAccount(troubled: readonly OfEndpoint[]): { endpoints: string[]; partial: string[] } {
  const endpoints: string[] = [];
  const partial: string[] = [];
  for (const [account, rows] of Map.groupBy(troubled, (row) => row.account)) {
    const ids = [...new Set(rows.map(({ endpoint }) => endpoint))];
    if (ids.length > ALERT_ENDPOINTS_PER_ACCOUNT) partial.push(account);
    endpoints.push(...ids.slice(0, ALERT_ENDPOINTS_PER_ACCOUNT));
  }
  return { endpoints, partial };
}

/** Of endpoints for which something waits. Missing: not asked, or no answer. */
async function circuitsOf(
  env: Bindings,
  open: readonly counts.Backlog[],
  untilMs: number,
): Promise<{ circuits: Map<string, Circuit>; calls: number }> {
  const circuits = new Map<string, Circuit>();
  const watched: { settings: AccountSettings; endpoint: string }[] = [];
  const ofAccount = [...Map.groupBy(open, ({ account }) => account)];
  const lanes = { lanes: ALERT_CALLS_AT_ONCE, untilMs };
  await inLanes(ofAccount, lanes, async ([account, waiting]) => {
    const ids = waiting.map(({ endpoint }) => endpoint);
    const settings = await answer(
      callObject(
        () => accountStub(env, account),
        (stub) => stub.settings(ids),
      ),
    );
    if (settings === undefined || settings === null) return;
    for (const { id, isWatched = false } of settings.endpoints) {
      // Its Account knows of every circuit that is not closed; a watched endpoint may also send a
      // backlog after a pause.
      if (isWatched) watched.push({ settings, endpoint: id });
      else circuits.set(keyOf({ account, endpoint: id }), { kind: 'closed' });
    }
  });
  const asked = inTurns(watched, ({ settings }) => settings.account, ALERT_GATES_AT_ONCE);
  await inLanes(asked, lanes, async ({ settings, endpoint }) => {
    const view = await answer(
      callObject(
        () => gateStub(env, settings, endpoint),
        (gate) => gate.read(),
      ),
    );
    if (view === undefined) return;
    const { circuit, sinceMs } = view;
    const isClosed = circuit === 'closed' || sinceMs === null;
    circuits.set(
      keyOf({ account: settings.account, endpoint }),
      isClosed ? { kind: 'closed' } : { kind: circuit, sinceMs },
    );
  });
  return { circuits, calls: ofAccount.length + asked.length };
}

/** Undefined where the object does not answer: one of them must not keep all alerts back. */
async function answer<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await withTimeout(ALERT_ANSWER_MS, call);
  } catch (error) {
    logLine('warn', 'alerts are judged without an answer', { error: String(error) });
    return undefined;
  }
}

function byEndpoint<T extends OfEndpoint>(rows: T[]): Map<string, T> {
  return new Map(rows.map((row) => [keyOf(row), row]));
}

function keyOf({ account, endpoint }: OfEndpoint): string {
  return `${account} ${endpoint}`;
}
