/** What one run of the alerts looks at: counts from the log, endpoints from the projection, and circuits from the Gates that may not be closed. */
import type { AlertTimes } from '../core/alert.ts';
import type { EndpointFacts, Facts } from '../core/alert-conditions.ts';
import type { AccountSettings } from '../core/endpoint.ts';
import type { FaultCount } from '../core/fault.ts';
import { ALERT_ANSWER_MS, ALERT_CALLS_AT_ONCE, ALERT_OBJECTS_PER_RUN } from '../core/limits.ts';
import { within } from '../delivery/within.ts';
import type { Bindings } from '../env.ts';
import * as counts from '../store/alert-facts.ts';
import { logDatabase } from '../store/database.ts';
import { accountStub, gateStub } from '../stubs.ts';

type Looked = {
  accounts: string[];
  after: string;
  upTo: string;
  nowMs: number;
  times: AlertTimes;
  faults: readonly FaultCount[];
};
type Circuit = EndpointFacts['circuit'];

/** `isWhole` false: what is not in the facts may be so all the same. */
export async function gather(env: Bindings, looked: Looked): Promise<{ facts: Facts; isWhole: boolean }> {
  const { accounts, after, upTo, nowMs, times } = looked;
  const log = logDatabase(null, env);
  const sinceMs = nowMs - times.windowMs;
  const [endpoints, attempts, dead, retries, open] = await Promise.all([
    counts.alertEndpoints(env.CONFIG, accounts),
    counts.countAttempts(log, accounts, sinceMs),
    counts.countDead(log, accounts, sinceMs),
    counts.countRetries(log, accounts, sinceMs, times.windowMs),
    counts.backlogs(log, after, upTo, sinceMs),
  ]);
  const circuits = await circuitsOf(env, open.rows);
  const attemptsOf = byEndpoint(attempts.rows);
  const deadOf = byEndpoint(dead.rows);
  const openOf = byEndpoint(open.rows);
  return {
    isWhole: [endpoints, attempts, dead, retries, open].every((counted) => counted.isWhole),
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

/** Of endpoints for which something waits. Missing: not asked, or no answer. */
async function circuitsOf(env: Bindings, open: counts.Backlog[]): Promise<Map<string, Circuit>> {
  const circuits = new Map<string, Circuit>();
  const accounts = [...new Set(open.map(({ account }) => account))].slice(0, ALERT_OBJECTS_PER_RUN);
  let gates = 0;
  await inTurns(accounts, async (account) => {
    const settings = await answer(accountStub(env, account).settings());
    if (settings === undefined || settings === null) return;
    const known = new Map(settings.endpoints.map((endpoint) => [endpoint.id, endpoint]));
    for (const one of open.filter((waits) => waits.account === account)) {
      // Its Account knows of every circuit that is not closed; a watched endpoint may also send a backlog after a pause.
      if (known.get(one.endpoint)?.isWatched !== true) circuits.set(keyOf(one), { kind: 'closed' });
      else if ((gates += 1) <= ALERT_OBJECTS_PER_RUN) await askGate(env, settings, one, circuits);
    }
  });
  return circuits;
}

async function askGate(
  env: Bindings,
  settings: AccountSettings,
  one: counts.Backlog,
  circuits: Map<string, Circuit>,
): Promise<void> {
  const view = await answer(gateStub(env, settings, one.endpoint).read());
  if (view === undefined) return;
  const { circuit, sinceMs } = view;
  circuits.set(keyOf(one), circuit === 'closed' || sinceMs === null ? { kind: 'closed' } : { kind: circuit, sinceMs });
}

/** Undefined where the object does not answer: one of them must not keep all alerts back. */
async function answer<T>(call: PromiseLike<T>): Promise<T | undefined> {
  try {
    return await within(ALERT_ANSWER_MS, Promise.resolve(call));
  } catch (error) {
    console.warn(JSON.stringify({ message: 'alerts go on without an answer', error: String(error) }));
    return undefined;
  }
}

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const lane = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: ALERT_CALLS_AT_ONCE }, lane));
}

function byEndpoint<T extends { account: string; endpoint: string }>(rows: T[]): Map<string, T> {
  return new Map(rows.map((row) => [keyOf(row), row]));
}

function keyOf({ account, endpoint }: { account: string; endpoint: string }): string {
  return `${account} ${endpoint}`;
}
