/**
 * O6: ready only when storage answers, or has a moment ago, each part within a bound. Public: it says which part is silent
 * and nothing else.
 */
import { HEALTH_MS, HEALTH_REMEMBERED_MS } from '../core/limits.ts';
import type { Bindings } from '../env.ts';
import { logDatabase } from '../store/database.ts';
import { accountStub } from '../stubs.ts';
import type { Api } from './api.ts';
import type { AppContext } from './context.ts';
import { Problem } from './problem.ts';

/** Reading an account writes nothing, whether or not there is one of this name. */
const PROBE = 'health';

/** When an isolate last found every part answering. A part that is silent is asked again by each request. */
const readyAtMs = new WeakMap<Bindings, number>();

export function addHealth(api: Api): void {
  api.plain(
    {
      path: '/health',
      summary: 'Whether the service is ready',
      keys: 'none',
      mediaType: 'application/json',
      answers: { 200: 'Every part of the storage answers' },
    },
    async (c) => {
      const nowMs = Date.now();
      if (nowMs - (readyAtMs.get(c.env) ?? 0) < HEALTH_REMEMBERED_MS) return ready(c);
      const silent = await silentParts(c.env);
      if (silent.length > 0) throw new Problem('unavailable', `storage does not answer: ${silent.join(', ')}`);
      readyAtMs.set(c.env, nowMs);
      return ready(c);
    },
  );
}

function ready(c: AppContext): Response {
  return c.json({ status: 'ready' }, 200, { 'cache-control': 'no-store' });
}

async function silentParts(env: Bindings): Promise<string[]> {
  const checks: [string, () => Promise<unknown>][] = [
    ['account', () => accountStub(env, PROBE).settings([])],
    ['config database', () => env.CONFIG.prepare('SELECT 1').first()],
    ['log database', () => logDatabase(null, env).prepare('SELECT 1').first()],
  ];
  const answers = await Promise.all(checks.map(([, check]) => answersInTime(check)));
  return checks.filter((_, i) => answers[i] === false).map(([name]) => name);
}

async function answersInTime(check: () => Promise<unknown>): Promise<boolean> {
  let timer: number | null = null;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), HEALTH_MS);
  });
  try {
    return await Promise.race([check().then(() => true), late]);
  } catch {
    // Any failure of a part is what this is asked to report.
    return false;
  } finally {
    clearTimeout(timer);
  }
}
