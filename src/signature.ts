/**
 * The wire contract shared with receivers: header names, secrets, what is signed, how it is signed
 * and verified (Standard Webhooks, https://www.standardwebhooks.com: v1 = HMAC-SHA256, v1a =
 * Ed25519). The receiver kit ships this very file. Owns no clock, no limits of the service and no
 * storage; imports nothing and needs only Web Crypto.
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

/**
 * How far a timestamp may be from the receiver's clock: the Standard Webhooks libraries use the
 * same.
 */
export const TOLERANCE_SECONDS = 5 * 60;
/**
 * Signatures of one header that are looked at: ten live secrets in two schemes. Bounds the work an
 * attacker can ask for.
 */
const SIGNATURES_MAX = 20;

export const SECRET_PREFIX = 'whsec_';
const SIGNING_KEY_PREFIX = 'whsk_';
const PUBLIC_KEY_PREFIX = 'whpk_';
const SCHEME_HMAC = 'v1';
const SCHEME_ED25519 = 'v1a';
const HMAC = { name: 'HMAC', hash: 'SHA-256' };
const ED25519 = 'Ed25519';
/** RFC 8032: seed and public key have 32 bytes each. */
const ED25519_BYTES = 32;
const ED25519_SIGNATURE_BYTES = 64;
/**
 * What RFC 8410 puts before the seed in PKCS #8, the one form in which Web Crypto takes a seed
 * alone.
 */
const PKCS8_HEAD = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

type Bytes = Uint8Array<ArrayBuffer>;

/** Signs and verifies v1a. Made by `parseSigningKey` only. */
export type Ed25519KeyPair = { kind: 'ed25519'; seed: Bytes; publicKey: Bytes };
/** Verifies v1a; holds nothing secret. */
export type Ed25519PublicKey = { kind: 'ed25519'; publicKey: Bytes };
/** Plain bytes are an HMAC secret: it signs and verifies v1. */
export type SigningKey = Uint8Array | Ed25519KeyPair;
export type VerifyKey = Uint8Array | Ed25519PublicKey;

export type SecretError = { reason: 'no-prefix' } | { reason: 'not-base64' } | { reason: 'empty' };
export type KeyError = { reason: 'no-prefix' } | { reason: 'not-base64' } | { reason: 'bad-length'; bytes: number };

/**
 * `whsec_` + base64 to the key's bytes. How many bytes a secret should have is its issuer's rule,
 * not this file's.
 */
export function parseSecret(text: string): { ok: true; value: Bytes } | { ok: false; error: SecretError } {
  if (!text.startsWith(SECRET_PREFIX)) return { ok: false, error: { reason: 'no-prefix' } };
  const value = fromBase64(text.slice(SECRET_PREFIX.length));
  if (value === null) return { ok: false, error: { reason: 'not-base64' } };
  return value.length === 0 ? { ok: false, error: { reason: 'empty' } } : { ok: true, value };
}

export function formatSecret(bytes: Uint8Array): string {
  return SECRET_PREFIX + toBase64(bytes);
}

/**
 * `whsk_` + base64 of seed and public key, as libsodium and Svix write it. That the two belong
 * together is not checked.
 */
export function parseSigningKey(text: string): { ok: true; value: Ed25519KeyPair } | { ok: false; error: KeyError } {
  const bytes = keyBytes(text, SIGNING_KEY_PREFIX, 2 * ED25519_BYTES);
  if (!bytes.ok) return bytes;
  const [seed, publicKey] = [bytes.value.slice(0, ED25519_BYTES), bytes.value.slice(ED25519_BYTES)];
  return { ok: true, value: { kind: 'ed25519', seed, publicKey } };
}

export function formatSigningKey({ seed, publicKey }: Pick<Ed25519KeyPair, 'seed' | 'publicKey'>): string {
  return SIGNING_KEY_PREFIX + toBase64(new Uint8Array([...seed, ...publicKey]));
}

/** `whpk_` + base64: what a receiver is given. */
export function parsePublicKey(text: string): { ok: true; value: Ed25519PublicKey } | { ok: false; error: KeyError } {
  const bytes = keyBytes(text, PUBLIC_KEY_PREFIX, ED25519_BYTES);
  return bytes.ok ? { ok: true, value: { kind: 'ed25519', publicKey: bytes.value } } : bytes;
}

export function formatPublicKey({ publicKey }: Ed25519PublicKey): string {
  return PUBLIC_KEY_PREFIX + toBase64(publicKey);
}

function keyBytes(
  text: string,
  prefix: string,
  length: number,
): { ok: true; value: Bytes } | { ok: false; error: KeyError } {
  if (!text.startsWith(prefix)) return { ok: false, error: { reason: 'no-prefix' } };
  const value = fromBase64(text.slice(prefix.length));
  if (value === null) return { ok: false, error: { reason: 'not-base64' } };
  if (value.length !== length) return { ok: false, error: { reason: 'bad-length', bytes: value.length } };
  return { ok: true, value };
}

