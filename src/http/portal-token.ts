/** S1: signing and verifying portal tokens: `tbp_`, what is granted, an HMAC-SHA-256. The key comes from MASTER_KEY by HKDF. */
import { z } from 'zod';
import { type Grant, type Scope, SCOPES } from '../core/key.ts';

export const PORTAL_PREFIX = 'tbp_';
const INFO = 'tubepost:portal-token:v1';

const claims = z.strictObject({
  account: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  by: z.string(),
  expiresAtMs: z.number(),
});
export type PortalClaims = { account: string; scopes: Scope[]; by: string; expiresAtMs: number };

export async function signPortal(masterKey: string, granted: PortalClaims): Promise<string> {
  const text = toBase64url(new TextEncoder().encode(JSON.stringify(granted)));
  const mac = await crypto.subtle.sign('HMAC', await signingKey(masterKey), new TextEncoder().encode(text));
  return `${PORTAL_PREFIX}${text}.${toBase64url(new Uint8Array(mac))}`;
}

/** Null for anything that we did not sign, or that has expired. Compared by subtle.verify, in constant time. */
export async function portalGrant(masterKey: string, token: string, nowMs: number): Promise<Grant | null> {
  const match = /^tbp_([A-Za-z0-9_-]{1,2000})\.([A-Za-z0-9_-]{43})$/.exec(token);
  if (match === null) return null;
  const [, text = '', mac = ''] = match;
  const key = await signingKey(masterKey);
  if (!(await crypto.subtle.verify('HMAC', key, fromBase64url(mac), new TextEncoder().encode(text)))) return null;
  const { account, scopes, by, expiresAtMs } = claims.parse(JSON.parse(new TextDecoder().decode(fromBase64url(text))));
  if (expiresAtMs <= nowMs) return null;
  return { id: null, by: `portal of ${by}`, scopes, account, isPortal: true };
}

async function signingKey(masterKey: string): Promise<CryptoKey> {
  const raw = Uint8Array.from(atob(masterKey), (character) => character.charCodeAt(0));
  const base = await crypto.subtle.importKey('raw', raw, 'HKDF', false, ['deriveKey']);
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: new TextEncoder().encode(INFO) };
  const kind = { name: 'HMAC', hash: 'SHA-256', length: 256 };
  return crypto.subtle.deriveKey(derivation, base, kind, false, ['sign', 'verify']);
}

export function toBase64url(bytes: Uint8Array): string {
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}
