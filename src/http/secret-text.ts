/**
 * The texts of secrets on their way in and out: made or given, sealed, and read back. Whoever shows
 * a text to a caller that did not just bring or make it goes through `auditedSecret`, so that no
 * read is without its row in the audit log.
 */
import { ulid } from 'ulid';
import { base32 } from '../core/base32.ts';
import type { EndpointSecret } from '../core/endpoint.ts';
import { factsOf, makeSecret, type SecretKind } from '../delivery/secrets.ts';
import { PURPOSE_SECRET } from '../delivery/send.ts';
import { accountStub } from '../lookup/stubs.ts';
import { type AppContext, vaultOf } from './context.ts';
import { idempotencyKey } from './idempotency.ts';
import { callObject } from '../lookup/objects.ts';
import { invalid, Problem } from './problem.ts';
import { sha256 } from '../lookup/sha256.ts';

export type SecretPlace = { account: string; endpoint: string };

/**
 * A current secret, and its text. Its id comes from the Idempotency-Key where there is one: a
 * repeated call then finds it.
 */
export async function newSecret(
  c: AppContext,
  place: SecretPlace,
  kind: SecretKind,
  given: string | undefined,
): Promise<{ secret: EndpointSecret; text: string }> {
  const nowMs = Date.now();
  const text = given ?? (await makeSecret(kind));
  const facts = await factsOf(kind, text);
  if (facts === null) {
    const message = 'secret must be a key pair: the public half of the one given is not that of its seed';
    throw invalid([{ field: 'secret', message }]);
  }
  const id = await newSecretId(c, place, nowMs);
  const sealed = await vaultOf(c).seal(text, { ...place, purpose: PURPOSE_SECRET });
  return { secret: { id, secret: sealed, createdAtMs: nowMs, expiresAtMs: null, ...facts }, text };
}

const ULID_CHARS = 26;
async function newSecretId(c: AppContext, { account, endpoint }: SecretPlace, nowMs: number): Promise<string> {
  const key = idempotencyKey(c);
  if (key === null) return `sec_${ulid(nowMs).toLowerCase()}`;
  const digest = await sha256(JSON.stringify(['secret', account, endpoint, key]));
  return `sec_${base32(digest).slice(0, ULID_CHARS)}`;
}

/** The row is written before the text is opened; where it cannot be, this throws. */
export async function auditedSecret(
  c: AppContext,
  place: SecretPlace,
  id: string,
): Promise<{ secret: EndpointSecret; text: string }> {
  const read = await callObject(
    () => accountStub(c.env, place.account),
    (stub) => stub.readSecret(place.endpoint, id, c.get('keyName')),
  );
  if (!read.ok) throw read.error.reason === 'not-found' ? unknownEndpoint(place.endpoint) : unknownSecret(id);
  const opened = await vaultOf(c).open(read.value.secret, { ...place, purpose: PURPOSE_SECRET });
  if (!opened.ok) throw unreadable(opened.error.message);
  return { secret: read.value, text: opened.value };
}

/**
 * After a change that was to store `made`: its text, or that of the secret which an earlier, lost
 * try of the same request has stored under the same id. The latter is a read.
 */
export async function storedText(
  c: AppContext,
  place: SecretPlace,
  made: { secret: EndpointSecret; text: string },
  stored: readonly EndpointSecret[],
): Promise<string> {
  const { id, secret } = made.secret;
  if (stored.some((one) => one.id === id && one.secret.sealed === secret.sealed)) return made.text;
  return (await auditedSecret(c, place, id)).text;
}

/**
 * An answer that is repeated under its Idempotency-Key shows its secret again: that is a read. What
 * has ended since signs nothing any more, and its text may be repeated without a row.
 */
export async function auditRepeated(c: AppContext, place: SecretPlace, id: string): Promise<void> {
  try {
    await auditedSecret(c, place, id);
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return;
    throw error;
  }
}

/** Of the operator and not of who asks: MASTER_KEY is another than the one that sealed it. */
function unreadable(message: string): Problem {
  return new Problem('misconfigured', `the ${message}; set MASTER_KEY, MASTER_KEY_ID and MASTER_KEYS_OLD as they were`);
}

export function unknownEndpoint(id: string): Problem {
  return new Problem('unknown-endpoint', `there is no endpoint "${id.slice(0, 80)}" in this account`);
}

export function unknownSecret(id: string): Problem {
  return new Problem('unknown-secret', `there is no live secret "${id.slice(0, 80)}" of this endpoint`);
}
