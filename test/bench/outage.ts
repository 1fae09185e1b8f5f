/**
 * `npm run bench:outage`: how a backlog meets an endpoint that comes back (C8). Twice: after it
 * answered 500 for a while, and after a pause; the second drain is cut by a kill -9. Tells requests
 * per second as the receiver counted them. Exit 1 if anything is lost or out of order.
 *
 *   --events 10000 --records 5000 --seconds 60    the backlog, and how long the outage lasts at least
 *   --only outage|pause
 */
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { eventually } from '../support/poll.ts';
import type { EventBody } from '../support/tubepost.ts';
import { mostInASecond, perSecond, seconds, table } from './figures.ts';
import type { Arrival } from './receiver.ts';
import { measure, publishAll, type Rig } from './rig.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '10000' },
    records: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '60' },
    only: { type: 'string' },
  },
});
const eventCount = Number(values.events);
const recordCount = Number(values.records);
const outageMs = Number(values.seconds) * 1_000;

/** The default schedule at a tenth of its length: an outage of a minute stands for ten. */
const RETRY = { scheduleSeconds: [1, 3, 12, 60, 360, 1_080], windowSeconds: 8_640 };
const DRAINED_WITHIN_MS = 900_000;
const PAUSE_MS = 5_500;
const KILL_AT_SHARE = 0.3;
const CURVE_SECONDS = 20;

type Drain = { name: string; wasted: number; fromMs: number; arrivals: Arrival[]; isWhole: boolean };

await measure(async (rig) => {
  const drains: Drain[] = [];
  console.log(`${eventCount} deliveries over ${recordCount} records`);
  if (values.only !== 'pause') drains.push(await outage(rig));
  if (values.only !== 'outage') drains.push(await pause(rig));
  table(
    [
      '',
      'attempts before',
      'peak in any second',
      'drained after',
      `requests in each of the first ${CURVE_SECONDS} seconds`,
    ],
    drains.map(tell),
  );
  const faults = drains.flatMap(faultsOf);
  for (const fault of faults.slice(0, CURVE_SECONDS)) console.log(fault);
  console.log(faults.length === 0 ? 'nothing lost, each record in its order' : `${faults.length} faults`);
  return faults.length === 0;
});

async function outage(rig: Rig): Promise<Drain> {
  const api = await rig.account('outage');
  rig.receiver.behave = (path) => (path === '/outage' ? 500 : 200);
  await api.createEndpoint({ url: `${rig.receiver.url}/outage`, retry: RETRY });
  const startedMs = performance.now();
  await publishAll(api, backlog('outage'));
  say(`published in ${seconds(performance.now() - startedMs)}, while every answer is a 500`);
  await wait(Math.max(0, startedMs + outageMs - performance.now()));
  const fromMs = performance.now();
  rig.receiver.behave = () => 200;
  const wasted = of(rig, '/outage').length;
  say(`it recovers after ${seconds(fromMs - startedMs)}`);
  return drained(rig, { name: 'after an outage', path: '/outage', fromMs, wasted });
}

async function pause(rig: Rig): Promise<Drain> {
  const api = await rig.account('pause');
  const { id } = await api.createEndpoint({ url: `${rig.receiver.url}/pause`, retry: RETRY });
  await api.changeEndpoint(id, { status: 'paused' });
  await wait(PAUSE_MS);
  const startedMs = performance.now();
  await publishAll(api, backlog('pause'));
  say(`published in ${seconds(performance.now() - startedMs)}, while it is paused`);
  const wasted = of(rig, '/pause').length;
  const fromMs = performance.now();
  await api.changeEndpoint(id, { status: 'enabled' });
  const killed = killInTheMiddle(rig);
  const drain = await drained(rig, { name: 'after a pause, with a kill -9', path: '/pause', fromMs, wasted });
  await killed;
  return drain;
}

async function killInTheMiddle(rig: Rig): Promise<void> {
  const share = () => of(rig, '/pause').length / eventCount;
  await eventually(DRAINED_WITHIN_MS, () => share() >= KILL_AT_SHARE);
  await rig.crash();
  say(`kill -9 after ${Math.round(share() * 100)} % of the drain`);
}

async function drained(rig: Rig, of_: { name: string; path: string; fromMs: number; wasted: number }): Promise<Drain> {
  const { name, path, fromMs, wasted } = of_;
  const taken = () => new Set(of(rig, path).flatMap(({ event, status }) => (status === 200 ? [event] : []))).size;
  const isWhole = await eventually(DRAINED_WITHIN_MS, () => taken() === eventCount);
  const times = of(rig, path).flatMap(({ atMs }) => (atMs >= fromMs ? [atMs] : []));
  say(`${taken()} of ${eventCount} arrived ${name}; in each second: ${perSecond(times, fromMs).join(' ')}`);
  return { name, wasted, fromMs, arrivals: of(rig, path), isWhole };
}

function of(rig: Rig, path: string): Arrival[] {
  return rig.receiver.arrivals.filter((one) => one.path === path);
}

/**
 * Round by round over the records, so that an event's predecessor is acknowledged long before it.
 */
function backlog(name: string): EventBody[] {
  return Array.from({ length: eventCount }, (_, i) => ({
    id: `${name}-${i}`,
    type: 'order.changed',
    record: `${name}/${i % recordCount}`,
    data: { i },
  }));
}

function tell({ name, wasted, fromMs, arrivals }: Drain): (string | number)[] {
  const times = arrivals.map(({ atMs }) => atMs).filter((atMs) => atMs >= fromMs);
  const curve = perSecond(times, fromMs).slice(0, CURVE_SECONDS).join(' ');
  return [name, wasted, mostInASecond(times), seconds((times.at(-1) ?? NaN) - fromMs), curve];
}

function faultsOf({ name, arrivals, isWhole }: Drain): string[] {
  const taken = arrivals.filter(({ status }) => status === 200);
  const highest = new Map<string, number>();
  const seen = new Set<string>();
  const wrong = taken.flatMap(({ event, record, sequence }) => {
    if (record === null || sequence === null || seen.has(event)) return [];
    seen.add(event);
    const before = highest.get(record) ?? 0;
    highest.set(record, Math.max(before, sequence));
    return sequence === before + 1 ? [] : [`${name}: ${record} ${sequence} after ${before}`];
  });
  return isWhole ? wrong : [`${name}: ${eventCount - seen.size} never arrived`, ...wrong];
}

function say(text: string): void {
  console.log(`  ${text}`);
}
