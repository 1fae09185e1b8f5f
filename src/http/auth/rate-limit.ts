/**
 * S4: whether a key with a limit may ask once more. Most answers come from what the isolate was
 * lent; the rule is core/rate-limit.ts. A key without a limit never comes here.
 */
import { limiterName } from '../../core/ids.ts';
import { KEY_LEASE_ANSWER_MS, KEYS_REMEMBERED_MAX } from '../../core/limits.ts';
import type { RateLimit } from '../../core/key.ts';
import { type Allowance, alone, type LeaseRequest, received, spend, type Spending } from '../../core/rate-limit.ts';
import { withTimeout } from '../../lookup/with-timeout.ts';
import type { Bindings } from '../../env.ts';
import { limiterStub } from '../../lookup/stubs.ts';
import { Problem, retryAfter } from '../problem.ts';
import { logLine } from '../../log-line.ts';

const memories = new WeakMap<Bindings, Map<string, Allowance>>();

/** Throws a 429. */
export async function requireRate(env: Bindings, limit: RateLimit): Promise<void> {
  const known = memoryOf(env);
  const name = limiterName(limit.of);
  let spending = spend(known.get(name) ?? null, limit.perSecond, Date.now());
  remember(known, name, spending);
  if (spending.kind === 'ask') {
    spending = await ask(env, name, limit.perSecond, spending.request);
    remember(known, name, spending);
  }
  if (spending.kind === 'refuse') throw tooOften(limit, spending.retryAfterMs);
}

async function ask(env: Bindings, name: string, perSecond: number, request: LeaseRequest): Promise<Spending> {
  const askedAtMs = Date.now();
  const now = () => memoryOf(env).get(name) ?? null;
  try {
    // Once: a lease that is lent twice would be spent once and counted twice.
    const lease = await withTimeout(KEY_LEASE_ANSWER_MS, Promise.resolve(limiterStub(env, name).lease(request)));
    return received(now(), request, lease, askedAtMs, Date.now());
  } catch (error) {
    logLine('warn', 'a limit is counted alone', { limiter: name, error: String(error) });
    return alone(now(), perSecond, Date.now());
  }
}

/** Forgetting one costs the rest of its lease. */
function remember(known: Map<string, Allowance>, name: string, { allowance }: Spending): void {
  const [oldest] = known.keys();
  if (!known.has(name) && known.size >= KEYS_REMEMBERED_MAX && oldest !== undefined) known.delete(oldest);
  known.set(name, allowance);
}

function memoryOf(env: Bindings): Map<string, Allowance> {
  const memory = memories.get(env) ?? new Map<string, Allowance>();
  memories.set(env, memory);
  return memory;
}

function tooOften({ of, perSecond }: RateLimit, retryAfterMs: number): Problem {
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1_000));
  const who = 'key' in of ? 'the key (rateLimitPerSecond)' : "the account's portal tokens together";
  const detail = `${who} may ask ${perSecond} times a second; again in ${seconds} s`;
  return new Problem('rate-limited', detail, { headers: retryAfter(retryAfterMs) });
}
