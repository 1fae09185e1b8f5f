/**
 * O6: ready only when every part of the storage answers, each within a bound, or has a moment ago:
 * the tables of this build, an object that writes, and a master key that opens what is sealed.
 * Public: it says what is wrong and what to do, and nothing else.
 */
import { HEALTH_MS, HEALTH_REMEMBERED_MS } from '../core/limits.ts';
import type { Vault } from '../delivery/vault.ts';
import type { Bindings } from '../env.ts';
import { logDatabase } from '../store/database.ts';
import { isMigrated } from '../store/migrations.ts';
import { accountStub } from '../lookup/stubs.ts';
import type { Api } from './api.ts';
import { type AppContext, vaultOf } from './context.ts';
import { Problem } from './problem.ts';
import { healthShape } from './shapes/plain-shapes.ts';

/** Reading an account writes nothing, whether or not there is one of this name. */
const PROBE = 'health';
const CANARY = { text: 'tubepost', place: { account: '', endpoint: '', purpose: 'canary' } };

/**
 * When an isolate last found every part answering. A part that is silent is asked again by each
 * request.
 */
const readyAtMs = new WeakMap<Bindings, number>();

export function addHealth(api: Api): void {
  api.plain(
    {
      path: '/health',
      id: 'getHealth',
      summary: 'Whether the service is ready',
      keys: 'none',
      mediaType: 'application/json',
      answers: { 200: { description: 'Every part of the storage answers', schema: healthShape } },
    },
    async (c) => {
      const nowMs = Date.now();
      if (nowMs - (readyAtMs.get(c.env) ?? 0) < HEALTH_REMEMBERED_MS) return ready(c);
      const { silent, wrong } = await faultsOf(c.env, vaultOf(c));
      if (silent.length > 0) {
        const detail = `storage does not answer: ${silent.join(', ')}${local(c.env)}`;
        throw new Problem('unavailable', [detail, ...wrong].join('; '));
      }
      if (wrong.length > 0) throw new Problem('misconfigured', wrong.join('; '));
      readyAtMs.set(c.env, nowMs);
      return ready(c);
    },
  );
}

function ready(c: AppContext): Response {
  return c.json({ status: 'ready', version: c.env.VERSION.id }, 200, { 'cache-control': 'no-store' });
}

/**
 * The starter names the file (src/tools/local/damage.ts); the Worker does not know where it lies.
 */
function local(env: Bindings): string {
  return env.LOCAL_MODE?.trim() === 'true' ? ' (its file may be damaged: `npm start` names it when it starts)' : '';
}

type Faults = { silent: string[]; wrong: string[] };
/** A sentence of what to do, or null: all is well. Throws where the part does not answer. */
type Check = [part: string, check: () => Promise<string | null>];

async function faultsOf(env: Bindings, vault: Vault): Promise<Faults> {
  const checks: Check[] = [
    ['account objects', async () => (await accountStub(env, PROBE).settings([]), null)],
    ['the catalogue object', () => checkCanary(env, vault)],
    ['the config database', async () => untilMigrated('CONFIG', await isMigrated(env.CONFIG, 'CONFIG'))],
    ['the log database', async () => untilMigrated('LOG_DB', await isMigrated(logDatabase(null, env), 'LOG_DB'))],
  ];
  const found = await Promise.all(checks.map(([, check]) => inTime(check)));
  const wrong = found.flatMap((one) => (typeof one === 'string' ? [one] : []));
  return { silent: checks.filter((_, i) => found[i] === false).map(([part]) => part), wrong };
}

function untilMigrated(binding: 'CONFIG' | 'LOG_DB', isDone: boolean): string | null {
  if (isDone) return null;
  return `apply the migrations of ${binding}: npx wrangler d1 migrations apply ${binding} --remote (npm start does it)`;
}

/**
 * Sealed by the first that asks, and again under each new key: so a key that was given up in order
 * is no longer needed for it.
 */
async function checkCanary(env: Bindings, vault: Vault): Promise<string | null> {
  const catalogue = env.CATALOGUE.getByName('v1');
  const canary = await catalogue.beat();
  const opened = canary === null ? null : await vault.open(canary, CANARY.place);
  if (opened !== null && !opened.ok) {
    const rule =
      'set MASTER_KEY and MASTER_KEY_ID to those that this state was sealed with, or add them to MASTER_KEYS_OLD';
    return `${rule}: the ${opened.error.message}`;
  }
  if (canary?.key !== vault.keyId) await catalogue.setCanary(await vault.seal(CANARY.text, CANARY.place), canary);
  return null;
}

/** False: it did not answer. */
async function inTime(check: () => Promise<string | null>): Promise<string | null | false> {
  let timer: number | null = null;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), HEALTH_MS);
  });
  try {
    return await Promise.race([check(), late]);
  } catch {
    // Any failure of a part is what this is asked to report.
    return false;
  } finally {
    clearTimeout(timer);
  }
}
