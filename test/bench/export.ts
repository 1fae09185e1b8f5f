/**
 * `npm run bench:export`: a million attempts, and the deliveries that they are of, exported over
 * all accounts from the running service, as NDJSON and as CSV: how many rows came, whether each
 * came once (their order says so), how long it took, and what memory workerd had.
 *
 *   --attempts 1000000
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { Miniflare } from 'miniflare';
import { applyMigrations } from '../../src/tools/local/migrations.ts';
import { databaseOptions } from '../../src/tools/local/options.ts';
import { loadWorker } from '../../src/tools/local/worker.ts';
import { freePort, type Service, startService } from '../support/service.ts';
import { seconds, table } from './figures.ts';
import { seedLog } from './log-seed.ts';

const { values } = parseArgs({ options: { attempts: { type: 'string', default: '1000000' } } });
const attempts = Number(values.attempts);
/** `at`: the time by which the list is in order. `count`: of its rows, by SQL. */
const LISTS = [
  { path: '/v1/deliveries', at: 'acceptedAt', count: 'SELECT count(*) AS n FROM deliveries' },
  {
    path: '/v1/attempts',
    at: 'at',
    count: 'SELECT (SELECT count(*) FROM deliveries) + (SELECT count(*) FROM attempts) AS n',
  },
] as const;
const SAMPLE_MS = 100;
const PAGE_KIB = 4;

const stateDir = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'tubepost-export-'));
let service: Service | null = null;
const end = async () => {
  await service?.stop();
  rmSync(stateDir, { recursive: true, force: true });
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => void end().finally(() => process.exit(1)));

try {
  const counts = await seed();
  service = await startService({ port: await freePort(), stateDir, key: 'bench_export_key_0123456789' });
  const measured: string[][] = [];
  for (const list of LISTS) {
    for (const format of ['ndjson', 'csv'] as const)
      measured.push(await measure(service, list, format, counts.get(list.path) ?? 0));
  }
  table(['export', 'rows', 'MB', 'took', 'rows a second', 'workerd before', 'at most'], measured);
} catch (error) {
  console.error(service?.complaints().join('\n'));
  throw error;
} finally {
  await end();
}

/** How many rows each list has. */
async function seed(): Promise<Map<string, number>> {
  const worker = await loadWorker(join(import.meta.dirname, '../..'), stateDir);
  const miniflare = new Miniflare(databaseOptions(worker));
  for (const { binding, migrationsFolder } of worker.databases) {
    await applyMigrations(await miniflare.getD1Database(binding), migrationsFolder);
  }
  // Miniflare's type of the same thing.
  const log = (await miniflare.getD1Database('LOG_DB')) as unknown as D1Database;
  await seedLog(log, 0, attempts);
  const counts = new Map<string, number>();
  for (const { path, count } of LISTS) counts.set(path, (await log.prepare(count).first<number>('n')) ?? 0);
  await miniflare.dispose();
  return counts;
}

async function measure(
  { url, key, group }: Service,
  list: (typeof LISTS)[number],
  format: 'ndjson' | 'csv',
  wanted: number,
): Promise<string[]> {
  const before = memoryOf(group);
  let most = before;
  const sampling = setInterval(() => (most = Math.max(most, memoryOf(group))), SAMPLE_MS);
  const sinceMs = performance.now();
  const answer = await fetch(`${url}${list.path}?format=${format}`, { headers: { authorization: `Bearer ${key}` } });
  if (answer.body === null || !answer.ok) throw new Error(`${list.path}: ${answer.status}`);
  let bytes = 0;
  let rows = 0;
  let columns: string[] | null = null;
  let last = '';
  for await (const line of createInterface({ input: Readable.fromWeb(answer.body as never) })) {
    bytes += line.length + 1;
    if (format === 'csv' && columns === null) {
      columns = line.split(',');
      continue;
    }
    const position = columns === null ? positionIn(JSON.parse(line), list.at) : positionOf(line, columns, list.at);
    // Newest first, and no two alike: so none is doubled.
    if (last !== '' && position >= last) throw new Error(`${position} comes after ${last}`);
    last = position;
    rows += 1;
  }
  clearInterval(sampling);
  if (rows !== wanted) throw new Error(`${list.path} as ${format}: ${rows} rows of ${wanted}`);
  const tookMs = performance.now() - sinceMs;
  const mib = (kib: number) => `${Math.round(kib / 1_024)} MiB`;
  return [
    `${list.path}, ${format}`,
    String(rows),
    (bytes / 1e6).toFixed(0),
    seconds(tookMs),
    String(Math.round((rows / tookMs) * 1_000)),
    mib(before),
    mib(most),
  ];
}

function positionIn(row: Record<string, string>, at: string): string {
  return `${row[at]} ${row['id']}`;
}

/** Cells before the id and the times hold no comma. */
function positionOf(line: string, columns: string[], at: string): string {
  const cells = line.split(',');
  const time = cells.find((cell, i) => i >= columns.indexOf(at) && /^\d{4}-\d\d-\d\dT/.test(cell)) ?? '';
  return `${at === 'at' ? time : (cells.at(-2) ?? '')} ${cells[columns.indexOf('id')]}`;
}

/** Of all processes of the group but node: what is resident, in KiB. */
function memoryOf(group: number): number {
  let sum = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      if (Number(fields[2]) !== group || !readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('workerd')) continue;
      sum += Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_KIB;
    } catch {
      // It ended while it was looked at.
    }
  }
  return sum;
}
