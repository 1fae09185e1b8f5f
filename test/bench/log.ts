/**
 * `npm run bench:log`: what the lists and figures of the log take, on the real D1 of Miniflare,
 * with 10,000 attempts and then, in the same run and database, with 1,000,000: p50 and p95 side by
 * side, and their ratio. Half of the log is one account's, the rest is 49 others'; one delivery in
 * ten was retried, one in a hundred is dead, one endpoint has one delivery in 100,000.
 *
 *   --attempts 1000000   --small 10000
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Miniflare } from 'miniflare';
import { applyMigrations } from '../../src/tools/local/migrations.ts';
import { databaseOptions } from '../../src/tools/local/options.ts';
import { loadWorker } from '../../src/tools/local/worker.ts';
import { quantile, seconds, table } from './figures.ts';
import { questions, rollUpDay } from './log-questions.ts';
import { seedLog } from './log-seed.ts';

const { values } = parseArgs({
  options: { attempts: { type: 'string', default: '1000000' }, small: { type: 'string', default: '10000' } },
});
const sizes = [Number(values.small), Number(values.attempts)];

const RUNS = 20;
/** A question that is slow is asked less often, but more than once. */
const QUESTION_MS = 4_000;
const RUNS_MIN = 3;

const stateDir = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'tubepost-log-'));
const worker = await loadWorker(join(import.meta.dirname, '../..'), stateDir);
const miniflare = new Miniflare(databaseOptions(worker));
const end = async () => {
  await miniflare.dispose();
  rmSync(stateDir, { recursive: true, force: true });
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => void end().finally(() => process.exit(1)));

try {
  const local = await miniflare.getD1Database('LOG_DB');
  const migrations = worker.databases.find(({ binding }) => binding === 'LOG_DB')?.migrationsFolder ?? '';
  await applyMigrations(local, migrations);
  // Miniflare's type of the same thing.
  const db = local as unknown as D1Database;

  const measured = new Map<string, number[][]>();
  let seeded = 0;
  for (const size of sizes) {
    const fromMs = performance.now();
    await seedLog(db, seeded, size);
    seeded = size;
    await rollUpDay(db, size);
    console.log(`${size} attempts are there after ${seconds(performance.now() - fromMs)}`);
    for (const [name, ask] of Object.entries(questions(db, size))) {
      if (!isFound(await ask()) && size === sizes.at(-1))
        throw new Error(`"${name}" finds nothing: it would measure nothing`);
      measured.set(name, [...(measured.get(name) ?? []), await timesOf(ask)]);
    }
  }
  const ms = (times: number[] | undefined, share: number) => quantile(times ?? [], share).toFixed(1);
  table(
    ['list', ...sizes.flatMap((size) => [`p50 at ${size}`, 'p95']), 'ratio of p50', 'ratio of p95'],
    [...measured].map(([name, [few, many]]) => [
      name,
      ms(few, 0.5),
      ms(few, 0.95),
      ms(many, 0.5),
      ms(many, 0.95),
      (quantile(many ?? [], 0.5) / quantile(few ?? [], 0.5)).toFixed(1),
      (quantile(many ?? [], 0.95) / quantile(few ?? [], 0.95)).toFixed(1),
    ]),
  );
} finally {
  await end();
}

/** A page that stopped before it found anything measures the longest walk that there is. */
function isFound(answer: unknown): boolean {
  const text = JSON.stringify(answer) ?? '';
  return /"(data|endpoints|groups|failures|rows)":\[\{|"next":"|^[1-9]|"accountsRead":[1-9]/.test(text);
}

async function timesOf(ask: () => Promise<unknown>): Promise<number[]> {
  await ask();
  const times: number[] = [];
  const sinceMs = performance.now();
  while (times.length < RUNS && (times.length < RUNS_MIN || performance.now() - sinceMs < QUESTION_MS)) {
    const atMs = performance.now();
    await ask();
    times.push(performance.now() - atMs);
  }
  return times;
}
