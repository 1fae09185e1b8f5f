/**
 * Verifies a webhook request: Standard Webhooks, v1 (HMAC-SHA256) and v1a (Ed25519), several
 * secrets at once. Pass the body as it arrived: a body that was parsed and written again has other
 * bytes and does not verify.
 */
import {
  HEADER_ID,
  HEADER_SIGNATURE,
  HEADER_TIMESTAMP,
  verify as verifyWithKeys,
  type Verified,
  type VerifyError,
  type VerifyKey,
} from '../signature.ts';
import { parseKeys, type SecretFault } from './keys.ts';

export type { Verified } from '../signature.ts';

/** `Headers`, or an object such as Node's `request.headers`, in any case of letters. */
export type HeadersLike =
  { get(name: string): string | null } | { readonly [name: string]: string | readonly string[] | undefined };
export type Incoming = { headers: HeadersLike; body: string | Uint8Array | ArrayBuffer };

export type VerifyOptions = {
  /** Any of them may have signed: put the new one beside the old one before a rotation. */
  secrets: readonly string[];
  /** How far the timestamp may be from now, on both sides; 300 unless set. */
  toleranceSeconds?: number;
  /** Now, in milliseconds since 1970: set by tests. */
  nowMs?: number;
};

/**
 * `bad-secret` is a fault of the receiver's settings; every other one is a request that must not be
 * believed.
 */
export type Refusal = VerifyError | SecretFault | { reason: 'malformed-header'; header: string };
export type VerifyResult = { ok: true; value: Verified } | { ok: false; error: Refusal };

/**
 * Never throws for what a stranger sent. Signatures are compared in constant time, by Web Crypto.
 */
export async function verify(request: Incoming, options: VerifyOptions): Promise<VerifyResult> {
  const keys = parseKeys(options.secrets);
  return keys.ok ? verifyByKeys(request, keys.value, options) : keys;
}

/** The same with keys that were parsed before. */
export async function verifyByKeys(
  { headers, body }: Incoming,
  keys: readonly VerifyKey[],
  { nowMs = Date.now(), toleranceSeconds }: Omit<VerifyOptions, 'secrets'> = {},
): Promise<VerifyResult> {
  const signature = headerOf(headers, HEADER_SIGNATURE);
  if (signature !== null && !/(^| )[^ ,]+,[^ ]/.test(signature)) {
    return { ok: false, error: { reason: 'malformed-header', header: HEADER_SIGNATURE } };
  }
  const request = {
    id: headerOf(headers, HEADER_ID),
    timestamp: headerOf(headers, HEADER_TIMESTAMP),
    signature,
    body: typeof body === 'string' || ArrayBuffer.isView(body) ? body : new Uint8Array(body),
  };
  return verifyWithKeys(request, keys, { nowMs, ...(toleranceSeconds === undefined ? {} : { toleranceSeconds }) });
}

/** Null where it is absent; the first one of several. */
export function headerOf(headers: HeadersLike, name: string): string | null {
  if (typeof headers.get === 'function') return headers.get(name);
  for (const [given, value] of Object.entries(headers)) {
    if (given.toLowerCase() !== name) continue;
    const first: unknown = Array.isArray(value) ? value[0] : value;
    return typeof first === 'string' ? first : null;
  }
  return null;
}
