/**
 * The wire contract shared with receivers: header names, secrets, what is signed, how it is signed and verified
 * (Standard Webhooks, https://www.standardwebhooks.com, scheme v1 = HMAC-SHA256). The receiver kit ships this very file.
 * Owns no clock, no limits of the service and no storage; imports nothing and needs only Web Crypto.
 */

export const HEADER_ID = 'webhook-id';
/** Seconds since 1970, of this attempt. */
export const HEADER_TIMESTAMP = 'webhook-timestamp';
export const HEADER_SIGNATURE = 'webhook-signature';
/** Number of the attempt, from 1. */
export const HEADER_ATTEMPT = 'webhook-attempt';
/** The sequence sent before this one in its lane, or `none`. */
export const HEADER_PREVIOUS = 'webhook-previous';
export const PREVIOUS_NONE = 'none';
/** A replay's delivery id; absent otherwise. */
export const HEADER_REPLAY = 'webhook-replay';
/** In a receiver's answer: `disable` or `abort-message`. */
export const HEADER_DELIVERY = 'webhook-delivery';

/** How far a timestamp may be from the receiver's clock: the Standard Webhooks libraries use the same. */
export const TOLERANCE_SECONDS = 5 * 60;
/** Signatures of one header that are looked at: ten live secrets in two schemes. Bounds the work an attacker can ask for. */
const SIGNATURES_MAX = 20;

const SECRET_PREFIX = 'whsec_';
const SCHEME = 'v1';
const HMAC = { name: 'HMAC', hash: 'SHA-256' };

type Bytes = Uint8Array<ArrayBuffer>;

export type SecretError = { reason: 'no-prefix' } | { reason: 'not-base64' } | { reason: 'empty' };

/** `whsec_` + base64 to the key's bytes. How many bytes a secret should have is its issuer's rule, not this file's. */
export function parseSecret(text: string): { ok: true; value: Bytes } | { ok: false; error: SecretError } {
  if (!text.startsWith(SECRET_PREFIX)) return { ok: false, error: { reason: 'no-prefix' } };
  const value = fromBase64(text.slice(SECRET_PREFIX.length));
  if (value === null) return { ok: false, error: { reason: 'not-base64' } };
  return value.length === 0 ? { ok: false, error: { reason: 'empty' } } : { ok: true, value };
}

export function formatSecret(bytes: Uint8Array): string {
  return SECRET_PREFIX + toBase64(bytes);
}

/** `body` as text is signed as its UTF-8 bytes; a receiver passes the bytes it got, never a re-serialised object. */
export type Message = { id: string; timestampSeconds: number; body: string | Uint8Array };

/** The value of `webhook-signature`: one `v1,…` for each secret, in order, separated by spaces. */
export async function sign(message: Message, secrets: readonly Uint8Array[]): Promise<string> {
  const content = signedContent(message.id, String(message.timestampSeconds), message.body);
  const signatures = secrets.map(async (secret) => {
    const key = await importKey(secret, 'sign');
    return `${SCHEME},${toBase64(new Uint8Array(await crypto.subtle.sign('HMAC', key, content)))}`;
  });
  return (await Promise.all(signatures)).join(' ');
}

/** The three headers as they arrived, null where absent, and the untouched body. */
export type SignedRequest = {
  id: string | null;
  timestamp: string | null;
  signature: string | null;
  body: string | Uint8Array;
};

export type VerifyError =
  | { reason: 'missing-header'; header: string }
  | { reason: 'bad-timestamp'; timestamp: string }
  | { reason: 'too-old'; timestampSeconds: number; toleranceSeconds: number }
  | { reason: 'too-new'; timestampSeconds: number; toleranceSeconds: number }
  | { reason: 'no-secret' }
  | { reason: 'no-match' };

export type Verified = { id: string; timestampSeconds: number };

/**
 * True to the sender if any of `secrets` made any of the signatures. Compared in constant time (`subtle.verify`); unknown
 * schemes are passed over, so that a sender may add one. Never throws for what a stranger sent.
 */
export async function verify(
  request: SignedRequest,
  secrets: readonly Uint8Array[],
  clock: { nowMs: number; toleranceSeconds?: number },
): Promise<{ ok: true; value: Verified } | { ok: false; error: VerifyError }> {
  const { id, timestamp, signature } = request;
  if (id === null || id === '') return { ok: false, error: { reason: 'missing-header', header: HEADER_ID } };
  if (timestamp === null) return { ok: false, error: { reason: 'missing-header', header: HEADER_TIMESTAMP } };
  if (signature === null) return { ok: false, error: { reason: 'missing-header', header: HEADER_SIGNATURE } };
  if (secrets.length === 0) return { ok: false, error: { reason: 'no-secret' } };

  const toleranceSeconds = clock.toleranceSeconds ?? TOLERANCE_SECONDS;
  const late = timestampError(timestamp, Math.floor(clock.nowMs / 1000), toleranceSeconds);
  if (late !== null) return { ok: false, error: late };

  // The timestamp is signed as it was written, so "007" cannot pass for "7".
  const content = signedContent(id, timestamp, request.body);
  const candidates = parseSignatures(signature);
  for (const secret of secrets) {
    const key = await importKey(secret, 'verify');
    for (const candidate of candidates) {
      if (await crypto.subtle.verify('HMAC', key, candidate, content)) {
        return { ok: true, value: { id, timestampSeconds: Number(timestamp) } };
      }
    }
  }
  return { ok: false, error: { reason: 'no-match' } };
}

function timestampError(text: string, nowSeconds: number, toleranceSeconds: number): VerifyError | null {
  if (!/^[0-9]{1,15}$/.test(text)) return { reason: 'bad-timestamp', timestamp: text.slice(0, 32) };
  const timestampSeconds = Number(text);
  if (nowSeconds - timestampSeconds > toleranceSeconds)
    return { reason: 'too-old', timestampSeconds, toleranceSeconds };
  if (timestampSeconds - nowSeconds > toleranceSeconds)
    return { reason: 'too-new', timestampSeconds, toleranceSeconds };
  return null;
}

function parseSignatures(header: string): Bytes[] {
  return header
    .split(' ', SIGNATURES_MAX)
    .filter((part) => part.startsWith(`${SCHEME},`))
    .map((part) => fromBase64(part.slice(SCHEME.length + 1)))
    .filter((bytes) => bytes !== null);
}

/** `${id}.${timestamp}.${body}`. Event ids hold no dot (P5), so no other triple has the same bytes. */
function signedContent(id: string, timestamp: string, body: string | Uint8Array): Bytes {
  const head = new TextEncoder().encode(`${id}.${timestamp}.`);
  const tail = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const content = new Uint8Array(head.length + tail.length);
  content.set(head);
  content.set(tail, head.length);
  return content;
}

function importKey(secret: Uint8Array, usage: 'sign' | 'verify'): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', Uint8Array.from(secret), HMAC, false, [usage]);
}

function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/** Null unless it is padded standard base64: `atob` alone would also take white space and missing padding. */
function fromBase64(text: string): Bytes | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
