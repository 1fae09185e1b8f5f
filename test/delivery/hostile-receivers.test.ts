/**
 * Attempts by the real workerd against receivers that misbehave on a real socket. Miniflare runs a
 * Worker that holds nothing but attempt.ts. Timeouts are short and real; what is compared is
 * outcomes and what the receiver saw, never time.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RESPONSE_BODY_BYTES_MAX, RESPONSE_BODY_SUCCESS_BYTES_MAX } from '../../src/core/limits.ts';
import type { AttemptOutcome } from '../../src/core/outcome.ts';

const TIMEOUT_MS = 400;
/** What sockets on both sides may hold of an endless body after its reader has gone. */
const BUFFERED_BYTES_MAX = 32 * 1024 * 1024;

const WORKER = `
  import { attempt } from './src/delivery/attempt.ts';
  export default {
    async fetch(request, env, context) {
      const deps = { fetch: (url, init) => fetch(url, init), nowMs: () => Date.now() };
      const { hold, ...attempted } = await request.json();
      if (hold !== undefined) context.waitUntil(fetch(hold));
      return Response.json(await attempt(attempted, deps));
    },
  };`;

let miniflare: Miniflare;
const servers: Server[] = [];

beforeAll(async () => {
  const resolveDir = join(import.meta.dirname, '../..');
  const bundle = await build({
    stdin: { contents: WORKER, resolveDir },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
  });
  miniflare = new Miniflare(
    convertV4MiniflareOptions({
      name: 'attempt',
      compatibilityDate: '2026-10-23',
      modules: [{ type: 'ESModule', path: 'index.js', contents: bundle.outputFiles[0]?.text ?? '' }],
      log: new Log(LogLevel.NONE),
      // workerd's own lines about refused and failed connections.
      handleStructuredLogs: () => undefined,
      cf: false,
      telemetry: { enabled: false },
    }),
  );
  await miniflare.ready;
});

afterAll(async () => {
  for (const server of servers) server.close();
  await miniflare.dispose();
});

/**
 * A receiver that does as `behave` says once a request has begun to arrive. `sockets` are all it
 * ever had.
 */
async function receiver(behave: (socket: Socket) => void) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    // A caller that goes away in the middle is what these tests are about.
    socket.on('error', () => undefined);
    socket.once('data', () => behave(socket));
    socket.resume();
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, server, sockets };
}

/**
 * While the receiver `hold` keeps silent, the invocation lives on as a Durable Object would:
 * nothing is closed by its end.
 */
async function attemptAt(url: string, hold?: string): Promise<AttemptOutcome> {
  const request = { url, hold, headers: { 'content-type': 'application/json' }, body: '{}', timeoutMs: TIMEOUT_MS };
  const response = await miniflare.dispatchFetch('http://worker/', { method: 'POST', body: JSON.stringify(request) });
  return (await response.json()) as AttemptOutcome;
}

/** The connection is given up, and not left open behind the outcome. */
async function closed(sockets: Socket[]): Promise<void> {
  expect(sockets).toHaveLength(1);
  for (const socket of sockets) if (!socket.closed) await once(socket, 'close');
}

/** Writes as fast as the other side takes it, until it goes away. */
function flood(socket: Socket, piece: string): void {
  const more = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on('drain', more);
  more();
}

function every(ms: number, socket: Socket, act: () => void): void {
  const interval = setInterval(act, ms);
  socket.once('close', () => clearInterval(interval));
}

