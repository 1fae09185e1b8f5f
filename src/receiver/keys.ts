/** The secrets of an endpoint, as its owner copied them, to the keys that verify. */
import { parsePublicKey, parseSecret, parseSigningKey, SECRET_PREFIX, type VerifyKey } from '../signature.ts';

export type SecretFault = { reason: 'bad-secret'; index: number; fault: string };

/**
 * `whsec_…` (v1), `whpk_…` (v1a) or `whsk_…` (v1a, of which only the public half is used). A secret
 * without a prefix, or without its padding, is taken as the official libraries take it. The fault
 * never holds the secret.
 */
export function parseKeys(
  secrets: readonly string[],
): { ok: true; value: VerifyKey[] } | { ok: false; error: SecretFault } {
  const keys: VerifyKey[] = [];
  for (const [index, secret] of secrets.entries()) {
    const parsed = parseKey(secret.trim());
    if (!parsed.ok) return { ok: false, error: { reason: 'bad-secret', index, fault: parsed.error.reason } };
    keys.push(parsed.value);
  }
  return { ok: true, value: keys };
}

function parseKey(text: string) {
  if (text.startsWith('whpk_')) return parsePublicKey(padded(text));
  if (text.startsWith('whsk_')) return parseSigningKey(padded(text));
  return parseSecret(padded(text.startsWith(SECRET_PREFIX) ? text : SECRET_PREFIX + text));
}

/** No prefix holds a character that base64 lacks but `_`, so only what follows it counts. */
function padded(text: string): string {
  const bare = text.replace(/=+$/, '');
  const length = bare.length - bare.indexOf('_') - 1;
  return bare + '='.repeat((4 - (length % 4)) % 4);
}
