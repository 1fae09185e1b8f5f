/**
 * K2: a receiver dies by `kill -9` in the middle of an event, with each durable store. Nothing is
 * lost, and nothing that was written with the store is there twice.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../support/service.ts';
import type { Point } from '../crash/points.ts';
import { Victim } from '../crash/victim.ts';
import { startPostgres, startRedis } from '../services/servers.ts';
import { signed } from '../signed.ts';

const CRASH = join(import.meta.dirname, '../crash');
const [redis, postgres] = [await startRedis(), await startPostgres()];
for (const one of [redis, postgres]) if ('missing' in one) console.log(`skipped: ${one.missing}`);
const folder = mkdtempSync(join(tmpdir(), 'tubepost-crash-'));

/** Where receivers stop. They go on at once, unless the test holds what comes to a point. */
const control = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => reached(JSON.parse(Buffer.concat(chunks).toString()), response));
});
let trap: { point: Point; sprung: () => void } | null = null;
function reached({ point }: { point: Point }, response: ServerResponse): void {
  if (trap?.point !== point) return void response.end();
  trap.sprung();
  trap = null;
}

/** Kills at the next arrival at a point, whose caller never gets an answer. */
async function killAt(point: Point, victim: Victim): Promise<void> {
  await new Promise<void>((resolve) => (trap = { point, sprung: resolve }));
  await victim.kill();
}

const onNode = (kind: string, server: { port: number } | { missing: string }) => async (at: string, port: number) =>
  'missing' in server
    ? null
    : new Victim([join(CRASH, 'on-node.ts'), kind, String(port), String(server.port), at], `http://127.0.0.1:${port}/`);
const onWorkerd = (path: string) => async (at: string, port: number) =>
  new Victim([join(CRASH, 'on-workerd.ts'), String(port), join(folder, path), at], `http://127.0.0.1:${port}/${path}`);

const stores = {
  PostgreSQL: onNode('PostgreSQL', postgres),
  'Redis by node-redis': onNode('node-redis', redis),
  'Redis by ioredis': onNode('ioredis', redis),
  D1: onWorkerd('d1'),
  'a Durable Object': onWorkerd('object'),
};

beforeAll(async () => {
  control.listen(0, '127.0.0.1');
  await once(control, 'listening');
});
afterAll(async () => {
  control.close();
  control.closeAllConnections();
  for (const one of [redis, postgres]) if (!('missing' in one)) await one.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Of this run and store: two of them use one Redis. */
const named = (store: string, name: string) => `${store.replaceAll(' ', '-')}-${name}`;

describe.each(Object.entries(stores))('a receiver on %s', (store, make) => {
  let victim: Victim | null = null;
  const done = async (ids: string[]) => (await victim?.work())?.filter((id) => ids.includes(id)).toSorted();
  const event = (name: string) => signed({ id: named(store, name), atMs: Date.now() });

  beforeAll(async () => {
    const address = control.address();
    if (address === null || typeof address === 'string') throw new Error('no control');
    victim = await make(`http://127.0.0.1:${address.port}/`, await freePort());
    await victim?.start();
  });
  afterAll(() => victim?.kill());

  it.each<[Point, string, string[]]>([
    ['in the handler', 'handled', []],
    ['before the answer', 'duplicate', ['one']],
  ])('that dies %s does the work once', async (point, outcome, before) => {
    if (victim === null) return;
    const name = point.replaceAll(' ', '-');
    const killed = killAt(point, victim);
    const first = await Promise.all([victim.send(await event(name)), killed]);
    expect(first[0]).toBe(null);
    await victim.start();
    expect(await done([named(store, name)])).toHaveLength(before.length);
    expect(await victim.deliver(await event(name))).toBe(outcome);
    expect(await victim.deliver(await event(name))).toBe('duplicate');
    expect(await done([named(store, name)])).toEqual([named(store, name)]);
  });

  it('that dies three times at any moment, among twenty events, does each of them once', async () => {
    if (victim === null) return;
    const names = Array.from({ length: 20 }, (_, i) => `any-${i}`);
    for (const afterMs of [3, 15, 60]) {
      const sending = names.map(async (name) => victim?.send(await event(name)));
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      await victim.kill();
      await Promise.all(sending);
      await victim.start();
    }
    for (const name of names) await victim.deliver(await event(name));
    const ids = names.map((name) => named(store, name));
    expect(await done(ids)).toEqual(ids.toSorted());
  });
});
