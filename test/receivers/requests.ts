/** Requests that are not the service's: signed with a key that the receiver has, or forged. */
import { randomBytes, randomUUID } from 'node:crypto';
import { formatSecret, parseSecret, sign, type SigningKey } from '../../src/signature.ts';

export type Draft = {
  id?: string;
  body?: string;
  keys?: readonly SigningKey[];
  shiftSeconds?: number;
  headers?: Record<string, string>;
};

export const STRANGERS_KEY: SigningKey = randomBytes(32);

export function keyOf(secret: string): SigningKey {
  const parsed = parseSecret(secret);
  if (!parsed.ok) throw new Error('a secret of this test is none');
  return parsed.value;
}

export function newSecret(): string {
  return formatSecret(randomBytes(32));
}

/** The status of the answer; `broken` where there was none. */
export async function post(url: string, key: SigningKey, draft: Draft = {}): Promise<number | 'broken'> {
  const id = draft.id ?? randomUUID();
  const body = draft.body ?? JSON.stringify({ id, type: 'order.changed', record: `order/${id}`, version: 1, data: {} });
  const timestampSeconds = Math.floor(Date.now() / 1_000) + (draft.shiftSeconds ?? 0);
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': await sign({ id, timestampSeconds, body }, draft.keys ?? [key]),
    ...draft.headers,
  };
  for (const [name, value] of Object.entries(headers)) if (value === '') delete headers[name];
  try {
    const answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(20_000) });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    // What is too large may be cut off while it is still being sent.
    return 'broken';
  }
}
