/**
 * The texts of secrets: how new ones are made, and what of them is public. Rules of shape
 * are core's (endpoint-rules.ts); what needs crypto is here. Nothing is kept, and no text goes into
 * a message.
 */
import type { EndpointSecret } from '../core/endpoint.ts';
import {
  type Ed25519KeyPair,
  formatPublicKey,
  formatSecret,
  formatSigningKey,
  parseSigningKey,
  sign,
  verify,
} from '../signature.ts';

export type SecretKind = EndpointSecret['kind'];
/** What is stored beside the sealed text. */
export type SecretFacts = { kind: 'hmac' } | { kind: 'ed25519'; publicKey: string };

const MADE_SECRET_BYTES = 32;

export async function makeSecret(kind: SecretKind): Promise<string> {
  if (kind === 'hmac') return formatSecret(crypto.getRandomValues(new Uint8Array(MADE_SECRET_BYTES)));
  const pair = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
  if (!('privateKey' in pair)) throw new Error('Web Crypto made no key pair for Ed25519');
  const jwk = await crypto.subtle.exportKey('jwk', pair.privateKey);
  if (!('d' in jwk)) throw new Error('Web Crypto exported no JSON Web Key');
  return formatSigningKey({ seed: fromBase64Url(jwk.d), publicKey: fromBase64Url(jwk.x) });
}

/** Null for a `whsk_` whose public half is not that of its seed: receivers could verify nothing. */
export async function factsOf(kind: SecretKind, text: string): Promise<SecretFacts | null> {
  if (kind === 'hmac') return { kind };
  const pair = parseSigningKey(text);
  if (!pair.ok || !(await isPair(pair.value))) return null;
  return { kind, publicKey: formatPublicKey(pair.value) };
}

async function isPair(pair: Ed25519KeyPair): Promise<boolean> {
  const message = { id: 'check', timestampSeconds: 0, body: '' };
  const signature = await sign(message, [pair]);
  const verified = await verify({ ...message, timestamp: '0', signature }, [pair], { nowMs: 0 });
  return verified.ok;
}

function fromBase64Url(text: string | undefined): Uint8Array<ArrayBuffer> {
  if (text === undefined) throw new Error('Web Crypto exported half a key pair');
  const base64 = text.replaceAll('-', '+').replaceAll('_', '/');
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