const head = (status: number, ...lines: string[]) =>
  `HTTP/1.1 ${status} Status\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;

describe('a receiver that', () => {
  it('never ends its headers costs the timeout and its connection', async () => {
    const { host, sockets } = await receiver((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      every(20, socket, () => socket.write('x-more: and more\r\n'));
    });
    expect(await attemptAt(`http://${host}/`)).toMatchObject({ statusCode: null, error: { kind: 'timeout' } });
    await closed(sockets);
  });

  it('says nothing at all costs the timeout', async () => {
    const { host, sockets } = await receiver(() => undefined);
    expect(await attemptAt(`http://${host}/`)).toMatchObject({ statusCode: null, error: { kind: 'timeout' } });
    await closed(sockets);
  });

  it.each([
    [200, RESPONSE_BODY_SUCCESS_BYTES_MAX],
    [500, RESPONSE_BODY_BYTES_MAX],
  ])('answers %i and 10 GB is cut off once %i bytes are read', async (status, kept) => {
    const { host, sockets } = await receiver((socket) => {
      socket.write(head(status, 'content-length: 10000000000'));
      flood(socket, 'a'.repeat(64 * 1024));
    });
    const hold = await receiver(() => undefined);
    const outcome = await attemptAt(`http://${host}/`, `http://${hold.host}/`);
    expect(outcome).toMatchObject({ statusCode: status, responseBody: 'a'.repeat(kept) });
    await closed(sockets);
    expect(hold.sockets[0]?.closed).toBe(false);
    hold.sockets[0]?.destroy();
    expect(sockets[0]?.bytesWritten).toBeLessThan(BUFFERED_BYTES_MAX);
  });

  it.each([200, 500])('answers %i and resets in the middle of the body has answered', async (status) => {
    const { host } = await receiver((socket) => {
      socket.write(`${head(status, 'content-length: 1000')}half`);
      setTimeout(() => socket.resetAndDestroy(), 50);
    });
    const outcome = await attemptAt(`http://${host}/`);
    expect(outcome).toMatchObject({ statusCode: status, responseBody: 'half' });
    expect(outcome.error?.kind ?? null).toBe(status === 200 ? null : 'http-5xx');
  });

  it('breaks its chunks or its compression has answered', async () => {
    const chunks = await receiver((socket) => socket.end(`${head(500, 'transfer-encoding: chunked')}3\r\nabc\r\nzz`));
    expect(await attemptAt(`http://${chunks.host}/`)).toMatchObject({ statusCode: 500, responseBody: 'abc' });
    const gzip = await receiver((socket) =>
      socket.end(`${head(200, 'content-encoding: gzip', 'content-length: 3')}abc`),
    );
    expect(await attemptAt(`http://${gzip.host}/`)).toMatchObject({ statusCode: 200, error: null, responseBody: null });
  });

  it('closes a connection that was idle, in the moment in which the next request leaves, gets it on another', async () => {
    const requests: number[] = [];
    const { host, server, sockets } = await receiver(() => undefined);
    const answer = (socket: Socket) => {
      requests.push(sockets.indexOf(socket));
      // On the first connection, the second request meets what the receiver has just closed.
      if (requests.length === 2) socket.resetAndDestroy();
      else socket.write(head(204));
    };
    server.on('connection', (socket: Socket) => socket.on('data', () => answer(socket)));
    expect(await attemptAt(`http://${host}/`)).toMatchObject({ statusCode: 204 });
    expect(await attemptAt(`http://${host}/`)).toMatchObject({ statusCode: 204, error: null, isRepeated: true });
    expect(requests).toEqual([0, 0, 1]);
  });

  // workerd does not tell these apart (fetch-error.ts): all are tried again.
  it.each<[string, (socket: Socket) => void]>([
    ['resets before its headers', (socket) => socket.resetAndDestroy()],
    ['closes before its headers', (socket) => socket.end()],
    ['closes in the middle of its headers', (socket) => socket.end('HTTP/1.1 200 OK\r\nx-a')],
    ['speaks no HTTP', (socket) => socket.end('hello\r\n\r\n')],
  ])('%s could not be reached', async (_, behave) => {
    const { host } = await receiver(behave);
    expect(await attemptAt(`http://${host}/`)).toMatchObject({ statusCode: null, error: { kind: 'connect' } });
  });

  it('is not there, or speaks no TLS, could not be reached', async () => {
    const gone = await receiver(() => undefined);
    gone.server.close();
    await once(gone.server, 'close');
    expect(await attemptAt(`http://${gone.host}/`)).toMatchObject({ statusCode: null, error: { kind: 'connect' } });
    const plain = await receiver((socket) => socket.end(head(200, 'content-length: 0')));
    const outcome = await attemptAt(`https://${plain.host}/`);
    expect(outcome).toMatchObject({ statusCode: null, error: { kind: 'connect' } });
    expect(outcome.error?.message).toContain('TLS');
  });

  it.each([200, 500])(
    'answers %i and trickles its body has answered, and is cut off by the timeout',
    async (status) => {
      const { host, sockets } = await receiver((socket) => {
        socket.write(`${head(status, 'content-length: 1000000')}a`);
        every(20, socket, () => socket.write('a'));
      });
      const outcome = await attemptAt(`http://${host}/`);
      expect(outcome).toMatchObject({ statusCode: status, responseBody: expect.stringMatching(/^a+$/) });
      expect(outcome.error?.kind ?? null).toBe(status === 200 ? null : 'http-5xx');
      await closed(sockets);
    },
  );

  it('redirects is not followed', async () => {
    const elsewhere = await receiver((socket) => socket.end(head(200, 'content-length: 0')));
    const location = `http://${elsewhere.host}/`;
    const { host } = await receiver((socket) => socket.end(head(302, `location: ${location}`, 'content-length: 0')));
    expect(await attemptAt(`http://${host}/`)).toMatchObject({
      statusCode: 302,
      error: { kind: 'redirect' },
      responseHeaders: { location },
    });
    expect(elsewhere.sockets).toEqual([]);
  });

  it('answers with a header of 300 KB and bytes that are no text is kept in part, as text', async () => {
    const { host } = await receiver((socket) => {
      socket.write(head(500, `x-long: ${'a'.repeat(300_000)}`, 'content-length: 4'));
      socket.end(Buffer.from([0x61, 0xff, 0x00, 0x62]));
    });
    const outcome = await attemptAt(`http://${host}/`);
    expect(outcome).toMatchObject({ statusCode: 500, responseBody: 'a\uFFFD\uFFFDb' });
    expect(outcome.responseHeaders?.['x-long']).toBe('a'.repeat(1_024));
  });
});
