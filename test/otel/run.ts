/**
 * `npm run test:otel`: spans of real deliveries, from `npm start` to a collector. Without an
 * argument the collector is a fake that keeps what it is sent; `--collector` builds the core of the
 * real one (collector/main.go, with Go) and reads what that prints. Then a collector that hangs and
 * one that is gone, beside no collector at all: publishing is no slower, and what was not sent is
 * counted. The ratios are printed and not judged. Ends with 0 only if all checks held.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { quantile } from '../bench/figures.ts';
import { createClient, ofAnswer } from '../../src/client/client.ts';
import { parseTraceparent } from '../../src/core/trace.ts';
import { Checks } from '../support/checks.ts';
import { until } from '../support/poll.ts';
import { freePort, type Service, startService } from '../support/service.ts';

const { values } = parseArgs({ options: { collector: { type: 'boolean', default: false } } });
const KEY = 'tubepost_otel_admin_key';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const WITHIN_MS = 60_000;
const PUBLISHES = 100;

type Seen = { traceId: string; spanId: string; parentSpanId: string; name: string };
type Collector = { port: number; seen: () => Seen[]; stop: () => void };

const checks = new Checks();
const is = (what: string, isSo: boolean, evidence: unknown) =>
  checks.check(what, 1, isSo ? [] : [JSON.stringify(evidence).slice(0, 400)]);
const folder = mkdtempSync(join(tmpdir(), 'tubepost-otel-'));
const stops: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];

let answer = 503;
const traceparents: string[] = [];
const receiver = createServer((request, response) => {
  traceparents.push(String(request.headers['traceparent']));
  request.resume().on('end', () => response.writeHead(answer).end());
});
const hookPort = await freePort();
await new Promise<void>((resolve) => receiver.listen(hookPort, '127.0.0.1', resolve));
stops.push(() => receiver.close());

try {
  const collector = values.collector ? await realCollector() : await fakeCollector();
  stops.push(collector.stop);
  await judgeSpans(collector);
  await judgeTrouble();
} finally {
  receiver.closeAllConnections();
  for (const stop of stops.toReversed()) await stop();
}
console.log(`otel: ${checks.passed} checks passed, ${checks.failed} failed`);
process.exit(checks.failed === 0 ? 0 : 1);

async function serve(name: string, collectorPort: number | null): Promise<Service> {
  const endpoint = collectorPort === null ? '' : `http://127.0.0.1:${collectorPort}`;
  const vars = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, CRON_SECONDS: '5' };
  const service = await startService({ port: await freePort(), stateDir: join(folder, name), key: KEY, vars });
  stops.push(() => service.stop());
  const api = createClient({ origin: service.url, key: KEY });
  const path = { account: 'acme' };
  ofAnswer(await api.call('putAccount', { path, body: { name: 'Acme' } }));
  const retry = { scheduleSeconds: [1, 1, 1], windowSeconds: 3_600 };
  const body = { url: `http://127.0.0.1:${hookPort}/hook`, traceContext: true, retry };
  ofAnswer(await api.call('createEndpoint', { path, body }));
  return service;
}

async function publish(service: Service, id: string, traceparent?: string): Promise<number> {
  const startMs = performance.now();
  const response = await fetch(`${service.url}/v1/accounts/acme/events`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${KEY}`,
      'content-type': 'application/json',
      ...(traceparent === undefined ? {} : { traceparent }),
    },
    body: JSON.stringify({ id, type: 'deal.won', record: `deal/${id}`, data: { n: 1 } }),
  });
  await response.arrayBuffer();
  if (response.status !== 202) throw new Error(`a publish was answered ${response.status}`);
  return performance.now() - startMs;
}

async function judgeSpans(collector: Collector): Promise<void> {
  const service = await serve('spans', collector.port);
  await publish(service, 'traced', `00-${TRACE}-${CALLER}-01`);
  await until('the first attempt', WITHIN_MS, () => (traceparents.length > 0 ? true : null));
  answer = 204;
  const spans = await until('the spans', WITHIN_MS, () => {
    const of = collector.seen().filter(({ traceId }) => traceId === TRACE);
    return of.some(({ name }) => name.startsWith('publish')) && of.filter(({ name }) => name === 'POST').length > 1
      ? of
      : null;
  });
  const publishSpan = spans.find(({ name }) => name === 'publish deal.won');
  const attempts = spans.filter(({ name }) => name === 'POST');
  is('the publish is a child of the caller', publishSpan?.parentSpanId === CALLER, publishSpan);
  is(
    'each attempt is a child of the publish',
    attempts.every((one) => one.parentSpanId === publishSpan?.spanId),
    attempts,
  );
  const headers = traceparents.map((one) => parseTraceparent(one));
  is(
    'the receiver was sent the trace',
    headers.every((one) => one?.traceId === TRACE),
    traceparents,
  );
  const sent = headers.map((one) => one?.spanId).filter((id) => !attempts.some(({ spanId }) => spanId === id));
  is('and the span of each attempt', sent.length === 0, { sent, attempts });

  await publish(service, 'untraced');
  const own = await until('a publish without a caller', WITHIN_MS, () => {
    const found = collector.seen().filter(({ traceId }) => traceId !== TRACE);
    return found.length > 1 ? found : null;
  });
  is('without a caller a trace of its own', new Set(own.map(({ traceId }) => traceId)).size === 1, own);
  is('the receiver is sent none then', traceparents.at(-1) === 'undefined', traceparents.at(-1));
}

async function judgeTrouble(): Promise<void> {
  const hanging = createServer(() => undefined);
  const hangPort = await freePort();
  await new Promise<void>((resolve) => hanging.listen(hangPort, '127.0.0.1', resolve));
  stops.push(() => {
    hanging.closeAllConnections();
    hanging.close();
  });
  const services = {
    none: await serve('none', null),
    hung: await serve('hung', hangPort),
    gone: await serve('gone', await freePort()),
  };
  const taken: Record<string, number[]> = { none: [], hung: [], gone: [] };
  for (let n = 0; n < PUBLISHES; n += 1) {
    for (const [name, service] of Object.entries(services)) taken[name]?.push(await publish(service, `n${n}`));
    await wait(20);
  }
  const p = (name: string, q: number) => quantile(taken[name] ?? [], q);
  for (const name of ['hung', 'gone']) {
    const ratios = [0.5, 0.95].map((q) => (p(name, q) / p('none', q)).toFixed(2));
    console.log(`  a collector that is ${name}: publish p50, p95 ÷ without one: ${ratios.join(', ')}`);
  }
  for (const name of ['hung', 'gone'] as const) {
    const dropped = await until(`drops of the service whose collector is ${name}`, WITHIN_MS, () =>
      droppedBy(services[name]),
    );
    is(`drops are counted: ${name}`, dropped > 0, dropped);
  }
  is('no collector, no drop', (await droppedBy(services.none)) === null, '');
}

/** Null: none yet. */
async function droppedBy(service: Service): Promise<number | null> {
  const metrics = await fetch(`${service.url}/metrics`, { headers: { authorization: `Bearer ${KEY}` } });
  const count = Number(/^tubepost_spans_dropped_total (\d+)$/m.exec(await metrics.text())?.[1]);
  return count > 0 ? count : null;
}

