/**
 * `npm start`: the service on this machine, without a network or a Cloudflare account. State
 * survives kill -9. HOST, PORT and STATE_DIR say where, CRON_SECONDS how often the cron rings,
 * INSPECTOR_PORT where a profiler may attach; .dev.vars holds the rest (see vars.ts). The script in
 * package.json keeps this process small: Miniflare writes some 100 MB of configuration once, which
 * malloc would keep, and a young generation that grows to 32 MB serves nobody here.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { Miniflare } from 'miniflare';
import { HOST_DEFAULT, isLoopback, OPEN_HOST_NOTE, parseHost, refuseOpenHost } from './host.ts';
import { lockState } from './lock.ts';
import { serveOptions } from './options.ts';
import { prepareWorker } from './prepare.ts';
import { publishedVars, readVars, showKey } from './vars.ts';
import { tieWorkerd } from './workerd.ts';

const root = join(import.meta.dirname, '../../..');
/** As wrangler.toml has it. */
const CRON_SECONDS = '60';

/** How long a service that has just begun may take to be ready. */
const READY_WITHIN_MS = 30_000;
const READY_LOOK_MS = 500;

/** Held until this process ends: what nothing refers to would be closed. */
const held: DatabaseSync[] = [];

// Registered before Miniflare's own handlers, which exit with 130 or 143. Miniflare ends workerd on
// exit.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(0));

try {
  await start();
} catch (error) {
  console.error(`tubepost: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

async function start(): Promise<void> {
  const port = parsePort(process.env['PORT'] ?? '8787');
  const stateDir = resolve(process.env['STATE_DIR'] ?? join(root, '.wrangler/state'));
  const cronSeconds = parseCronSeconds(process.env['CRON_SECONDS'] ?? CRON_SECONDS);
  const host = parseHost(process.env['HOST'] ?? HOST_DEFAULT);
  const vars = readVars(root, process.env);
  refuseOpenHost(host, vars, publishedVars(root));
  await refuseUsedPort(host, port);
  held.push(await lockState(stateDir));

  const inspector = process.env['INSPECTOR_PORT'];
  const inspectorPort = inspector === undefined ? null : parsePort(inspector, 'INSPECTOR_PORT');
  const worker = await prepareWorker(root, stateDir, inspectorPort !== null);
  tieWorkerd(stateDir, process.env);
  const miniflare = new Miniflare(serveOptions(worker, { host, port, inspectorPort, vars }));
  const url = await miniflare.ready;
  await refuseUnready(url);
  ring(miniflare, cronSeconds);

  console.log(`Tubepost is ready: ${url.origin}/app
  key    ${showKey(root, vars['ADMIN_KEY'])}
  state  ${stateDir}
  API    ${url.origin}/v1, documented at ${url.origin}/docs
  stop   Ctrl+C`);
  if (!isLoopback(host)) console.log(OPEN_HOST_NOTE);
}

/** What is set wrong is said at once; what does not answer may only have begun. */
async function refuseUnready(url: URL): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += READY_LOOK_MS) {
    const answer = await fetch(new URL('/health', url));
    if (answer.ok) return;
    const { code, detail } = (await answer.json()) as { code?: string; detail?: string };
    if (code === 'misconfigured' || waitedMs >= READY_WITHIN_MS) throw new Error(`not ready: ${detail}`);
    await wait(READY_LOOK_MS);
  }
}

/** The cron of wrangler.toml, which Miniflare does not ring by itself. */
function ring(miniflare: Miniflare, everySeconds: number): void {
  setInterval(() => {
    miniflare
      .getWorker()
      .then((worker) => worker.scheduled({ scheduledTime: new Date(), cron: '* * * * *' }))
      // The next one comes by itself; workerd may just be stopping.
      .catch((error: unknown) =>
        console.error(JSON.stringify({ message: 'the cron did not run', error: String(error) })),
      );
  }, everySeconds * 1_000);
}

function parsePort(text: string, name = 'PORT'): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new Error(`${name} must be a number from 0 to 65535, but is "${text}"`);
}

function parseCronSeconds(text: string): number {
  const seconds = Number(text);
  if (/^\d+$/.test(text) && seconds >= 1 && seconds <= 60) return seconds;
  throw new Error(`CRON_SECONDS must be a whole number from 1 to 60, but is "${text}"`);
}

/** Asked before anything is written, so that a second start leaves the state of the first alone. */
async function refuseUsedPort(host: string, port: number): Promise<void> {
  const probe = createServer().listen(port, host);
  try {
    await once(probe, 'listening');
  } catch (cause) {
    throw new Error(`cannot listen on ${host}:${port} (${codeOf(cause)}); set PORT to another one`, { cause });
  }
  probe.close();
  await once(probe, 'close');
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
