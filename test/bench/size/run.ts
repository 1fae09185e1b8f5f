/**
 * `npm run bench:size`: many events over many records and accounts, with receivers that fail one
 * request in two hundred and a service that is killed with `kill -9`. Judged from outside: nothing
 * lost, order kept, the log equal to what receivers saw; and told for each tenth: deliveries a
 * second, memory, disk. Exit 1 where something is wrong; speed it only reports. Not for CI: a
 * million events take an hour and more, and gigabytes of disk.
 *
 *   --events 1000000 --records 100000 --accounts 1000    events are rounded to whole rounds over all records
 *   --kills 10 --seed 1
 *   --open 2000      events on their way at most: the load waits, so that a backlog does not grow
 *   --state disk|memory
 */
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { eventually } from '../../support/poll.ts';
import { freePort, type Service, startService } from '../../support/service.ts';
import { Tubepost } from '../../support/tubepost.ts';
import { table } from '../figures.ts';
import { memoryOf } from '../load/processes.ts';
import { stateParent } from '../load/subject.ts';
import { compare, readLog } from './judge.ts';
import { accountName, eventCount, eventIdOf, type Layout, placeOf } from './layout.ts';
import type { FromReceiver, ToReceiver } from './messages.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    records: { type: 'string', default: '100000' },
    accounts: { type: 'string', default: '1000' },
    kills: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    open: { type: 'string', default: '2000' },
    state: { type: 'string', default: 'disk' },
  },
});
const KEY = 'tubepost_size_admin_key';
const BATCHES_AT_ONCE = 4;
const TENTHS = 10;
/**
 * One request in two hundred fails, and is tried again soon: the run is about size, not about
 * patience.
 */
const RETRY = { scheduleSeconds: [1, 2, 4, 8, 16, 32, 64, 128], windowSeconds: 86_400 };
const DRAINED_WITHIN_MS = 900_000;
const LOGGED_WITHIN_MS = 300_000;
const LOG_AGAIN_MS = 10_000;
const WATCH_MS = 100;
const FAULTS_SHOWN = 30;
/** With the envelope, an event is some 500 bytes. */
const TEXT = 'x'.repeat(200);

const accounts = Number(values.accounts);
const recordsOfAccount = Math.floor(Number(values.records) / accounts);
const rounds = Math.max(1, Math.round(Number(values.events) / (accounts * recordsOfAccount)));
const layout: Layout = { accounts, recordsOfAccount, rounds, seed: Number(values.seed) };
if (recordsOfAccount < 1 || recordsOfAccount > 100)
  throw new Error('an account must have 1 to 100 records: a batch holds one event of each');
const total = eventCount(layout);
const killAt = Array.from({ length: Number(values.kills) }, (_, i) =>
  Math.floor(((i + 0.5) * total) / Number(values.kills)),
);

