/**
 * A receiver on this machine: takes webhooks over HTTP, verifies each, and answers as it is told.
 * Used by `listen`, which shows them to a person, and by `rehearse --sender`, which judges the
 * sender by them.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  HEADER_ATTEMPT,
  HEADER_ID,
  HEADER_PREVIOUS,
  HEADER_REPLAY,
  HEADER_SIGNATURE,
  HEADER_TIMESTAMP,
  parsePublicKey,
  parseSecret,
  verify,
  type VerifyError,
  type VerifyKey,
} from '../../signature.ts';
import type { Answer } from './answers.ts';
import { EXIT, Failure } from './exit.ts';

/**
 * Twice what an event with its envelope can have: what is larger is not ours, and is not kept in
 * memory.
 */
const BODY_BYTES_MAX = 1024 * 1024;

export type Arrival = {
  number: number;
  at: string;
  path: string;
  /** From `webhook-id`, `-attempt`, `-previous` and `-replay`; null where absent. */
  id: string | null;
  attempt: number | null;
  previous: string | null;
  replay: string | null;
  body: Buffer;
  /**
   * Null where it is signed by one of the keys; otherwise why not. `no-key`: there is nothing to
   * verify with.
   */
  fault: string | null;
  answer: Answer;
};

export type Hook = {
  /** `http://127.0.0.1:9000` */
  origin: string;
  close: () => Promise<void>;
};

export type HookOptions = {
  host: string;
  port: number;
  /** Asked for each request: keys may come while it listens. */
  keys: (path: string) => readonly VerifyKey[];
  answer: (path: string, id: string | null) => Answer;
  take: (arrival: Arrival) => void;
  nowMs: () => number;
};

export async function openHook(options: HookOptions): Promise<Hook> {
  let number = 0;
  const server = createServer((request, response) => {
    number += 1;
    receive(options, number, request, response).catch(() => request.destroy());
  });
  await listen(server, options);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the receiver has no port');
  return {
    origin: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${address.port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function listen(server: Server, { host, port }: HookOptions): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Failure(EXIT.usage, `cannot listen on ${host}:${port} (${code}): give another --port`);
  }
}

async function receive(
  options: HookOptions,
  number: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request);
  if (body === null) {
    response.writeHead(413).end();
    return;
  }
  const path = request.url ?? '/';
  const header = (name: string): string | null => {
    const value = request.headers[name];
    return typeof value === 'string' ? value : null;
  };
  const id = header(HEADER_ID);
  const attempt = header(HEADER_ATTEMPT);
  const fault = await faultOf(
    { id, timestamp: header(HEADER_TIMESTAMP), signature: header(HEADER_SIGNATURE), body },
    options.keys(path),
    options.nowMs(),
  );
  const answer = options.answer(path, id);
  options.take({
    number,
    at: new Date(options.nowMs()).toISOString(),
    path,
    id,
    attempt: attempt === null ? null : Number(attempt),
    previous: header(HEADER_PREVIOUS),
    replay: header(HEADER_REPLAY),
    body,
    fault,
    answer,
  });
  respond(answer, request, response);
}

/**
 * Null where it is too large. It is still read to its end: to leave the loop would end the
 * connection, answer and all.
 */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
  }
  return bytes <= BODY_BYTES_MAX ? Buffer.concat(chunks) : null;
}

async function faultOf(
  request: { id: string | null; timestamp: string | null; signature: string | null; body: Buffer },
  keys: readonly VerifyKey[],
  nowMs: number,
): Promise<string | null> {
  const checked = await verify(request, keys, { nowMs });
  return checked.ok ? null : sayFault(checked.error);
}

function sayFault(error: VerifyError): string {
  switch (error.reason) {
    case 'missing-header':
      return `it has no ${error.header}`;
    case 'bad-timestamp':
      return `its timestamp is no number of seconds: ${error.timestamp}`;
    case 'too-old':
    case 'too-new':
      return `its timestamp is ${error.reason === 'too-old' ? 'older' : 'newer'} than ${error.toleranceSeconds} s: ${error.timestampSeconds}`;
    case 'no-secret':
      return 'no-key';
    case 'no-match':
      return 'none of the secrets made its signature';
  }
}

function respond(answer: Answer, request: IncomingMessage, response: ServerResponse): void {
  if (answer.kind === 'hang') return;
  if (answer.kind === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  const send = () => response.writeHead(answer.status, answer.headers).end();
  if (answer.afterMs === 0) send();
  else setTimeout(send, answer.afterMs).unref();
}

/** `whsec_…` or `whpk_…`. */
export function verifyKeyOf(text: string): VerifyKey {
  const parsed = text.startsWith('whpk_') ? parsePublicKey(text) : parseSecret(text);
  if (parsed.ok) return parsed.value;
  throw new Failure(
    EXIT.usage,
    `a secret must be "whsec_" or "whpk_" and padded base64; the one given is not (${parsed.error.reason})`,
  );
}
