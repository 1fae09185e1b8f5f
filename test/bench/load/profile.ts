/**
 * `npm run bench:profile`: which functions of the Worker use the CPU, by the sampling profiler of
 * workerd's inspector, on the build that `npm start` serves, under a fixed load. It sees one
 * isolate, the Worker and its objects: what workerd does natively (SQLite, sockets, commits) counts
 * for the function that called it or for "(program)", and the isolates of D1 and the queues are not
 * in it.
 *
 *   --seconds 20 --rate 50 --fan-out 1 --records new|known
 *   --state disk|memory   in memory, what waits for the disk does not look like work
 *   --file FILE           the profile itself, for the tools of a browser
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadWorker } from '../../../src/tools/local/worker.ts';
import { freePort, startService } from '../../support/service.ts';
import { Tubepost } from '../../support/tubepost.ts';
import { table } from '../figures.ts';
import { watched } from './bench.ts';
import { publishBy, Receiver } from './programs.ts';
import { KEY, stateParent } from './subject.ts';
import { openInspector, Profiled } from './inspector.ts';
import { summarize } from './profile-summary.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    rate: { type: 'string', default: '50' },
    'fan-out': { type: 'string', default: '1' },
    records: { type: 'string', default: 'new' },
    state: { type: 'string', default: 'memory' },
    file: { type: 'string' },
  },
});
const SAMPLE_MICROSECONDS = 200;
const WARM_UP_SECONDS = 5;
const KNOWN_RECORDS = 200;
const SHOWN = 45;

const root = join(import.meta.dirname, '../../..');
const stateDir = mkdtempSync(join(stateParent(values.state === 'memory'), 'tubepost-profile-'));
process.once('exit', () => rmSync(stateDir, { recursive: true, force: true }));

const inspectorPort = await freePort();
const receiver = await Receiver.start();
const vars = { INSPECTOR_PORT: String(inspectorPort) };
const service = await startService({ port: await freePort(), stateDir, key: KEY, vars });
const api = new Tubepost({ url: service.url, key: KEY, account: 'profile' });
await api.createAccount();
for (const path of watched(Number(values['fan-out']), 0)) await api.createEndpoint({ url: receiver.origin + path });

await load('warm', WARM_UP_SECONDS);
const inspector = await openInspector(inspectorPort);
await inspector.call('Profiler.enable');
await inspector.call('Profiler.setSamplingInterval', { interval: SAMPLE_MICROSECONDS });
await inspector.call('Profiler.start');
const events = await load('run', Number(values.seconds));
const { profile } = Profiled.parse(await inspector.call('Profiler.stop'));
if (values.file !== undefined) writeFileSync(values.file, JSON.stringify(profile));
await service.kill();
receiver.stop();

const summary = summarize(profile, await placesIn());
const busyMs = summary.busyMs / events;
console.log(
  `${events} events, ${values['fan-out']} endpoint(s), ${values.records} records: ${busyMs.toFixed(2)} ms an event`,
);
const share = (spentMs: number) => [
  `${((100 * spentMs) / summary.busyMs).toFixed(1)} %`,
  (spentMs / events).toFixed(3),
];
console.log('\nBy place, without what it calls');
table(
  ['place', 'share', 'ms an event'],
  summary.byPlace.slice(0, SHOWN).map(({ name, ms }) => [name, ...share(ms)]),
);
console.log('\nBy function, without what it calls');
table(
  ['function', 'share', 'ms an event'],
  summary.self.slice(0, SHOWN).map(({ name, ms }) => [name, ...share(ms)]),
);
console.log('\nOur functions, with what they call');
table(
  ['function', 'share', 'ms an event'],
  summary.total.slice(0, SHOWN).map(({ name, ms }) => [name, ...share(ms)]),
);
process.exit(0);

async function load(prefix: string, seconds: number): Promise<number> {
  const { status } = await publishBy({
    origin: service.url,
    targets: [{ method: 'POST', path: '/v1/accounts/profile/events' }],
    key: KEY,
    phases: [{ ratePerSecond: Number(values.rate), seconds }],
    prefix,
    records: values.records === 'known' ? KNOWN_RECORDS : null,
    recordsOf: values.records === 'known' ? 'known' : null,
  });
  return status.filter((one) => one === 202).length;
}

/**
 * From a position in the bundle to the source that it was made of: the bundle is made again, and is
 * the same.
 */
async function placesIn(): Promise<(line: number, column: number) => string> {
  const { contents } = await loadWorker(root, stateDir, true);
  const base64 = /sourceMappingURL=data:application\/json;base64,(\S+)/.exec(contents)?.[1] ?? '';
  const map = new SourceMap(JSON.parse(Buffer.from(base64, 'base64').toString()));
  return (line, column) => {
    const found = map.findEntry(line, column);
    return 'originalSource' in found ? found.originalSource : '';
  };
}