const stateDir = mkdtempSync(join(stateParent(values.state === 'memory'), 'tubepost-size-'));
process.once('exit', () => rmSync(stateDir, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

type Tenth = { atMs: number; delivered: number; memoryMiB: number; diskMiB: number };

const place = { port: await freePort(), stateDir, key: KEY };
const receiver = fork(join(import.meta.dirname, 'receiver-program.ts'), [JSON.stringify(layout)], {
  serialization: 'advanced',
});
process.once('exit', () => receiver.kill());
const [first] = (await once(receiver, 'message')) as [FromReceiver];
if (!('port' in first)) throw new Error('the receiver first says where it listens');
let service: Service = await startService(place);

const apis: Tubepost[] = [];
for (let account = 0; account < accounts; account += 1) {
  const api = new Tubepost({ url: service.url, key: KEY, account: accountName(account), isPatient: true });
  await api.createAccount();
  await api.createEndpoint({ url: `http://127.0.0.1:${first.port}/${account}`, retry: RETRY });
  apis.push(api);
}
console.log(
  `${total} events, ${accounts * recordsOfAccount} records, ${accounts} accounts, ${killAt.length} kills, seed ${layout.seed}`,
);

const tenths: Tenth[] = [tenthNow(0)];
const previousOf = new Map<number, Promise<void>>();
let started = 0;
let delivered = 0;
const watching = watch();
await Promise.all(Array.from({ length: BATCHES_AT_ONCE }, publishBatches));
await watching;
process.exit((await judge()) ? 0 : 1);

/**
 * Batches in their order, some at a time; of one account never two, for its records' sequences
 * follow from their order.
 */
async function publishBatches(): Promise<void> {
  while (started < total) {
    const from = started;
    started += recordsOfAccount;
    const { account } = placeOf(layout, from);
    const published = publishBatch(account, from, previousOf.get(account));
    previousOf.set(account, published);
    await published;
  }
}

async function publishBatch(account: number, from: number, previous: Promise<void> | undefined): Promise<void> {
  await previous;
  await eventually(DRAINED_WITHIN_MS, () => from - delivered < Number(values.open));
  const events = Array.from({ length: recordsOfAccount }, (_, i) => {
    const { record, round } = placeOf(layout, from + i);
    return { id: eventIdOf(from + i), type: 'size.changed', record: `record/${record}`, data: { round, text: TEXT } };
  });
  await apis[account]?.publishBatch(events);
}

/** Notes each tenth, and kills; until all is delivered, or nothing has been for long. */
async function watch(): Promise<void> {
  let movedMs = performance.now();
  while (delivered < total && performance.now() - movedMs < DRAINED_WITHIN_MS) {
    await wait(WATCH_MS);
    const before = delivered;
    delivered = await deliveredNow();
    if (delivered > before) movedMs = performance.now();
    while (delivered >= (tenths.length * total) / TENTHS) {
      tenths.push(tenthNow(delivered));
      console.error(`  ${delivered} delivered`);
    }
    const due = killAt[0];
    if (due === undefined || delivered < due) continue;
    killAt.shift();
    await service.kill();
    await ask({ ask: 'killed', published: started });
    service = await startService(place);
  }
}

async function judge(): Promise<boolean> {
  const all = await ask({ ask: 'all' });
  if (!('taken' in all)) throw new Error('the receiver tells all that it saw');
  let logged = await readLog(service.url, KEY, layout);
  const deadlineMs = performance.now() + LOGGED_WITHIN_MS;
  while (logged.faults.length > 0 && performance.now() < deadlineMs) {
    await wait(LOG_AGAIN_MS);
    logged = await readLog(service.url, KEY, layout);
  }
  const { faults, unsure, unlike } = compare(all, logged);
  print();
  const sum = (list: Uint8Array) => list.reduce((before, one) => before + one, 0);
  console.log(
    `receivers answered ${sum(all.taken)} requests with 204 and ${sum(all.failed)} with 500; the log has ${logged.deliveries} deliveries;` +
      ` ${unsure} events were under way at a kill or in the 15 s before it, and the log differs from the receivers in ${unlike} of them`,
  );
  const wrong = [...all.faults, ...logged.faults, ...faults];
  for (const fault of wrong.slice(0, FAULTS_SHOWN)) console.log(fault);
  console.log(
    wrong.length === 0 ? 'nothing lost, order kept, the log is what receivers saw' : `${wrong.length} faults`,
  );
  return wrong.length === 0;
}

function print(): void {
  const spans = tenths.slice(1).map((tenth, i) => ({ ...tenth, before: tenths[i] ?? tenth }));
  const rateOf = ({ atMs, delivered: count, before }: (typeof spans)[number]) =>
    (count - before.delivered) / ((atMs - before.atMs) / 1_000);
  table(
    ['delivered', 'deliveries a second', 'memory (PSS)', 'disk', 'disk for each event'],
    spans.map((span) => [
      span.delivered,
      rateOf(span).toFixed(0),
      `${Math.round(span.memoryMiB)} MiB`,
      `${Math.round(span.diskMiB)} MiB`,
      `${Math.round((span.diskMiB * 1_048_576) / span.delivered)} bytes`,
    ]),
  );
  const [fast, slow] = [spans[0], spans.at(-1)];
  if (fast === undefined || slow === undefined) return;
  console.log(`speed of the last tenth as a ratio to the first: ${(rateOf(slow) / rateOf(fast)).toFixed(2)}`);
}

function tenthNow(count: number): Tenth {
  const diskMiB = Number(execFileSync('du', ['-sm', stateDir], { encoding: 'utf8' }).split('\t')[0]);
  return { atMs: performance.now(), delivered: count, memoryMiB: memoryOf(service.group).allMiB, diskMiB };
}

async function deliveredNow(): Promise<number> {
  const answer = await ask({ ask: 'delivered' });
  return 'delivered' in answer ? answer.delivered : 0;
}

async function ask(question: ToReceiver): Promise<FromReceiver> {
  receiver.send(question);
  const [answer] = (await once(receiver, 'message')) as [FromReceiver];
  return answer;
}