type Sent = {
  resourceSpans: { scopeSpans: { spans: (Omit<Seen, 'parentSpanId'> & { parentSpanId?: string })[] }[] }[];
};

async function fakeCollector(): Promise<Collector> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      // The fake believes the shape: the real collector is who judges it.
      const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString()) as Sent;
      const spans = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
      for (const { parentSpanId = '', ...span } of spans) seen.push({ ...span, parentSpanId });
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { port, seen: () => seen, stop: () => server.close() };
}

async function realCollector(): Promise<Collector> {
  const binary = join(folder, 'collector');
  execFileSync('go', ['build', '-o', binary, '.'], { cwd: join(import.meta.dirname, 'collector'), stdio: 'inherit' });
  const port = await freePort();
  const config = join(folder, 'collector.yaml');
  writeFileSync(
    config,
    `receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } } }
exporters: { debug: { verbosity: detailed } }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { traces: { receivers: [otlp], exporters: [debug] } }
`,
  );
  const child = spawn(binary, ['--config', config], { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  await until(`the collector, which printed: ${printed}`, WITHIN_MS, () =>
    printed.includes('Everything is ready') ? true : null,
  );
  const SPAN = /Trace ID\s+: (\w+)\s+Parent ID\s+: (\w*)\s+ID\s+: (\w+)\s+Name\s+: ([^\n]+)/g;
  const seen = () =>
    [...printed.matchAll(SPAN)].map(([, traceId = '', parentSpanId = '', spanId = '', name = '']) => ({
      ...{ traceId, parentSpanId, spanId },
      name: name.trim(),
    }));
  return { port, seen, stop: () => child.kill() };
}
