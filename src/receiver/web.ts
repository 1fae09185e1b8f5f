/** A receiver for whatever speaks `Request` and `Response`: Workers, Hono, Next.js, Deno, Bun. */
import { answerOf, type Outcome } from './answer.ts';
import type { Receiver } from './receiver.ts';

/** A sender's 256 KiB of data fit in, escaped and with their envelope. */
export const BODY_BYTES_MAX = 1024 * 1024;

export function fetchHandler(
  receiver: Receiver,
  { bodyBytesMax = BODY_BYTES_MAX }: { bodyBytesMax?: number } = {},
): (request: Request) => Promise<Response> {
  return async (request) => {
    const { status, headers, body } = answerOf(await outcomeOf(receiver, request, bodyBytesMax));
    return new Response(body, { status, headers });
  };
}

async function outcomeOf(receiver: Receiver, request: Request, bytesMax: number): Promise<Outcome> {
  if (request.method !== 'POST') return receiver.note({ kind: 'not-a-post' });
  try {
    const body = await readBody(request, bytesMax);
    if (body === null) return receiver.note({ kind: 'too-large', bytesMax });
    return await receiver.receive({ headers: request.headers, body });
  } catch (error) {
    // The sender left in the middle of its body, or somebody read it before.
    return receiver.note({ kind: 'failed', error });
  }
}

/** Null for a body that is larger, of which no more is read. */
async function readBody(request: Request, bytesMax: number): Promise<Uint8Array | null> {
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax) return null;
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = request.body?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done || value === undefined) break;
    length += value.length;
    if (length > bytesMax) {
      await reader?.cancel();
      return null;
    }
    chunks.push(value);
  }
  return joined(chunks, length);
}

export function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}
