/**
 * `npm run bench:wide`: one event to thousands of endpoints (C9): how long its publish takes as a
 * ratio to an ordinary one, how long until all of it is delivered, and what workerd's memory grows
 * to meanwhile. Exit 1 if anything is missing.
 *
 *   --endpoints 5000
 */
import { readdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { eventually } from '../support/poll.ts';
import { perSecond, quantile, seconds, table } from './figures.ts';
import { measure, type Rig } from './rig.ts';

const { values } = parseArgs({ options: { endpoints: { type: 'string', default: '5000' } } });
const count = Number(values.endpoints);

const ORDINARY = 50;
const MADE_AT_ONCE = 4;
const DELIVERED_WITHIN_MS = 900_000;
const PAGE_BYTES = 4_096;
const MIB = 1024 * 1024;

await measure(async (rig) => {
  const narrow = await rig.account('narrow');
  await narrow.createEndpoint({ url: `${rig.receiver.url}/narrow` });
  const ordinaryMs: number[] = [];
  for (let i = 0; i < ORDINARY; i += 1) {
    const atMs = performance.now();
    await narrow.publish({ id: `narrow-${i}`, type: 'a.b', record: `narrow/${i % 10}`, data: { i } });
    ordinaryMs.push(performance.now() - atMs);
  }

  const wide = await rig.account('wide');
  const makingMs = performance.now();
  let made = 0;
  const make = async () => {
    while (made < count) await wide.createEndpoint({ url: `${rig.receiver.url}/wide/${(made += 1)}` });
  };
  await Promise.all(Array.from({ length: MADE_AT_ONCE }, make));
  console.log(`${count} endpoints were made in ${seconds(performance.now() - makingMs)}`);

  const before = rssMib(rig);
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, rssMib(rig))), 100);
  const fromMs = performance.now();
  const { deliveryCount } = await wide.publish({ id: 'wide-1', type: 'a.b', record: 'wide/1', data: { wide: true } });
  const publishMs = performance.now() - fromMs;
  const arrived = () => rig.receiver.arrivals.filter(({ path }) => path.startsWith('/wide/'));
  const isWhole = await eventually(
    DELIVERED_WITHIN_MS,
    () => new Set(arrived().map(({ path }) => path)).size === count,
  );
  clearInterval(watch);
  const times = arrived().map(({ atMs }) => atMs);
  table(
    ['', 'ordinary publish, p50', 'wide publish', 'ratio', 'all delivered after', 'requests', 'workerd before', 'peak'],
    [
      [
        `1 event to ${deliveryCount} endpoints`,
        `${quantile(ordinaryMs, 0.5).toFixed(1)} ms`,
        `${publishMs.toFixed(0)} ms`,
        (publishMs / quantile(ordinaryMs, 0.5)).toFixed(1),
        isWhole ? seconds((times.at(-1) ?? NaN) - fromMs) : `not all: ${times.length}`,
        times.length,
        `${before.toFixed(0)} MiB`,
        `${peak.toFixed(0)} MiB (+${(peak - before).toFixed(0)})`,
      ],
    ],
  );
  console.log(`in each second: ${perSecond(times, fromMs).join(' ')}`);
  return isWhole && deliveryCount === count;
});

/** Resident memory of the service's workerd processes, from /proc. */
function rssMib({ service: { group } }: Rig): number {
  let pages = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      // "pid (name) state ppid pgrp …": a name may hold spaces, but ours do not.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ');
      if (stat[1] === '(workerd)' && Number(stat[4]) === group) pages += Number(stat[23]);
    } catch {
      // It ended while we looked.
    }
  }
  return (pages * PAGE_BYTES) / MIB;
}
