/**
 * What every handler is given: the bindings, the parsed vars, and what an isolate keeps between
 * requests. An isolate keeps values only, never promises: a promise of one request may not be
 * awaited in another.
 */
import type { Context } from 'hono';
import type { AccountSettings } from '../core/endpoint.ts';
import type { Grant } from '../core/key.ts';
import { UnderWay } from '../core/under-way.ts';
import { CatalogueCache } from '../lookup/catalogue.ts';
import { EndpointCache } from '../lookup/endpoint-cache.ts';
import { SettingsCache } from '../lookup/settings.ts';
import { createVault, type Vault } from '../delivery/vault.ts';
import type { Bindings, Vars } from '../env.ts';
import { accountStub } from '../lookup/stubs.ts';
import { callObject } from '../lookup/objects.ts';
import { logLine } from '../log-line.ts';

export type AppEnv = { Bindings: Bindings; Variables: { vars: Vars; keyName: string; grant: Grant } };
export type AppContext = Context<AppEnv>;

const vaults = new WeakMap<Vars, Vault>();
const caches = new WeakMap<Bindings, SettingsCache>();
const endpointCaches = new WeakMap<Bindings, EndpointCache>();
const catalogues = new WeakMap<Bindings, CatalogueCache>();
const publishes = new WeakMap<Bindings, UnderWay>();

export function vaultOf(c: AppContext): Vault {
  const vars = c.get('vars');
  const known = vaults.get(vars);
  if (known !== undefined) return known;
  const vault = createVault(vars.masterKey, vars.masterKeysOld);
  vaults.set(vars, vault);
  return vault;
}

/**
 * All endpoints of an account, for a publish (`forPublish`), and for a read (`fresh`: asks the
 * Account whether anything has changed, so that what is answered is true at that moment).
 */
export function settingsCacheOf(env: Bindings): SettingsCache {
  const known = caches.get(env);
  if (known !== undefined) return known;
  const cache = new SettingsCache({
    read: (account, known, events) =>
      callObject(
        () => accountStub(env, account),
        (stub) => stub.settingsSince(stateOf(known), events, true),
      ),
    part: (account, after) =>
      callObject(
        () => accountStub(env, account),
        (stub) => stub.settingsPart(after),
      ),
  });
  caches.set(env, cache);
  return cache;
}

/** Publishes that this isolate has begun and not answered. */
export function underWayOf(env: Bindings): UnderWay {
  const known = publishes.get(env);
  if (known !== undefined) return known;
  const underWay = new UnderWay();
  publishes.set(env, underWay);
  return underWay;
}

/** Single endpoints, at most some seconds old: for lists and tokens. */
export function endpointCacheOf(env: Bindings): EndpointCache {
  const known = endpointCaches.get(env);
  if (known !== undefined) return known;
  const cache = new EndpointCache((account, endpoints) => readSettings(env, account, endpoints));
  endpointCaches.set(env, cache);
  return cache;
}

/**
 * After a change: this isolate reads what it made of the settings. The change is stored and
 * answered, whatever comes of that: the next publish asks again.
 */
export async function noteChange(c: AppContext, account: string): Promise<void> {
  try {
    await settingsCacheOf(c.env).fresh(account, Date.now());
  } catch (error) {
    logLine('warn', 'settings not read after a change', { account, error: String(error) });
  }
}

/**
 * Only what tells two states apart travels: settings may hold ten thousand endpoints. Revisions
 * begin at 1.
 */
function stateOf(known: AccountSettings | null): Pick<AccountSettings, 'revision' | 'createdAtMs'> {
  return known === null
    ? { revision: 0, createdAtMs: 0 }
    : { revision: known.revision, createdAtMs: known.createdAtMs };
}

/** As they are now, with these endpoints only. */
export function readSettings(env: Bindings, account: string, endpoints: string[]): Promise<AccountSettings | null> {
  return callObject(
    () => accountStub(env, account),
    (stub) => stub.settings(endpoints),
  );
}

/**
 * For publishing, and for what names event types. Changes of the catalogue ask the Catalogue
 * itself.
 */
export function catalogueCacheOf(env: Bindings): CatalogueCache {
  const known = catalogues.get(env);
  if (known !== undefined) return known;
  const cache = new CatalogueCache({
    indexSince: (revision) => callCatalogue(env, (stub) => stub.indexSince(revision)),
    detail: (name) => callCatalogue(env, (stub) => stub.detail(name)),
  });
  catalogues.set(env, cache);
  return cache;
}

/** One object for all accounts. Only calls that are safe to repeat. */
export function callCatalogue<R>(
  env: Bindings,
  call: (stub: ReturnType<Bindings['CATALOGUE']['getByName']>) => R,
): Promise<Awaited<R>> {
  return callObject(() => env.CATALOGUE.getByName('v1'), call);
}
