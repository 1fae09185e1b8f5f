/**
 * Seals what must not be readable at rest: endpoint secrets and custom headers (S3, E1, E2).
 * AES-256-GCM with the master key; account, endpoint, purpose and key id are bound in, so a sealed
 * text moved to another place does not open. It seals with one master key and opens with any that
 * it knows, so that the key can be changed (docs/operate.md). It never puts a plain or sealed text
 * into a message.
 */
import type { Sealed } from '../core/endpoint.ts';
import { fail, ok, type Result } from '../core/result.ts';

/** Where a sealed text belongs. `purpose` says what it is: `secret`, `headers`. */
export type SealContext = { account: string; endpoint: string; purpose: string };

/** `message` is fit for a log: it names the key ids and the place, never the text. */
export type OpenError = { reason: 'other-key' | 'unreadable'; message: string };

/** `key` is base64 of 32 bytes; `keyId` is part of every sealed text and names one key forever. */
export type MasterKey = { keyId: string; key: string };

export type Vault = {
  /** Which key seals: what is sealed with another one is due to be sealed again. */
  readonly keyId: string;
  seal(text: string, context: SealContext): Promise<Sealed>;
  open(sealed: Sealed, context: SealContext): Promise<Result<string, OpenError>>;
};

const KEY_BYTES = 32;
/**
 * NIST SP 800-38D: 96 random bits; safe for 2^32 texts under one key. A multiple of 3, so its
 * base64 has no padding.
 */
const IV_BYTES = 12;

/**
 * `old` keys open and never seal. Throws, without a value, if a key is not as it must be: the
 * service must not start.
 */
export function createVault(master: MasterKey, old: readonly MasterKey[] = []): Vault {
  const sealing = ringOf(master);
  // Two keys of one id are refused where they are read (env.ts); here the new one would win.
  const rings = new Map([...old.map(ringOf), sealing].map((ring) => [ring.keyId, ring]));

  return {
    keyId: master.keyId,

    async seal(text, context) {
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
      const cipher = await crypto.subtle.encrypt(algorithm(sealing, iv, context), await sealing.key(), encode(text));
      return { key: master.keyId, sealed: toBase64(iv) + toBase64(new Uint8Array(cipher)) };
    },

    async open(sealed, context) {
      const place = context.endpoint === '' ? context.purpose : `${context.purpose} of ${context.endpoint}`;
      const ring = rings.get(sealed.key);
      if (ring === undefined) {
        const known = [...rings.keys()].map((id) => `"${id}"`).join(', ');
        const message = `${place} is sealed with the master key "${sealed.key}", but this service has ${known}`;
        return fail({ reason: 'other-key', message });
      }
      try {
        const bytes = fromBase64(sealed.sealed);
        const iv = bytes.slice(0, IV_BYTES);
        const text = await crypto.subtle.decrypt(algorithm(ring, iv, context), await ring.key(), bytes.slice(IV_BYTES));
        return ok(new TextDecoder().decode(text));
      } catch {
        // Protects against a changed key under an old id and against moved or damaged rows. The
        // cause says nothing more.
        const message = `${place} does not open with the master key "${ring.keyId}": another key, or not sealed for this place`;
        return fail({ reason: 'unreadable', message });
      }
    },
  };
}

type Ring = { keyId: string; key: () => Promise<CryptoKey> };

function ringOf({ keyId, key }: MasterKey): Ring {
  const raw = masterKeyBytes(key);
  // The value is kept, not the promise: a promise made in one request may not be awaited in another
  // on Workers.
  let imported: CryptoKey | null = null;
  return {
    keyId,
    async key() {
      imported ??= await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
      return imported;
    },
  };
}

function algorithm({ keyId }: Ring, iv: Uint8Array<ArrayBuffer>, context: SealContext) {
  return { name: 'AES-GCM', iv, additionalData: boundTo(keyId, context) };
}

/** JSON of an array, because plain concatenation lets two contexts have the same bytes. */
function boundTo(keyId: string, { account, endpoint, purpose }: SealContext) {
  return encode(JSON.stringify(['tubepost:v1', keyId, account, endpoint, purpose]));
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new TextEncoder().encode(text));
}

function masterKeyBytes(text: string): Uint8Array<ArrayBuffer> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = fromBase64(text);
  } catch {
    // Not base64. The cause is dropped on purpose: it might quote the key.
    throw new Error(`MASTER_KEY must be base64 of ${KEY_BYTES} bytes, but is not base64`);
  }
  if (bytes.length !== KEY_BYTES) {
    throw new Error(`MASTER_KEY must be base64 of ${KEY_BYTES} bytes, but has ${bytes.length}`);
  }
  return bytes;
}

// Not Uint8Array.fromBase64: Node 24, which runs the tests and the simulation, does not have it.
function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
