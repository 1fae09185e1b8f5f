/** A receiver behind Node's http, as it is and with what body parsers leave. */
import { createServer, type IncomingMessage, request as send, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { memoryStore } from '../../src/receiver/memory.ts';
import { nodeListener } from '../../src/receiver/node.ts';
import { createReceiver } from '../../src/receiver/receiver.ts';
import { soon } from '../support/soon.ts';
import { SECRET, signed } from './signed.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** `parse` is what a framework does with a request before it comes to the listener. */
async function start(parse: (chunks: Buffer[]) => unknown = () => undefined, isParsed = false) {
  const errors: unknown[] = [];
  const receiver = createReceiver({
    secrets: [SECRET],
    store: memoryStore(),
    handle: () => undefined,
    log: (outcome) => 'error' in outcome && errors.push(outcome.error),
  });
  const listener = nodeListener(receiver, { bodyBytesMax: 100_000 });
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    if (!isParsed) return listener(request, response);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    await listener(Object.assign(request, { body: parse(chunks) }), response);
  };
  const server = createServer((request, response) => void handle(request, response)).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}/hook`, errors };
}

const post = async (url: string, { headers, body }: { headers: Record<string, string>; body: string }) => {
  const response = await fetch(url, { method: 'POST', headers, body });
  return [response.status, await response.json()];
};

const now = () => signed({ atMs: Date.now(), event: { data: 'grüße 🚀' } });

describe('nodeListener', () => {
  it('reads the bytes, verifies them and says what became of them', async () => {
    const { url } = await start();
    const request = await now();
    expect(await post(url, request)).toEqual([200, { outcome: 'handled' }]);
    expect(await post(url, request)).toEqual([200, { outcome: 'duplicate' }]);
    expect(await post(url, { ...request, body: `${request.body} ` })).toEqual([
      401,
      { outcome: 'refused', reason: 'no-match' },
    ]);
    expect((await fetch(url)).status).toBe(405);
  });

  it.each([
    ['bytes', (chunks: Buffer[]) => Buffer.concat(chunks)],
    ['text', (chunks: Buffer[]) => Buffer.concat(chunks).toString()],
  ])('takes a body that was read as %s', async (_name, parse) => {
    const { url } = await start(parse, true);
    expect(await post(url, await now())).toEqual([200, { outcome: 'handled' }]);
  });

  it('names the fault where the body was parsed before', async () => {
    const { url, errors } = await start((chunks) => JSON.parse(Buffer.concat(chunks).toString()), true);
    expect(await post(url, await now())).toEqual([500, { outcome: 'failed' }]);
    expect(errors).toEqual([
      new Error('the body was parsed before it could be verified: put this before express.json()'),
    ]);
  });

  it('answers 413 to what is too large, while it is still being sent', async () => {
    const { url } = await start();
    const request = send(url, { method: 'POST', headers: (await now()).headers });
    request.on('error', () => undefined);
    const answered = once(request, 'response');
    request.write(Buffer.alloc(150_000));
    const [response] = (await answered) as [{ statusCode: number; headers: Record<string, string> }];
    expect([response.statusCode, response.headers['connection']]).toEqual([413, 'close']);
    request.destroy();
  });

  it('outlives a sender that leaves in the middle', async () => {
    const { url, errors } = await start();
    const request = send(url, { method: 'POST', headers: (await now()).headers });
    request.on('error', () => undefined);
    await new Promise<void>((resolve) => request.write('{', () => resolve()));
    request.destroy();
    expect(await post(url, await now())).toEqual([200, { outcome: 'handled' }]);
    await soon(async () => expect(errors).toEqual([expect.objectContaining({ code: 'ECONNRESET' })]));
  });
});
