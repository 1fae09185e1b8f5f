/**
 * Who asks (S1): ADMIN_KEY, a key of the store or a portal token. ADMIN_KEY is compared as digests in constant time, and works with
 * the key store down. A store that does not answer is a 503, never a 401: a client must not take its key for a bad one.
 */
import type { MiddlewareHandler } from 'hono';
import { z } from 'zod';
import { type Grant, SCOPES } from '../core/key.ts';
import { KEY_REMEMBERED_MS, KEY_STORE_MS, KEY_USED_MS, KEYS_REMEMBERED_MAX } from '../core/limits.ts';
import { within } from '../delivery/within.ts';
import type { Bindings } from '../env.ts';
import { keyByHash, type KeyRow, markKeyUsed } from '../store/keys.ts';
import type { AppContext, AppEnv } from './context.ts';
import { fromDatabase } from './database.ts';
import { PORTAL_PREFIX, portalGrant } from './portal-token.ts';
import { Problem } from './problem.ts';

type Remembered = { row: KeyRow; readAtMs: number };
/** What an isolate remembers: only keys that are there, so that a new key works at once. */
const stores = new WeakMap<Bindings, { known: Map<string, Remembered>; usedAtMs: Map<string, number> }>();

export const requireKey: MiddlewareHandler<AppEnv> = async (c, next) => {
  const header = c.req.header('authorization');
  const given = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];
  if (given === undefined) {
    throw unauthorized(
      header === undefined
        ? 'the Authorization header is missing'
        : 'the Authorization header must be "Bearer" and a key',
    );
  }
  const grant = await grantOf(c, given);
  c.set('grant', grant);
  c.set('keyName', grant.by);
  await next();
};

async function grantOf(c: AppContext, given: string): Promise<Grant> {
  if (await isSame(given, c.get('vars').adminKey)) {
    return { id: null, by: 'operator', scopes: SCOPES, account: null, isPortal: false };
  }
  if (given.startsWith(PORTAL_PREFIX)) {
    const grant = await portalGrant(c.get('vars').masterKey.key, given, Date.now());
    if (grant === null) throw unauthorized('the portal token is not valid, or has expired');
    return grant;
  }
  const row = await rowOf(c.env, await hashKey(given));
  if (row === null) throw unauthorized('the key is not known');
  if (row.revokedAtMs !== null) throw unauthorized('the key is revoked');
  if (row.expiresAtMs !== null && row.expiresAtMs <= Date.now()) throw unauthorized('the key has expired');
  noteUse(c, row.id);
  return { id: row.id, by: `${row.id} ${row.name}`, scopes: scopesOf(row), account: row.account, isPortal: false };
}

export function scopesOf({ scopes }: KeyRow) {
  return z.array(z.enum(SCOPES)).parse(JSON.parse(scopes));
}

/** SHA-256 without salt or stretching is enough: a key is 256 random bits, so there is nothing to guess, and it is found by its hash. */
export async function hashKey(key: string): Promise<string> {
  return new Uint8Array(await sha256(key)).toHex();
}

async function rowOf(env: Bindings, hash: string): Promise<KeyRow | null> {
  const { known } = memoryOf(env);
  const nowMs = Date.now();
  const remembered = known.get(hash);
  if (remembered !== undefined && Math.abs(nowMs - remembered.readAtMs) < KEY_REMEMBERED_MS) return remembered.row;
  known.delete(hash);
  const row = await fromDatabase(within(KEY_STORE_MS, keyByHash(env.CONFIG, hash)));
  if (row === null) return null;
  const [oldest] = known.keys();
  if (known.size >= KEYS_REMEMBERED_MAX && oldest !== undefined) known.delete(oldest);
  known.set(hash, { row, readAtMs: nowMs });
  return row;
}

function memoryOf(env: Bindings) {
  const memory = stores.get(env) ?? { known: new Map<string, Remembered>(), usedAtMs: new Map<string, number>() };
  stores.set(env, memory);
  return memory;
}

/** After the answer, at most once a minute; a loss costs a minute of precision. */
function noteUse(c: AppContext, id: string): void {
  const { usedAtMs } = memoryOf(c.env);
  const nowMs = Date.now();
  if (nowMs - (usedAtMs.get(id) ?? 0) < KEY_USED_MS) return;
  if (usedAtMs.size >= KEYS_REMEMBERED_MAX) usedAtMs.clear();
  usedAtMs.set(id, nowMs);
  const written = markKeyUsed(c.env.CONFIG, id, nowMs).catch((error: unknown) => {
    console.warn(JSON.stringify({ message: 'use of a key not written', key: id, error: String(error) }));
  });
  c.executionCtx.waitUntil(written);
}

async function isSame(a: string, b: string): Promise<boolean> {
  const [digestA, digestB] = await Promise.all([sha256(a), sha256(b)]);
  return crypto.subtle.timingSafeEqual(digestA, digestB);
}

function sha256(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
}

function unauthorized(detail: string): Problem {
  return new Problem('unauthorized', detail, { headers: { 'www-authenticate': 'Bearer realm="tubepost"' } });
}
