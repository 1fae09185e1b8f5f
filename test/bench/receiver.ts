/**
 * A receiver for measurements: notes when each request came and what it was answered, and verifies
 * nothing.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

export type Arrival = {
  path: string;
  event: string;
  record: string | null;
  sequence: number | null;
  atMs: number;
  /** 0: no answer was given. */
  status: number;
};

/** The status to answer, or null to let it hang. */
export type Behave = (path: string) => number | null;

const ARRIVES_WITHIN_MS = 60_000;

const body = z.object({ id: z.string(), record: z.string().nullable(), sequence: z.number().nullable() });

export class Receiver {
  readonly arrivals: Arrival[] = [];
  /** May be changed at any time: it is asked for each request. */
  behave: Behave = () => 200;
  onArrival: (arrival: Arrival) => void = () => undefined;
  readonly #awaited = new Map<string, (atMs: number) => void>();
  #url = '';
  readonly #server = createServer((request, response) => void this.#take(request, response));

  get url(): string {
    return this.#url;
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the receiver has no port');
    this.#url = `http://127.0.0.1:${address.port}`;
  }

  /** When an event first arrives from now on. Rejects where it does not. */
  next(event: string): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const timer = setTimeout(() => reject(new Error(`${event} did not arrive`)), ARRIVES_WITHIN_MS);
    this.#awaited.set(event, (atMs) => {
      clearTimeout(timer);
      resolve(atMs);
    });
    return promise;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const atMs = performance.now();
    const path = request.url ?? '';
    let read: string;
    try {
      read = await text(request);
    } catch {
      // The caller was killed in the middle: no request.
      return;
    }
    const { id, record, sequence } = body.parse(JSON.parse(read));
    const status = this.behave(path);
    const arrival = { path, event: id, record, sequence, atMs, status: status ?? 0 };
    this.arrivals.push(arrival);
    this.onArrival(arrival);
    this.#awaited.get(id)?.(atMs);
    this.#awaited.delete(id);
    if (status !== null) response.writeHead(status).end();
  }
}