/**
 * `body` as text is signed as its UTF-8 bytes; a receiver passes the bytes it got, never a
 * re-serialised object.
 */
export type Message = { id: string; timestampSeconds: number; body: string | Uint8Array };

/**
 * The value of `webhook-signature`: one `v1,…` or `v1a,…` for each key, in order, separated by
 * spaces.
 */
export async function sign(message: Message, keys: readonly SigningKey[]): Promise<string> {
  const content = signedContent(message.id, String(message.timestampSeconds), message.body);
  return (await Promise.all(keys.map((key) => signOne(content, key)))).join(' ');
}

async function signOne(content: Bytes, key: SigningKey): Promise<string> {
  if (key instanceof Uint8Array) {
    const signature = await crypto.subtle.sign('HMAC', await importSecret(key, 'sign'), content);
    return `${SCHEME_HMAC},${toBase64(new Uint8Array(signature))}`;
  }
  const pkcs8 = new Uint8Array([...PKCS8_HEAD, ...key.seed]);
  const imported = await crypto.subtle.importKey('pkcs8', pkcs8, ED25519, false, ['sign']);
  return `${SCHEME_ED25519},${toBase64(new Uint8Array(await crypto.subtle.sign(ED25519, imported, content)))}`;
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
 * True to the sender if any of `keys` made any of the signatures of its own scheme. Compared in
 * constant time (`subtle.verify`); unknown schemes are passed over, so that a sender may add one.
 * Never throws for what a stranger sent.
 */
export async function verify(
  request: SignedRequest,
  keys: readonly VerifyKey[],
  clock: { nowMs: number; toleranceSeconds?: number },
): Promise<{ ok: true; value: Verified } | { ok: false; error: VerifyError }> {
  const { id, timestamp, signature } = request;
  if (id === null || id === '') return { ok: false, error: { reason: 'missing-header', header: HEADER_ID } };
  if (timestamp === null) return { ok: false, error: { reason: 'missing-header', header: HEADER_TIMESTAMP } };
  if (signature === null) return { ok: false, error: { reason: 'missing-header', header: HEADER_SIGNATURE } };
  if (keys.length === 0) return { ok: false, error: { reason: 'no-secret' } };

  const toleranceSeconds = clock.toleranceSeconds ?? TOLERANCE_SECONDS;
  const late = timestampError(timestamp, Math.floor(clock.nowMs / 1000), toleranceSeconds);
  if (late !== null) return { ok: false, error: late };

  // The timestamp is signed as it was written, so "007" cannot pass for "7".
  const content = signedContent(id, timestamp, request.body);
  for (const key of keys) {
    if (await isSignedBy(key, content, signature)) {
      return { ok: true, value: { id, timestampSeconds: Number(timestamp) } };
    }
  }
  return { ok: false, error: { reason: 'no-match' } };
}

async function isSignedBy(key: VerifyKey, content: Bytes, header: string): Promise<boolean> {
  const isSecret = key instanceof Uint8Array;
  const [algorithm, imported] = isSecret
    ? (['HMAC', await importSecret(key, 'verify')] as const)
    : ([ED25519, await crypto.subtle.importKey('raw', key.publicKey, ED25519, false, ['verify'])] as const);
  for (const candidate of parseSignatures(header, isSecret ? SCHEME_HMAC : SCHEME_ED25519)) {
    // Web Crypto says "false" to any other length; workerd throws.
    if (!isSecret && candidate.length !== ED25519_SIGNATURE_BYTES) continue;
    if (await crypto.subtle.verify(algorithm, imported, candidate, content)) return true;
  }
  return false;
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

function parseSignatures(header: string, scheme: string): Bytes[] {
  return header
    .split(' ', SIGNATURES_MAX)
    .filter((part) => part.startsWith(`${scheme},`))
    .map((part) => fromBase64(part.slice(scheme.length + 1)))
    .filter((bytes) => bytes !== null);
}

/**
 * `${id}.${timestamp}.${body}`. Event ids hold no dot (P5), so no other triple has the same bytes.
 */
function signedContent(id: string, timestamp: string, body: string | Uint8Array): Bytes {
  const head = new TextEncoder().encode(`${id}.${timestamp}.`);
  const tail = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const content = new Uint8Array(head.length + tail.length);
  content.set(head);
  content.set(tail, head.length);
  return content;
}

function importSecret(secret: Uint8Array, usage: 'sign' | 'verify'): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', Uint8Array.from(secret), HMAC, false, [usage]);
}

function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/**
 * Null unless it is padded standard base64: `atob` alone would also take white space and missing
 * padding.
 */
function fromBase64(text: string): Bytes | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
