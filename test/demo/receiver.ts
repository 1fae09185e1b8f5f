/**
 * A receiver of webhooks with several paths, one for each endpoint, each in a mood of its own. It
 * verifies every request with the official library and keeps what a judge needs: who, what, when,
 * with which bytes, and what it answered.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';

export type Request = {
  path: string;
  event: string;
  type: string;
  record: string | null;
  sequence: number | null;
  version: number | null;
  attempt: number;
  /** `webhook-previous` as it stands. */
  previous: string;
  /** `webhook-replay`, or null. */
  replay: string | null;
  bodyHash: string;
  dataHash: string;
  /** Null, or why the signature is not right. */
  fault: string | null;
  atMs: number;
  /** When the answer was handed to the socket or the caller hung up; null while neither. */
  doneMs: number | null;
  answer: Answer | null;
};

/** A status, perhaps with Retry-After in seconds; or no answer at all. */
export type Answer = { status: number; retryAfterSeconds?: number } | 'hang';

/** `sinceMs`: since the first request to this path. */
export type Mood = (request: Request, sinceMs: number) => Answer;

const body = z.object({
  id: z.string(),
  type: z.string(),
  record: z.string().nullable(),
  sequence: z.number().nullable(),
  version: z.number().nullable(),
  data: z.unknown(),
});

export function hashOf(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex');
}

export class Receiver {
  readonly requests: Request[] = [];
  /** What could not even be read: each is a failure. */
  readonly unreadable: string[] = [];
  readonly #moods: ReadonlyMap<string, Mood>;
  readonly #secrets = new Map<string, string>();
  readonly #firstMs = new Map<string, number>();
  readonly #server = createServer((request, response) => void this.#take(request, response));

  constructor(moods: ReadonlyMap<string, Mood>) {
    this.#moods = moods;
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the receiver has no port');
    return `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  setSecret(path: string, secret: string): void {
    this.#secrets.set(path, secret);
  }

  /** Requests that are not what they should be, whatever else happened. */
  faults(): string[] {
    const wrong = this.requests.filter(({ fault }) => fault !== null);
    return [...this.unreadable, ...wrong.map(({ path, event, fault }) => `${path} ${event}: ${fault}`)];
  }

  of(path: string): Request[] {
    return this.requests.filter((request) => request.path === path);
  }

  async #take(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    let bytes: Buffer;
    try {
      bytes = await buffer(incoming);
    } catch {
      // The caller gave up before all of it had arrived: to this side, that is no request.
      return;
    }
    try {
      const request = this.#read(incoming.url ?? '', incoming.headers, bytes);
      const firstMs = this.#firstMs.get(request.path) ?? request.atMs;
      this.#firstMs.set(request.path, firstMs);
      this.requests.push(request);
      response.once('close', () => {
        request.doneMs ??= performance.now();
      });
      const mood = this.#moods.get(request.path);
      request.answer =
        request.fault !== null ? { status: 401 } : (mood?.(request, request.atMs - firstMs) ?? { status: 404 });
      if (request.answer !== 'hang') reply(response, request, request.answer);
    } catch (error) {
      this.unreadable.push(`${incoming.url}: ${String(error)}`);
      response.writeHead(400).end();
    }
  }

  #read(path: string, headers: IncomingHttpHeaders, bytes: Buffer): Request {
    const { id, type, record, sequence, version, data } = body.parse(JSON.parse(bytes.toString()));
    const header = (name: string) => z.string().parse(headers[name]);
    return {
      path,
      event: header('webhook-id'),
      type,
      record,
      sequence,
      version,
      attempt: Number(header('webhook-attempt')),
      previous: header('webhook-previous'),
      replay: headers['webhook-replay'] === undefined ? null : header('webhook-replay'),
      bodyHash: hashOf(bytes),
      dataHash: hashOf(JSON.stringify(data)),
      fault: id === header('webhook-id') ? this.#verify(path, headers, bytes) : 'webhook-id is not the id of the body',
      atMs: performance.now(),
      doneMs: null,
      answer: null,
    };
  }

  #verify(path: string, headers: IncomingHttpHeaders, bytes: Buffer): string | null {
    const secret = this.#secrets.get(path);
    if (secret === undefined) return 'this path has no secret';
    try {
      new Webhook(secret).verify(bytes, Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, String(v)])));
      return null;
    } catch (error) {
      // What the library refuses is what is counted here.
      return String(error);
    }
  }
}

/** Done before it is sent: the next request of a lane can only come after. */
function reply(response: ServerResponse, request: Request, answer: Exclude<Answer, 'hang'>): void {
  const { status, retryAfterSeconds } = answer;
  if (retryAfterSeconds !== undefined) response.setHeader('retry-after', String(retryAfterSeconds));
  response.writeHead(status, { 'content-type': 'text/plain' });
  request.doneMs = performance.now();
  response.end(status === 200 ? 'ok' : `${request.path.slice(1)} says ${status}`);
}

export function isSuccess(request: Request): boolean {
  return request.answer !== null && request.answer !== 'hang' && request.answer.status === 200;
}
