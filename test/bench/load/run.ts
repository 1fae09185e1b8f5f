/**
 * `npm run bench`: the service under load, beside the least that could do its work and beside
 * another build of itself. Load is open loop at fixed rates, latency counts from when a request was
 * due, publisher and receiver are processes of their own, and CPU and memory are what the operating
 * system says of the service's processes. It asserts nothing: read the ratios.
 *
 *   --only publish-1,rate     cases whose names begin so (see --list); all: many minutes
 *   --against 180b2e9         another commit, checked out, started and measured in turn with this one
 *   --seconds 15 --rounds 1   of each load; medians over the rounds (publish-…)
 *   --from 50                 the rate at which the search for the highest begins
 *   --highest 180             taken for the highest rate in the case overload, which then searches none
 *   --events 12000 --rate 80  of the case memory
 *   --state disk|memory       where the state is
 *   --json FILE               every figure
 */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { table } from '../figures.ts';
import type { Bench, Case } from './bench.ts';
import { buildOf, ownBuild } from './builds.ts';
import { isolationCase } from './case-isolation.ts';
import { memoryCase } from './case-memory.ts';
import { publishCases } from './case-publish.ts';
import { overloadCase, rateCase } from './case-rate.ts';
import { Receiver } from './programs.ts';
import { BARE, subjectOf } from './subject.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    against: { type: 'string' },
    seconds: { type: 'string', default: '15' },
    rounds: { type: 'string', default: '1' },
    from: { type: 'string', default: '50' },
    highest: { type: 'string' },
    events: { type: 'string', default: '12000' },
    rate: { type: 'string', default: '80' },
    state: { type: 'string', default: 'disk' },
    json: { type: 'string' },
    list: { type: 'boolean', default: false },
  },
});
const cases: Case[] = [...publishCases, rateCase, overloadCase, isolationCase, memoryCase];
if (values.list) {
  for (const { name, title } of cases) console.log(`${name.padEnd(20)} ${title}`);
  process.exit(0);
}
const wanted = values.only.split(',');
const chosen = cases.filter(({ name }) => wanted.some((start) => name.startsWith(start)));
if (chosen.length === 0) throw new Error(`--only ${values.only} names no case; --list names all`);

const builds = [ownBuild(), ...(values.against === undefined ? [] : [buildOf(values.against)])];
const receiver = await Receiver.start();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
process.once('exit', () => builds.forEach(({ remove }) => remove()));

const bench: Bench = {
  subjects: [BARE, ...builds.map(subjectOf)],
  receiver,
  seconds: Number(values.seconds),
  rounds: Number(values.rounds),
  inMemory: values.state === 'memory',
  events: Number(values.events),
  eventsPerSecond: Number(values.rate),
  fromRate: Number(values.from),
  highestRate: values.highest === undefined ? null : Number(values.highest),
  say: (line) => console.error(`  ${line}`),
};
const reports: Record<string, object> = {};
for (const { name, title, run } of chosen) {
  console.error(name);
  const loadBefore = loadavg()[0] ?? NaN;
  const { head, rows, raw } = await run(bench);
  console.log(
    `\n${name}: ${title}; ${cpus().length} cores, load ${loadBefore.toFixed(1)} before, state on ${values.state}\n`,
  );
  table(head, rows);
  reports[name] = { title, loadBefore, raw };
}
if (values.json !== undefined) {
  const facts = { at: new Date().toISOString(), arguments: process.argv.slice(2), cores: cpus().length };
  writeFileSync(values.json, JSON.stringify({ ...facts, builds: builds.map(({ name }) => name), reports }, null, 2));
}
receiver.stop();
process.exit(0);
