/**
 * S1, L2: signing and verifying portal tokens (`tbp_`) and tokens for one record (`tbr_`): what is
 * granted, an HMAC-SHA-256. The keys come from MASTER_KEY by HKDF, one for each kind, so that no
 * release takes the one for the other. Refuses to say whether account and key are still there:
 * auth.ts does.
 */
import { z } from 'zod';
import { SCOPES } from '../../core/key.ts';
import { fromBase64url, toBase64url } from '../base64url.ts';

export const PORTAL_PREFIX = 'tbp_';
/**
 * Version 1 said nothing of the account's creation and of the key: such tokens, an hour old at
 * most, are not valid any more.
 */
const PORTAL_INFO = 'tubepost:portal-token:v2';
export const RECORD_PREFIX = 'tbr_';
const RECORD_INFO = 'tubepost:record-token:v1';

const claims = z.object({
  account: z.string(),
  /** Tells the account from a later one of the same id. */
  accountCreatedAtMs: z.number(),
  scopes: z.array(z.enum(SCOPES)),
  /** The id of the key that made it; null: ADMIN_KEY. */
  key: z.string().nullable(),
  expiresAtMs: z.number(),
  /** The one record whose status it reads; null: it is a portal token. */
  record: z.string().nullable().default(null),
});
export type PortalClaims = z.output<typeof claims>;

export async function signPortal(masterKey: string, granted: PortalClaims): Promise<string> {
  const text = toBase64url(new TextEncoder().encode(JSON.stringify(granted)));
  const [prefix, info] = granted.record === null ? [PORTAL_PREFIX, PORTAL_INFO] : [RECORD_PREFIX, RECORD_INFO];
  const mac = await crypto.subtle.sign('HMAC', await signingKey(masterKey, info), new TextEncoder().encode(text));
  return `${prefix}${text}.${toBase64url(new Uint8Array(mac))}`;
}

/**
 * Null for anything that we did not sign, or that has expired. Compared by subtle.verify, in
 * constant time.
 */
export async function portalClaims(masterKey: string, token: string, nowMs: number): Promise<PortalClaims | null> {
  const match = /^(tbp_|tbr_)([A-Za-z0-9_-]{1,2000})\.([A-Za-z0-9_-]{43})$/.exec(token);
  if (match === null) return null;
  const [, prefix, text = '', mac = ''] = match;
  const isOfRecord = prefix === RECORD_PREFIX;
  const key = await signingKey(masterKey, isOfRecord ? RECORD_INFO : PORTAL_INFO);
  if (!(await crypto.subtle.verify('HMAC', key, fromBase64url(mac), new TextEncoder().encode(text)))) return null;
  const granted = claims.parse(JSON.parse(new TextDecoder().decode(fromBase64url(text))));
  if ((granted.record !== null) !== isOfRecord) return null;
  return granted.expiresAtMs <= nowMs ? null : granted;
}

async function signingKey(masterKey: string, info: string): Promise<CryptoKey> {
  const raw = Uint8Array.from(atob(masterKey), (character) => character.charCodeAt(0));
  const base = await crypto.subtle.importKey('raw', raw, 'HKDF', false, ['deriveKey']);
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: new TextEncoder().encode(info) };
  const kind = { name: 'HMAC', hash: 'SHA-256', length: 256 };
  return crypto.subtle.deriveKey(derivation, base, kind, false, ['sign', 'verify']);
}
