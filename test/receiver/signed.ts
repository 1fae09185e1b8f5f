/** Requests as a sender makes them. */
import { formatSecret, type SigningKey, sign } from '../../src/signature.ts';

export const NOW_MS = 1_767_225_600_000;
export const KEY = new Uint8Array(32).fill(0xab);
export const SECRET = formatSecret(KEY);

export type Signed = { headers: Record<string, string>; body: string };
export type Draft = {
  id?: string;
  body?: string;
  /** Fields of the envelope, where `body` is not given. */
  event?: Record<string, unknown>;
  atMs?: number;
  keys?: SigningKey[];
  headers?: Record<string, string>;
};

export async function signed({
  id = 'evt_1',
  event = {},
  body = JSON.stringify({ id, type: 'order.paid', timestamp: '2026-01-01T00:00:00.000Z', ...event }),
  atMs = NOW_MS,
  keys = [KEY],
  headers = {},
}: Draft = {}): Promise<Signed> {
  const timestampSeconds = Math.floor(atMs / 1000);
  return {
    headers: {
      'webhook-id': id,
      'webhook-timestamp': String(timestampSeconds),
      'webhook-signature': await sign({ id, timestampSeconds, body }, keys),
      ...headers,
    },
    body,
  };
}
