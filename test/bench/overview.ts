/**
 * `npm run bench:overview`: the overview with 10,000 attempts in the log and with 1,000,000, each
 * on a service of its own (`npm start`), asked in turn: the page of the staff, and the operations
 * behind it. The newest attempt is of now, so the windows of both logs hold the same. Past hours
 * are rolled up, as the cron does. Read the ratio.
 *
 *   --attempts 1000000   --small 10000   --times 20
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Miniflare } from 'miniflare';
import { createClient, ofAnswer } from '../../src/client/client.ts';
import { hourOf } from '../../src/core/hours.ts';
import { DAY_MS, HOUR_MS } from '../../src/core/limits.ts';
import { rollUpHour } from '../../src/store/log/hours.ts';
import { applyMigrations } from '../../src/tools/local/migrations.ts';
import { databaseOptions } from '../../src/tools/local/options.ts';
import { loadWorker } from '../../src/tools/local/worker.ts';
import { freePort, type Service, startService } from '../support/service.ts';
import { quantile, table } from './figures.ts';
import { BIG, deliveriesOf, seedLog, STEP_MS } from './log-seed.ts';

const { values } = parseArgs({
  options: {
    attempts: { type: 'string', default: '1000000' },
    small: { type: 'string', default: '10000' },
    times: { type: 'string', default: '20' },
  },
});
const sizes = [Number(values.small), Number(values.attempts)];
const times = Number(values.times);
const KEY = 'tubepost_bench_admin_key';
const ACCOUNTS_SEEDED = 98;
const root = join(import.meta.dirname, '../..');

const stateDirs: string[] = [];
const services: Service[] = [];
try {
  for (const size of sizes) {
    const stateDir = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'tubepost-overview-'));
    stateDirs.push(stateDir);
    await seed(stateDir, size);
    services.push(await startService({ port: await freePort(), stateDir, key: KEY, vars: {} }));
  }
  const asks = await Promise.all(services.map(asksOf));
  const taken = new Map<string, number[][]>();
  for (let turn = 0; turn <= times; turn += 1) {
    for (const [index, of] of asks.entries()) {
      for (const [name, ask] of Object.entries(of)) {
        const atMs = performance.now();
        await ask();
        // The first of each is for the caches.
        if (turn > 0) bucket(taken, name, index).push(performance.now() - atMs);
      }
    }
  }
  table(
    ['asked', ...sizes.map((size) => `p50, p95 at ${size} (ms)`), 'ratio of p50', 'ratio of p95'],
    [...taken].map(([name, of]) => [
      name,
      ...of.map((ms) => `${quantile(ms, 0.5).toFixed(1)}, ${quantile(ms, 0.95).toFixed(1)}`),
      ...[0.5, 0.95].map((q) => (quantile(of[1] ?? [], q) / quantile(of[0] ?? [], q)).toFixed(2)),
    ]),
  );
} finally {
  for (const service of services) await service.stop();
  for (const stateDir of stateDirs) rmSync(stateDir, { recursive: true, force: true });
}
process.exit(0);

function bucket(taken: Map<string, number[][]>, name: string, index: number): number[] {
  const of = taken.get(name) ?? sizes.map(() => []);
  taken.set(name, of);
  return of[index] ?? [];
}

async function seed(stateDir: string, attempts: number): Promise<void> {
  const worker = await loadWorker(root, stateDir);
  const miniflare = new Miniflare(databaseOptions(worker));
  const local = await miniflare.getD1Database('LOG_DB');
  await applyMigrations(local, worker.databases.find(({ binding }) => binding === 'LOG_DB')?.migrationsFolder ?? '');
  // Miniflare's type of the same thing.
  const db = local as unknown as D1Database;
  const nowMs = Date.now();
  await seedLog(db, 0, attempts, nowMs - deliveriesOf(attempts) * STEP_MS);
  for (let hourMs = hourOf(nowMs) - DAY_MS; hourMs < hourOf(nowMs); hourMs += HOUR_MS) {
    for (const account of accounts()) await rollUpHour(db, account, hourMs);
  }
  await miniflare.dispose();
}

function accounts(): string[] {
  return [BIG, ...Array.from({ length: ACCOUNTS_SEEDED }, (_, n) => `acc_${n}`)];
}

type Asks = Record<string, () => Promise<unknown>>;

async function asksOf(service: Service): Promise<Asks> {
  const api = createClient({ origin: service.url, key: KEY, triesMax: 1 });
  const path = { account: BIG };
  ofAnswer(await api.call('putAccount', { path, body: { name: 'Big' } }));
  const cookie = await signIn(service.url);
  const page = async (of: string) => {
    const answer = await fetch(service.url + of, { headers: { cookie }, redirect: 'manual' });
    if (answer.status !== 200) throw new Error(`${of} answered ${answer.status}`);
    return answer.text();
  };
  return {
    'page /app': () => page('/app'),
    'overview of all accounts': async () => ofAnswer(await api.call('getOverviewOfAll', {})),
    'overview of the account': async () => ofAnswer(await api.call('getOverview', { path })),
    'traffic of all accounts': async () => ofAnswer(await api.call('getTrafficOfAll', {})),
  };
}

async function signIn(origin: string): Promise<string> {
  const body = new URLSearchParams({ key: KEY, to: '/app' });
  const answer = await fetch(`${origin}/app/sign-in`, {
    method: 'POST',
    body,
    headers: { origin },
    redirect: 'manual',
  });
  const cookie = answer.headers.get('set-cookie')?.split(';')[0];
  if (cookie === undefined) throw new Error(`nobody could sign in: ${answer.status}`);
  return cookie;
}
