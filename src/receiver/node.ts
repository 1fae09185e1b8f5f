/**
 * A receiver for Node's http and Express: a listener that reads the body itself, before anything
 * parses it.
 */
import { answerOf, type Outcome } from './answer.ts';
import type { Receiver } from './receiver.ts';
import type { HeadersLike } from './verify.ts';
import { BODY_BYTES_MAX, joined } from './web.ts';

/** The part of Node's request and response that is used; a body parser may have set `body`. */
export interface NodeRequest extends AsyncIterable<unknown> {
  method?: string | undefined;
  headers: HeadersLike;
  readableEnded: boolean;
  body?: unknown;
}
export interface NodeResponse {
  writeHead(status: number, headers: Record<string, string>): unknown;
  end(body: string): unknown;
}

export function nodeListener(
  receiver: Receiver,
  { bodyBytesMax = BODY_BYTES_MAX }: { bodyBytesMax?: number } = {},
): (request: NodeRequest, response: NodeResponse) => Promise<void> {
  return async (request, response) => {
    const { status, headers, body } = answerOf(await outcomeOf(receiver, request, bodyBytesMax));
    response.writeHead(status, status === 413 ? { ...headers, connection: 'close' } : headers);
    response.end(body);
  };
}

async function outcomeOf(receiver: Receiver, request: NodeRequest, bytesMax: number): Promise<Outcome> {
  if (request.method !== 'POST') return receiver.note({ kind: 'not-a-post' });
  try {
    const body = rawBody(request) ?? (await readBody(request, bytesMax));
    if (body === null) return receiver.note({ kind: 'too-large', bytesMax });
    return await receiver.receive({ headers: request.headers, body });
  } catch (error) {
    // The sender left in the middle of its body, or a parser was here first.
    return receiver.note({ kind: 'failed', error });
  }
}

/**
 * `express.raw()` and `express.text()` leave the bytes in `body`; `express.json()` leaves what
 * cannot be verified.
 */
function rawBody({ body, readableEnded }: NodeRequest): Uint8Array | string | null {
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  if (readableEnded) throw new Error('the body was parsed before it could be verified: put this before express.json()');
  return null;
}

/**
 * Null for a body that is larger. The request is left as it is then: to leave a `for await` would
 * end its connection, answer and all.
 */
async function readBody(request: NodeRequest, bytesMax: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const iterator = request[Symbol.asyncIterator]();
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
    const chunk = next.value;
    if (!(chunk instanceof Uint8Array)) throw new Error('the body is being read as text: no encoding may be set');
    length += chunk.length;
    if (length > bytesMax) return null;
    chunks.push(chunk);
  }
  return joined(chunks, length);
}
