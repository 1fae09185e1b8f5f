/**
 * S1: sessions, by which a browser stays signed in without holding a key: `tbs_`, who opened it and
 * until when, an HMAC-SHA-256. The key comes from MASTER_KEY by HKDF. A session grants what its key
 * grants at that moment and nothing more, so that nothing of it has to be stored. Refuses to say
 * whether the key is still there: auth.ts does.
 */
import { z } from 'zod';
import { fromBase64url, toBase64url } from '../base64url.ts';

export const SESSION_PREFIX = 'tbs_';
const INFO = 'tubepost:session:v1';
const PRINT_BYTES = 16;

const claims = z.object({
  /** `admin`: the print of the ADMIN_KEY, so that a new one ends the sessions of the old one. */
  opener: z.union([z.strictObject({ key: z.string() }), z.strictObject({ admin: z.string() })]),
  endsAtMs: z.number(),
});
export type SessionClaims = z.output<typeof claims>;

const encoder = new TextEncoder();

export async function signSession(masterKey: string, opened: SessionClaims): Promise<string> {
  const text = toBase64url(encoder.encode(JSON.stringify(opened)));
  const mac = await crypto.subtle.sign('HMAC', await signingKey(masterKey), encoder.encode(text));
  return `${SESSION_PREFIX}${text}.${toBase64url(new Uint8Array(mac))}`;
}

/**
 * Null for anything that we did not sign, or that has ended. Compared by subtle.verify, in constant
 * time.
 */
export async function sessionClaims(masterKey: string, token: string, nowMs: number): Promise<SessionClaims | null> {
  const match = /^tbs_([A-Za-z0-9_-]{1,500})\.([A-Za-z0-9_-]{43})$/.exec(token);
  if (match === null) return null;
  const [, text = '', mac = ''] = match;
  const key = await signingKey(masterKey);
  if (!(await crypto.subtle.verify('HMAC', key, fromBase64url(mac), encoder.encode(text)))) return null;
  const opened = claims.parse(JSON.parse(new TextDecoder().decode(fromBase64url(text))));
  return opened.endsAtMs <= nowMs ? null : opened;
}

/** Says nothing of the key to anyone without MASTER_KEY. */
export async function adminPrint(masterKey: string, adminKey: string): Promise<string> {
  const mac = await crypto.subtle.sign('HMAC', await signingKey(masterKey), encoder.encode(`admin\n${adminKey}`));
  return toBase64url(new Uint8Array(mac, 0, PRINT_BYTES));
}

async function signingKey(masterKey: string): Promise<CryptoKey> {
  const raw = Uint8Array.from(atob(masterKey), (character) => character.charCodeAt(0));
  const base = await crypto.subtle.importKey('raw', raw, 'HKDF', false, ['deriveKey']);
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: encoder.encode(INFO) };
  const kind = { name: 'HMAC', hash: 'SHA-256', length: 256 };
  return crypto.subtle.deriveKey(derivation, base, kind, false, ['sign', 'verify']);
}
