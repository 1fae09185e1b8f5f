/**
 * From the publish to the receiver, in an idle local service, next to the latency of `/health` in the same run (Q3). Prints
 * quantiles and the ratio; asserts nothing about time. `npm run bench:latency`
 */
import { createServer, type IncomingMessage } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startService } from '../support/service.ts';

const WARM_UP = 50;
const ROUNDS = 500;
const KEY = 'tubepost_bench_admin_key';

/** Arrivals at the receiver by event id: when the request line and headers were read. */
const waiting = new Map<string, (atMs: number) => void>();

function onRequest(request: IncomingMessage): void {
  const arrive = waiting.get(String(request.headers['webhook-id']));
  arrive?.(performance.now());
}

function quantile(sorted: number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

const receiver = createServer((request, response) => {
  onRequest(request);
  request.resume();
  response.end('ok');
}).listen(0, '127.0.0.1');
await once(receiver, 'listening');
const address = receiver.address();
if (address === null || typeof address === 'string') throw new Error('the receiver has no port');

const stateDir = await mkdtemp(join(tmpdir(), 'tubepost-bench-'));
const service = await startService({ port: await freePort(), stateDir, key: KEY });
try {
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
  const send = async (method: string, path: string, body: object) => {
    const answer = await fetch(service.url + path, { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  await send('PUT', '/v1/accounts/bench', {});
  await send('POST', '/v1/accounts/bench/endpoints', { url: `http://127.0.0.1:${address.port}/` });

  const health: number[] = [];
  const accepted: number[] = [];
  const delivered: number[] = [];
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    const healthAt = performance.now();
    await (await fetch(`${service.url}/health`)).text();
    const healthMs = performance.now() - healthAt;

    const id = `bench-${round + WARM_UP}`;
    const arrival = new Promise<number>((resolve) => waiting.set(id, resolve));
    const publishAt = performance.now();
    await send('POST', '/v1/accounts/bench/events', { id, type: 'a.b', record: `r/${round % 50}`, data: { round } });
    const acceptedMs = performance.now() - publishAt;
    const deliveredMs = (await arrival) - publishAt;
    waiting.delete(id);
    if (round < 0) continue;
    health.push(healthMs);
    accepted.push(acceptedMs);
    delivered.push(deliveredMs);
  }
  const base = [...health].sort((a, b) => a - b);
  console.log(`| ${ROUNDS} rounds, one at a time | p50 | p95 | p50 as a ratio to /health |`);
  console.log('|---|---|---|---|');
  for (const [name, list] of [
    ['GET /health', health],
    ['publish to 202', accepted],
    ['publish to arrival at the receiver', delivered],
  ] as const) {
    const sorted = [...list].sort((a, b) => a - b);
    const p50 = quantile(sorted, 0.5);
    const ratio = (p50 / quantile(base, 0.5)).toFixed(2);
    console.log(`| ${name} | ${p50.toFixed(1)} ms | ${quantile(sorted, 0.95).toFixed(1)} ms | ${ratio} |`);
  }
} finally {
  await service.stop();
  receiver.close();
  receiver.closeAllConnections();
  await rm(stateDir, { recursive: true, force: true });
}
