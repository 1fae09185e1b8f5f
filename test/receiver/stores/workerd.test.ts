/** K2 and K3 on D1, Workers KV and a Durable Object, inside workerd. */
import { build } from 'esbuild';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cases } from './conformance.ts';

let worker: Miniflare;

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'worker.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    external: ['cloudflare:*'],
  });
  worker = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: 'ESModule', path: 'worker.js', contents: outputFiles[0]?.text ?? '' }],
      compatibilityDate: '2026-10-23',
      log: new Log(LogLevel.WARN),
      d1Databases: ['DB'],
      kvNamespaces: ['KV'],
      durableObjects: { OBJECT: { className: 'Receiver', useSQLite: true } },
    }),
  );
  await worker.ready;
}, 60_000);

afterAll(() => worker.dispose());

async function get(path: string): Promise<{ status: number; text: string }> {
  const response = await worker.dispatchFetch(`http://worker.test/${path}`);
  return { status: response.status, text: await response.text() };
}

const can = {
  d1: ['guards', 'transaction', 'atomic', 'lease'],
  object: ['guards', 'transaction', 'atomic'],
  kv: [],
};

describe.each(Object.entries(can))('the store on %s', (kind, able: string[]) => {
  it.each(cases.filter(({ needs }) => needs.every((need) => able.includes(need))))('$name', async ({ name }) => {
    expect(await get(`${kind}/${encodeURIComponent(name)}`)).toEqual({ status: 204, text: '' });
  });
});

describe('D1', () => {
  it('writes all statements of a handler or none, gives the lease back, and prunes what may be forgotten', async () => {
    const { text } = await get('d1-extras');
    expect(JSON.parse(text)).toEqual({
      failure: expect.stringContaining('NOT NULL constraint failed'),
      again: { kind: 'done' },
      lines: ['second'],
      pruned: [0, 1, 0],
    });
  });
});
