/**
 * C2: the bytes of a request, as workerd puts them on the wire: other languages' libraries read one
 * signature line, and no second one.
 */
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
/**
 * An attempt of the real code to an endpoint with three live secrets, an Ed25519 key and a header
 * of its own.
 */
const PROGRAM = `
import { send, PURPOSE_HEADERS, PURPOSE_SECRET } from './src/delivery/send.ts';
import { makeSecret } from './src/delivery/secrets.ts';
import { createVault } from './src/delivery/vault.ts';

export default {
  async fetch(request) {
    const vault = createVault({ keyId: 'k1', key: btoa('x'.repeat(32)) });
    const endpoint = 'ep_00000000000000000000000001';
    const context = { account: 'acme', endpoint, purpose: PURPOSE_SECRET };
    const secrets = [];
    for (const kind of ['hmac', 'hmac', 'hmac', 'ed25519']) {
      const secret = await vault.seal(await makeSecret(kind), context);
      secrets.push({ id: 'sec_1', kind, secret, createdAtMs: 0, expiresAtMs: null, publicKey: '' });
    }
    const headers = await vault.seal(JSON.stringify([['X-Tenant', 'acme']]), { ...context, purpose: PURPOSE_HEADERS });
    const settings = { id: endpoint, url: await request.text(), secrets, headers, timeoutMs: 5000 };
    const facts = { account: 'acme', eventId: 'evt_1', body: '{"id":"evt_1"}', attempt: 1, previous: null, replay: null };
    const deps = { vault, urlPolicy: { allowPrivate: true, serviceHosts: [] }, nowMs: () => Date.now(), fetch: (url, init) => fetch(url, init) };
    return Response.json(await send({ ...facts, endpoint: settings }, deps));
  },
};`;

let miniflare: Miniflare;
let receiver: Server;
let arrived = '';

beforeAll(async () => {
  const stdin = { contents: PROGRAM, resolveDir: root, loader: 'ts' as const };
  const { outputFiles } = await build({ stdin, bundle: true, write: false, format: 'esm', target: 'es2024' });
  miniflare = new Miniflare(
    convertV4MiniflareOptions({
      name: 'wire',
      compatibilityDate: '2026-10-23',
      modules: [{ type: 'ESModule', path: 'index.js', contents: outputFiles[0]?.text ?? '' }],
      cf: false,
      telemetry: { enabled: false },
    }),
  );
  receiver = createServer((socket) => {
    socket.setEncoding('latin1').on('data', (text: string) => {
      arrived += text;
      if (arrived.endsWith('{"id":"evt_1"}')) socket.end('HTTP/1.1 204 No Content\r\n\r\n');
    });
  });
  await new Promise<void>((resolve) => {
    receiver.listen(0, '127.0.0.1', resolve);
  });
});
afterAll(async () => {
  await miniflare.dispose();
  receiver.close();
});

test('an endpoint with several live secrets is sent one signature line, its values apart by single spaces', async () => {
  const address = receiver.address();
  if (typeof address !== 'object' || address === null) throw new Error('the receiver does not listen');
  const url = `http://127.0.0.1:${address.port}/hook`;
  const answer = await miniflare.dispatchFetch('http://worker.test/', { method: 'POST', body: url });
  expect(await answer.json()).toMatchObject({ statusCode: 204, error: null });

  const [head = ''] = arrived.split('\r\n\r\n');
  const lines = head.split('\r\n').slice(1);
  const names = lines.map((line) => line.slice(0, line.indexOf(':')).toLowerCase());
  expect(new Set(names).size).toBe(names.length);
  const value = '[A-Za-z0-9+/]+={0,2}';
  const signatures = lines.filter((line) => line.toLowerCase().startsWith('webhook-signature:'));
  expect(signatures).toEqual([
    expect.stringMatching(new RegExp(`^webhook-signature: v1,${value} v1,${value} v1,${value} v1a,${value}$`, 'i')),
  ]);
  expect(lines).toContain('x-tenant: acme');
});
