/**
 * The text and id of a new key (S1). With an Idempotency-Key both follow from it: the id from the
 * key's maker and the Idempotency-Key, the text from these, what was asked for, and MASTER_KEY, by
 * HKDF. So a repeated request makes the same key and can be answered as the first, although no text
 * is stored; another request under the same Idempotency-Key has the id and not the hash.
 */
import { ulid } from 'ulid';
import { base32 } from '../core/base32.ts';
import { toBase64url } from './base64url.ts';
import { sha256 } from '../lookup/sha256.ts';

const KEY_BYTES = 32;
const ULID_CHARS = 26;
const INFO = 'tubepost:key:v1';

export type KeyText = { id: string; text: string };

export function randomKey(): KeyText {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return { id: `key_${ulid().toLowerCase()}`, text: textOf(bytes) };
}

/**
 * `maker`: the id of the key that asks; null: ADMIN_KEY. `asked`: everything that the request says
 * of the key, and which life of its account it is for.
 */
export async function derivedKey(
  masterKey: string,
  { maker, idempotencyKey, asked }: { maker: string | null; idempotencyKey: string; asked: object },
): Promise<KeyText> {
  const place = ['key', maker, idempotencyKey];
  const digest = await sha256(JSON.stringify(place));
  const raw = Uint8Array.from(atob(masterKey), (character) => character.charCodeAt(0));
  const base = await crypto.subtle.importKey('raw', raw, 'HKDF', false, ['deriveBits']);
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt: bytesOf([...place, asked]), info: bytesOf(INFO) };
  const bits = await crypto.subtle.deriveBits(derivation, base, KEY_BYTES * 8);
  return { id: `key_${base32(digest).slice(0, ULID_CHARS)}`, text: textOf(new Uint8Array(bits)) };
}

function textOf(bytes: Uint8Array): string {
  return `tbk_${toBase64url(bytes)}`;
}

function bytesOf(value: unknown) {
  return new TextEncoder().encode(JSON.stringify(value));
}
