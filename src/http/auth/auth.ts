/**
 * Who asks (S1): ADMIN_KEY, a key of the store, a session of one of them or a portal token.
 * ADMIN_KEY is compared in constant time, and works with the key store down. A store that does not
 * answer is a 503, never a 401: a client must not take its key for a bad one.
 */
import type { MiddlewareHandler } from 'hono';
import { z } from 'zod';
import { type Grant, SCOPES } from '../../core/key.ts';
import { PORTAL_REQUESTS_PER_SECOND } from '../../core/limits.ts';
import type { Vars } from '../../env.ts';
import type { KeyRow } from '../../store/config/keys.ts';
import { type AppContext, type AppEnv, endpointCacheOf } from '../context.ts';
import { endOf, knownByHash, knownById, noteUse } from './known-keys.ts';
import { PORTAL_PREFIX, portalClaims, RECORD_PREFIX } from './portal-token.ts';
import { Problem } from '../problem.ts';
import { protocolsOf } from './protocols.ts';
import { requireRate } from './rate-limit.ts';
import { adminPrint, SESSION_PREFIX, sessionClaims } from './session-token.ts';
import { sha256 } from '../../lookup/sha256.ts';

export const requireKey: MiddlewareHandler<AppEnv> = async (c, next) => {
  const header = c.req.header('authorization');
  const given = givenKey(c);
  if (given === undefined) {
    throw unauthorized(
      header === undefined
        ? 'the Authorization header is missing'
        : 'the Authorization header must be "Bearer" and a key',
    );
  }
  const grant = await grantOf(c, given);
  if (grant.rateLimit !== null) await requireRate(c.env, grant.rateLimit);
  c.set('grant', grant);
  c.set('keyName', grant.by);
  await next();
};

/** In its header, or among the protocols of a WebSocket. */
export function givenKey(c: AppContext): string | undefined {
  const inHeader = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
  return inHeader ?? protocolsOf(c.req.raw).token ?? undefined;
}

async function grantOf(c: AppContext, given: string): Promise<Grant> {
  if (isAdminKey(given, c.get('vars'))) return adminGrant(null);
  if (isPortalToken(given)) return portalGrant(c, given);
  if (given.startsWith(SESSION_PREFIX)) return sessionGrant(c, given);
  return keyGrant(c, await knownByHash(c.env, await hashKey(given)), null);
}

function adminGrant(endsAtMs: number | null): Grant {
  const all = { scopes: SCOPES, account: null, record: null, rateLimit: null };
  return { id: null, keyId: null, by: 'operator', isPortal: false, endsAtMs, ...all };
}

function keyGrant(c: AppContext, row: KeyRow | null, endsAtMs: number | null): Grant {
  if (row === null) throw unauthorized('the key is not known');
  const end = endOf(row, Date.now());
  if (end !== null) throw unauthorized(end === 'revoked' ? 'the key is revoked' : 'the key has expired');
  noteUse(c, row.id);
  const { id, name, account, rateLimitPerSecond: perSecond } = row;
  const rateLimit = perSecond === null ? null : { of: { key: id }, perSecond };
  const by = `${id} ${name}`;
  return { id, keyId: id, by, scopes: scopesOf(row), account, isPortal: false, record: null, endsAtMs, rateLimit };
}

/** As its key is now: what the key lost since, the session has lost too. */
async function sessionGrant(c: AppContext, given: string): Promise<Grant> {
  const { adminKey, masterKey } = c.get('vars');
  const claims = await sessionClaims(masterKey.key, given, Date.now());
  if (claims === null) throw unauthorized('the session is not valid, or has expired');
  const { opener, endsAtMs } = claims;
  if ('key' in opener) return keyGrant(c, await knownById(c.env, opener.key), endsAtMs);
  if (opener.admin !== (await adminPrint(masterKey.key, adminKey))) throw unauthorized('the operator key has changed');
  return adminGrant(endsAtMs);
}

/**
 * A token ends before its time with the key that made it, and with its account: one that was made
 * again under the same id is another. Both are remembered for some seconds; between the removal of
 * an account and its return lies more than that.
 */
async function portalGrant(c: AppContext, given: string): Promise<Grant> {
  const nowMs = Date.now();
  const claims = await portalClaims(c.get('vars').masterKey.key, given, nowMs);
  if (claims === null) throw unauthorized('the token is not valid, or has expired');
  const { account, accountCreatedAtMs, scopes, key, record } = claims;
  const [known, row] = await Promise.all([
    endpointCacheOf(c.env).get(account, [], nowMs),
    key === null ? null : knownById(c.env, key),
  ]);
  if (key !== null && (row === null || endOf(row, nowMs) !== null)) {
    throw unauthorized('the key that made the token is revoked or has expired');
  }
  if (known?.createdAtMs !== accountCreatedAtMs) {
    throw unauthorized('the account that the token was made for is removed');
  }
  const rateLimit = { of: { portalOf: account }, perSecond: PORTAL_REQUESTS_PER_SECOND };
  return {
    id: null,
    keyId: key,
    by: `${record === null ? 'portal' : 'record token'} of ${key ?? 'operator'}`,
    scopes,
    account,
    isPortal: true,
    record,
    endsAtMs: claims.expiresAtMs,
    rateLimit,
  };
}

/** A token that a page holds: of a customer's account, or for one record. */
export function isPortalToken(given: string): boolean {
  return given.startsWith(PORTAL_PREFIX) || given.startsWith(RECORD_PREFIX);
}

export function scopesOf({ scopes }: KeyRow) {
  return z.array(z.enum(SCOPES)).parse(JSON.parse(scopes));
}

/**
 * SHA-256 without salt or stretching is enough: a key is 256 random bits, so there is nothing to
 * guess, and it is found by its hash.
 */
export async function hashKey(key: string): Promise<string> {
  return (await sha256(key)).toHex();
}

const encoder = new TextEncoder();
const adminKeys = new WeakMap<Vars, Uint8Array>();

/**
 * In constant time for keys of its length, so that it cannot be found byte by byte. Its length is
 * no secret.
 */
function isAdminKey(given: string, vars: Vars): boolean {
  const known = adminKeys.get(vars) ?? encoder.encode(vars.adminKey);
  adminKeys.set(vars, known);
  const bytes = encoder.encode(given);
  return bytes.byteLength === known.byteLength && crypto.subtle.timingSafeEqual(bytes, known);
}

function unauthorized(detail: string): Problem {
  return new Problem('unauthorized', detail, { headers: { 'www-authenticate': 'Bearer realm="tubepost"' } });
}
